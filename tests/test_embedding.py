"""Embedding: the same vectors alone and in a batch, against the reference, through a cache that survives kills."""

import dataclasses
import itertools
import json
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from pipeline.config import EmbeddingConfig
from pipeline.corpus.record import text_hash
from pipeline.embedding import (
    EmbeddingInfo,
    EncodedText,
    VectorCache,
    cache_info,
    cache_segments,
    choose_backend,
    embed_texts,
    make_encoder,
)
from pipeline.embedding.model_files import ModelFiles, find_model
from pipeline.embedding.openvino_encoder import OpenVINOEncoder, batches_of_equal_length
from pipeline.embedding.sentence_transformers_encoder import SentenceTransformersEncoder
from pipeline.embedding.sentences import MOST_SENTENCES, sentence_spans
from pipeline.embedding.tfidf_encoder import TfidfEncoder, fit_tfidf
from pipeline.embedding.vector_cache import clear_cache, drop_oldest
from pipeline.embedding.windows import WindowCutter, load_tokenizer
from pipeline.errors import ConfigError, ModelError
from tests.planted import planted_papers

TEXTS = [
    "Federated GANs. One generator learns from many private discriminators.",
    "Glaciers. Ice sheets melt faster than expected. Sea level rises.",
    "A title only",
    "Emoji 🧊 and العربية and 漢字 in one abstract. They must not break anything.",
    "Long. " + " ".join(f"Sentence number {i} speaks about ice, snow and the flow of glaciers." for i in range(60)),
    "x",
]


@pytest.fixture(scope="module")
def files() -> ModelFiles:
    return find_model(EmbeddingConfig())


@pytest.fixture(scope="module")
def reference(files):
    return SentenceTransformersEncoder(files, device="cpu", precision="float32")


@pytest.fixture
def encoder(files, session_cache):
    return OpenVINOEncoder(files, session_cache, sentences=True)


# --- the OpenVINO encoder


@pytest.mark.parametrize(("precision", "least"), [("auto", 0.9995), ("float32", 0.99999)])
def test_vectors_agree_with_sentence_transformers(files, reference, session_cache, precision, least):
    compiled = OpenVINOEncoder(files, session_cache, precision=precision)
    ours, theirs = embed_texts(TEXTS, compiled).vectors, embed_texts(TEXTS, reference).vectors
    assert ((ours * theirs).sum(axis=1) >= least).all()
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-6)


def test_a_text_gets_the_same_bits_alone_and_in_any_batch(encoder):
    together = embed_texts(TEXTS, encoder, sentences=True)
    backwards = embed_texts(TEXTS[::-1], encoder, sentences=True)
    np.testing.assert_array_equal(together.vectors, backwards.vectors[::-1])
    for row, text in enumerate(TEXTS):
        alone = embed_texts([text], encoder, sentences=True)
        np.testing.assert_array_equal(alone.vectors[0], together.vectors[row])
        mine = slice(together.sentences.offsets[row], together.sentences.offsets[row + 1])
        np.testing.assert_array_equal(alone.sentences.vectors, together.sentences.vectors[mine])


def test_sentence_vectors_point_where_their_sentence_does(encoder):
    text = "Glaciers lose ice in summer. The violin was varnished by a luthier. Meltwater carries sediment to the sea."
    found = embed_texts(
        [text, "Snow and ice on mountains melt.", "Musical instruments made of wood."], encoder, sentences=True
    )
    spans = found.sentences.spans[: found.sentences.offsets[1]]
    assert [text[a:b] for a, b in spans] == text.replace(". ", ".|").split("|")
    vectors = found.sentences.vectors[: len(spans)].astype(float)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    towards = vectors @ found.vectors[1:].T.astype(float)
    assert towards[0, 0] > towards[0, 1]
    assert towards[1, 1] > towards[1, 0]


def test_long_texts_are_counted_and_truncated_or_read_whole(files, session_cache):
    short = "Ice. " + "Glaciers flow. " * 10
    long = short + "Glaciers flow. " * 100 + "At the end a violin plays a sonata for strings. " * 20
    probe = "A violin sonata."
    towards = {}
    for way in ("truncate", "mean_of_chunks"):
        found = embed_texts([short, long, probe], OpenVINOEncoder(files, session_cache, long_text=way))
        assert found.info.long_papers == 1
        towards[way] = float(found.vectors[1] @ found.vectors[2])
    assert towards["mean_of_chunks"] > towards["truncate"] + 0.05, "only the whole text tells of the violin"


@pytest.mark.parametrize("way", ["truncate", "mean_of_chunks"])
def test_keeping_sentences_changes_no_vector(files, session_cache, way):
    plain, kept = (OpenVINOEncoder(files, session_cache, long_text=way, sentences=flag) for flag in (False, True))
    np.testing.assert_array_equal(embed_texts(TEXTS, plain).vectors, embed_texts(TEXTS, kept, sentences=True).vectors)


def test_batches_hold_equal_lengths_only(files):
    cutter = WindowCutter(load_tokenizer(files.folder / "tokenizer.json"), 256, "", whole_text=True, sentences=True)
    texts = cutter.cut(TEXTS * 3)
    batches = batches_of_equal_length(texts)
    padded = [{texts[position].windows[number].padded for position, number in batch} for batch in batches]
    assert all(len(lengths) == 1 for lengths in padded)
    assert sorted(pair for batch in batches for pair in batch) == [
        (position, number) for position, text in enumerate(texts) for number in range(len(text.windows))
    ]


def test_every_sentence_of_a_long_text_is_read_once_and_whole(files):
    cutter = WindowCutter(load_tokenizer(files.folder / "tokenizer.json"), 64, "", whole_text=True, sentences=True)
    text = " ".join(f"Sentence {i} is about glaciers and their slow flow to the sea." for i in range(40))
    cut = cutter.cut([text])[0]
    assert all(len(window.ids) <= 64 for window in cut.windows)
    found = [(left, right) for window in cut.windows for *_, left, right in window.sentences]
    assert found == sentence_spans(text)
    for window in cut.windows:
        for start, end, left, right in window.sentences:
            alone = cutter.cut([text[left:right]])[0].windows[0].ids
            assert window.ids[start:end] == alone[1:-1]


def test_a_sentence_longer_than_the_model_reads_does_not_hang(files):
    cutter = WindowCutter(load_tokenizer(files.folder / "tokenizer.json"), 32, "", whole_text=True, sentences=True)
    cut = cutter.cut(["word " * 500])[0]
    assert len(cut.windows) > 10
    assert cut.tokens == 502


def test_a_damaged_compiled_model_is_made_again(files, tmp_path, session_cache):
    shutil.copytree(session_cache / "compiled", tmp_path / "compiled")
    for blob in (tmp_path / "compiled").iterdir():
        blob.write_bytes(blob.read_bytes()[:-7])
    vectors = embed_texts(TEXTS[:1], OpenVINOEncoder(files, tmp_path)).vectors
    np.testing.assert_array_equal(vectors, embed_texts(TEXTS[:1], OpenVINOEncoder(files, session_cache)).vectors)


# --- sentences


@pytest.mark.parametrize(
    "text",
    [
        "We use GANs, e.g. The ones of Fig. 3, by J. Smith et al. In short.",
        "No end",
        "",
        "Really? Yes! It is 3.5 times faster. (See below.) Done.",
        "第一句。第二句！第三句",
    ],
)
def test_sentences_cover_the_text_in_order(text):
    spans = sentence_spans(text)
    assert all(a < b for a, b in spans)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


def test_abbreviations_end_no_sentence():
    text = "We use GANs, e.g. The ones of Fig. 3, by J. Smith et al. In short. Next one."
    assert [text[a:b] for a, b in sentence_spans(text)] == [text[:-10], "Next one."]


def test_sentences_are_bounded():
    assert len(sentence_spans("Short one. " * 5000)) == MOST_SENTENCES


# --- models


def copy_of(files: ModelFiles, folder: Path) -> Path:
    shutil.copytree(files.folder, folder)
    return folder


def test_a_wrong_digest_is_refused_with_both_digests(files, tmp_path):
    folder = copy_of(files, tmp_path / "model")
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    damaged = ModelFiles("all-MiniLM-L6-v2", folder, files.digests)
    with pytest.raises(ModelError) as problem:
        _ = damaged.digest
    assert "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db" in str(problem.value)
    assert len([word for word in str(problem.value).replace(",", " ").split() if len(word.strip(";")) == 64]) == 2


def test_a_model_is_found_by_path_then_in_the_hub_cache_then_in_the_package(files, tmp_path, monkeypatch):
    folder = copy_of(files, tmp_path / "mine")
    assert find_model(EmbeddingConfig(model=str(folder))).folder == folder
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    assert find_model(EmbeddingConfig()).folder == files.folder, "no hub cache: the package"
    repository = tmp_path / "hub" / "models--sentence-transformers--all-MiniLM-L6-v2"
    snapshot = copy_of(files, repository / "snapshots" / "abc123")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc123")
    assert find_model(EmbeddingConfig()).folder == snapshot
    assert find_model(EmbeddingConfig(revision="abc123")).folder == snapshot
    with pytest.raises(ModelError, match="not on this machine"):
        find_model(EmbeddingConfig(revision="other"))


def test_a_model_in_the_hub_cache_is_checked_too(files, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--sentence-transformers--all-MiniLM-L6-v2"
    snapshot = copy_of(files, repository / "snapshots" / "abc123")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc123")
    for name in ("tokenizer.json", "1_Pooling/config.json"):
        content = (snapshot / name).read_bytes()
        (snapshot / name).write_bytes(content + b" ")
        with pytest.raises(ModelError, match=f"{name}: not the file it should be"):
            _ = find_model(EmbeddingConfig()).digest
        (snapshot / name).write_bytes(content)


def test_half_a_model_in_the_hub_cache_is_passed_over(files, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--sentence-transformers--all-MiniLM-L6-v2"
    (repository / "snapshots" / "abc123").mkdir(parents=True)
    shutil.copy(files.folder / "tokenizer.json", repository / "snapshots" / "abc123")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc123")
    assert find_model(EmbeddingConfig()).folder == files.folder


def test_every_file_that_decides_the_vector_is_in_the_digest(files, tmp_path):
    folder = copy_of(files, tmp_path / "model")
    before = ModelFiles("m", folder, {}).digest
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "model.safetensors").write_bytes(b"another head")
    assert ModelFiles("m", folder, {}).digest != before


def test_damaged_model_files_are_one_line(files, tmp_path, session_cache):
    folder = copy_of(files, tmp_path / "model")
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelError, match="cannot be loaded"):
        OpenVINOEncoder(ModelFiles("m", folder, {}), session_cache)
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(ModelError, match=r"tokenizer\.json: damaged"):
        OpenVINOEncoder(ModelFiles("m", folder, {}), session_cache)


def test_unknown_models_and_folders_without_weights_are_refused(files, tmp_path):
    with pytest.raises(ModelError, match=r"'no/such-model': not on this machine.*embedding.download = true"):
        find_model(EmbeddingConfig(model="no/such-model"))
    with pytest.raises(ModelError, match="no such folder"):
        find_model(EmbeddingConfig(model="./nowhere"))
    folder = copy_of(files, tmp_path / "empty")
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"pickled")
    with pytest.raises(ModelError, match="without weights"):
        find_model(EmbeddingConfig(model=str(folder)))


def test_prompts_come_from_the_models_own_configuration(files, tmp_path, session_cache):
    folder = copy_of(files, tmp_path / "prompted")
    (folder / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": {"query": "query: ", "passage": "passage: "}, "default_prompt_name": None})
    )
    config = EmbeddingConfig(model=str(folder))
    encoder, prompt = make_encoder(config, session_cache)
    plain, _ = make_encoder(EmbeddingConfig(), session_cache)
    assert prompt == "passage: "
    np.testing.assert_array_equal(
        embed_texts(TEXTS[:2], encoder).vectors, embed_texts(["passage: " + text for text in TEXTS[:2]], plain).vectors
    )
    queries, prompt = make_encoder(config, session_cache, prompt_names=("query",))
    assert prompt == "query: "
    np.testing.assert_array_equal(
        embed_texts(TEXTS[:1], queries).vectors, embed_texts(["query: " + TEXTS[0]], plain).vectors
    )


def test_ctrl_c_still_arrives_when_encoders_have_come_and_gone(files, tmp_path, session_cache):
    """With a core for each encoder the process crashes here: the stack that signals run on is one already freed."""
    folder = copy_of(files, tmp_path / "prompted")
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": {"query": "query: "}}))
    encoders = [make_encoder(EmbeddingConfig(model=str(folder)), session_cache) for _ in range(2)]
    del encoders[0]
    encoders.append(make_encoder(EmbeddingConfig(), session_cache))
    encoders.clear()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_another_pooling_is_computed_as_the_model_says(files, tmp_path, session_cache):
    folder = copy_of(files, tmp_path / "cls")
    pooling = json.loads((folder / "1_Pooling" / "config.json").read_text())
    pooling |= {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    model = find_model(EmbeddingConfig(model=str(folder)))
    ours = embed_texts(TEXTS, OpenVINOEncoder(model, session_cache, precision="float32")).vectors
    theirs = embed_texts(TEXTS, SentenceTransformersEncoder(model, device="cpu")).vectors
    assert ((ours * theirs).sum(axis=1) > 0.9999).all()


def test_contradicting_settings_are_refused():
    with pytest.raises(ConfigError, match="give one of"):
        choose_backend(EmbeddingConfig(backend="vectors"))
    with pytest.raises(ConfigError, match="makes vectors itself"):
        choose_backend(EmbeddingConfig(backend="tfidf", vectors="a.npy"))
    with pytest.raises(ConfigError, match="runs on the CPU"):
        choose_backend(EmbeddingConfig(backend="openvino", device="cuda"))
    assert choose_backend(EmbeddingConfig(vectors="a.npy")).backend == "vectors"


def test_the_reference_backend_gives_sentences_and_whole_texts(files, reference):
    sentences = SentenceTransformersEncoder(files, device="cpu", sentences=True)
    found = embed_texts(TEXTS, sentences, sentences=True)
    assert found.sentences.offsets[-1] == sum(len(sentence_spans(text)) for text in TEXTS)
    whole = embed_texts(TEXTS, SentenceTransformersEncoder(files, device="cpu", long_text="mean_of_chunks")).vectors
    cut = embed_texts(TEXTS, reference).vectors
    np.testing.assert_allclose(whole[:4], cut[:4], atol=1e-5)
    assert float(whole[4] @ cut[4]) < 0.9999, "the long text is read to its end"


# --- TF-IDF


def test_tfidf_puts_papers_of_one_subject_together():
    texts = ["glacier ice snow", "ice glacier melt", "violin luthier wood", "wood violin varnish"]
    vectors = embed_texts(texts, TfidfEncoder(fit_tfidf(texts, seed=0))).vectors
    cosines = vectors @ vectors.T
    assert cosines[0, 1] > 0.3 > abs(cosines[0, 2])
    assert cosines[2, 3] > 0.3


# --- the cache


INFO = EmbeddingInfo("fake", "words", "digest", "cpu", "float32", 4, 256, "truncate", 0, 0, 0)


class WordCounts:
    """Counts four words; notes what it was asked for."""

    info = INFO
    words = ("ice", "bee", "oak", "sea")

    def __init__(self):
        self.asked = []

    def encode(self, texts):
        for position, text in reversed(list(enumerate(texts))):
            self.asked.append(text)
            counts = np.array([text.split().count(word) for word in self.words], np.float32)
            vector = counts / np.linalg.norm(counts)
            sentences = np.array([[len(text), 1, 2, 3]], np.int8)
            yield position, EncodedText(vector, len(text.split()), sentences, np.array([[0, len(text)]], np.int32))


def through_cache(folder, texts, *, sentences=False, info=INFO, limit=1e9):
    encoder = WordCounts()
    with VectorCache(folder, info, limit_bytes=limit) as cache:
        found = embed_texts(texts, encoder, sentences=sentences, cache=cache)
    return found, encoder.asked


def test_only_new_texts_are_encoded(tmp_path):
    first, _ = through_cache(tmp_path, ["ice ice bee", "oak"])
    second, asked = through_cache(tmp_path, ["oak", "sea sea", "ice ice bee"])
    assert asked == ["sea sea"]
    np.testing.assert_array_equal(second.vectors, [[0, 0, 1, 0], [0, 0, 0, 1], first.vectors[0]])
    assert (second.info.embedded, second.info.from_cache) == (1, 2)


def test_a_text_that_comes_twice_is_encoded_once(tmp_path):
    found, asked = through_cache(tmp_path, ["ice", "bee", "ice"])
    assert sorted(asked) == ["bee", "ice"]
    np.testing.assert_array_equal(found.vectors[0], found.vectors[2])
    assert found.info.embedded == 2


def test_sentences_are_kept_and_asked_for_only_when_wanted(tmp_path):
    through_cache(tmp_path, ["ice"])
    wanted, asked = through_cache(tmp_path, ["ice"], sentences=True)
    assert asked == ["ice"], "the first run kept no sentences"
    again, asked = through_cache(tmp_path, ["ice"], sentences=True)
    assert asked == []
    np.testing.assert_array_equal(again.sentences.vectors, wanted.sentences.vectors)
    np.testing.assert_array_equal(again.sentences.spans, [[0, 3]])


@pytest.mark.parametrize(
    "change",
    [{"model_digest": "other"}, {"precision": "bfloat16"}, {"long_text": "mean_of_chunks"}, {"max_tokens": 128}],
)
def test_vectors_of_another_model_precision_or_reading_are_not_taken(tmp_path, change):
    through_cache(tmp_path, ["ice"])
    _, asked = through_cache(tmp_path, ["ice"], info=dataclasses.replace(INFO, **change))
    assert asked == ["ice"]


def test_a_record_torn_at_any_byte_is_encoded_again_and_the_others_are_kept(tmp_path):
    texts = ["ice", "bee", "oak"]
    through_cache(tmp_path / "whole", texts, sentences=True)
    segment = next((tmp_path / "whole").glob("*/*.vectors"))
    size = segment.stat().st_size
    for cut in range(1, size // len(texts) + 1, 7):
        copy = tmp_path / f"cut{cut}"
        shutil.copytree(tmp_path / "whole", copy)
        torn = next(copy.glob("*/*.vectors"))
        torn.write_bytes(torn.read_bytes()[: size - cut])
        found, asked = through_cache(copy, texts, sentences=True)
        assert len(asked) == 1
        np.testing.assert_array_equal(found.vectors, np.eye(4, dtype=np.float32)[:3])


def test_a_flipped_bit_is_never_handed_out(tmp_path):
    texts = ["ice", "bee", "oak"]
    through_cache(tmp_path / "whole", texts, sentences=True)
    for pattern in ("*.vectors", "*.sentences"):
        for place in range(0, next((tmp_path / "whole").glob(f"*/{pattern}")).stat().st_size, 5):
            copy = tmp_path / "copy"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(tmp_path / "whole", copy)
            path = next(copy.glob(f"*/{pattern}"))
            content = bytearray(path.read_bytes())
            content[place] ^= 0x10
            path.write_bytes(content)
            found, _ = through_cache(copy, texts, sentences=True)
            np.testing.assert_array_equal(found.vectors, np.eye(4, dtype=np.float32)[:3])
            np.testing.assert_array_equal(found.sentences.vectors, [[3, 1, 2, 3]] * 3)


def test_what_was_made_before_a_crash_is_kept(tmp_path):
    class Crashes(WordCounts):
        def encode(self, texts):
            for made, result in enumerate(super().encode(texts)):
                if made == 2:
                    raise KeyboardInterrupt
                yield result

    with pytest.raises(KeyboardInterrupt), VectorCache(tmp_path, INFO) as cache:
        embed_texts(["ice", "bee", "oak", "sea"], Crashes(), cache=cache)
    _, asked = through_cache(tmp_path, ["ice", "bee", "oak", "sea"])
    assert sorted(asked) == ["bee", "ice"], "the last two were made before the crash"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_warning_and_what_was_kept_stays_good(tmp_path, monkeypatch, caplog):
    through_cache(tmp_path, ["ice"])
    real = cache_segments._new_segment

    def on_full_disk(space):
        path, vectors, sentences = real(space)
        vectors.close()
        return path, Path("/dev/full").open("wb"), sentences

    with monkeypatch.context() as patch:
        patch.setattr(cache_segments, "_new_segment", on_full_disk)
        found, _ = through_cache(tmp_path, ["bee"])
    np.testing.assert_array_equal(found.vectors, [[0, 1, 0, 0]])
    [warning] = caplog.messages
    assert "the vector cache cannot be written: No space left" in warning
    assert "PAPERATLAS_CACHE" in warning
    _, asked = through_cache(tmp_path, ["ice", "bee"])
    assert asked == ["bee"]


def test_two_writers_at_once_do_not_disturb_each_other(tmp_path):
    with VectorCache(tmp_path, INFO) as one, VectorCache(tmp_path, INFO) as two:
        embed_texts(["ice"], WordCounts(), cache=one)
        embed_texts(["bee"], WordCounts(), cache=two)
    _, asked = through_cache(tmp_path, ["ice", "bee"])
    assert asked == []


def test_the_oldest_vectors_go_when_the_cache_is_full(tmp_path):
    through_cache(tmp_path, ["ice", "bee"])
    through_cache(tmp_path, ["oak"])
    size = cache_info(tmp_path).size
    drop_oldest(tmp_path, size - 1)
    _, asked = through_cache(tmp_path, ["ice", "bee", "oak"])
    assert sorted(asked) == ["bee", "ice"]


def test_info_counts_and_clear_empties(tmp_path):
    through_cache(tmp_path, ["ice", "bee"])
    info = cache_info(tmp_path)
    assert [(name, count) for name, count, _ in info.spaces] == [("words, fake, float32, truncate", 2)]
    clear_cache(tmp_path)
    assert cache_info(tmp_path).spaces == ()


def test_hashes_name_texts():
    assert text_hash("ice") != text_hash("ice ")
    assert len(text_hash("ice")) == 32


def test_a_text_has_the_same_tfidf_vectors_alone_and_among_hundreds():
    texts = [paper["title"] + ". " + paper["abstract"] for paper in planted_papers(("glaciers", "bees"), 300)]
    texts.insert(7, "words that nobody else has: zyx")
    encoder = TfidfEncoder(fit_tfidf(texts, seed=0), sentences=True)
    together = dict(encoder.encode(texts))
    assert list(together) == list(range(len(texts)))
    for position in (0, 7, 255, 256, 257, 511, 512, len(texts) - 1):
        ((_, alone),) = encoder.encode([texts[position]])
        np.testing.assert_array_equal(together[position].vector, alone.vector)
        np.testing.assert_array_equal(together[position].sentence_vectors, alone.sentence_vectors)
        np.testing.assert_array_equal(together[position].sentence_spans, alone.sentence_spans)
