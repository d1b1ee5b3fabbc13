"""The words of a corpus: one pass over its texts, here or in shards, gives what counting each text by itself gives."""

import hashlib
import re

import numpy as np
import pytest

from pipeline.errors import RunFolderError
from pipeline.topics.phrases import find_phrases, phrases_of
from pipeline.words import corpus_words
from pipeline.words.corpus_words import CorpusWords
from pipeline.words.counting import count_papers, count_texts, count_words
from pipeline.words.tfidf import build_lexical
from pipeline.words.tokens import TOKEN, prose
from pipeline.workers import in_process, open_executor
from pipeline.workers.executors import ExecutorOptions
from pipeline.workers.shard_store import FolderStore
from pipeline.workers.shards import Shards

THINGS = ["Glacier", "beehive", "ORCA", "na\u0308ive Bayes", "violin", "graph neural network", "GANs"]
TITLES = [f"{THINGS[number % 7]} of kind {number}" if number % 11 else "" for number in range(60)]
ABSTRACTS = [
    f"We study {THINGS[number % 5]}s, {THINGS[number % 3].lower()} and the {THINGS[number % 7]}; $x_{number}$ é."
    if number % 13
    else ""
    for number in range(60)
]
ROWS = np.array([0, 3, 4, 17, 18, 19, 30, 41, 59])


def words_in(folder, papers: int, executor=None) -> CorpusWords:
    return CorpusWords(TITLES, ABSTRACTS, Shards(FolderStore(folder), executor or in_process(), papers))


def shown(lexical) -> list[bytes]:
    return [getattr(lexical, name).tobytes() for name in ("offsets", "terms", "weights", "idf", "words")]


def phrases_shown(phrases):
    return (
        phrases.names,
        phrases.words,
        *(getattr(phrases, name).tolist() for name in ("papers", "phrase", "in_title", "document_frequency")),
    )


def assert_same_words(words: CorpusWords):
    here = CorpusWords(TITLES, ABSTRACTS)
    assert shown(words.to_lexical()) == shown(here.to_lexical())
    for rows in (ROWS, np.arange(60)):
        one, other = words.texts_of(rows), here.texts_of(rows)
        assert one.tokens == other.tokens
        assert (one.numbers.tolist(), one.lengths.tolist()) == (other.numbers.tolist(), other.lengths.tolist())


def test_tokens_and_words_are_those_of_each_text_by_itself():
    counted = count_papers(TITLES, ABSTRACTS)
    texts, ends = counted.texts, np.cumsum(counted.texts.lengths)
    parts = [text for paper in zip(TITLES, ABSTRACTS, strict=True) for text in paper]
    for text, length, end in zip(parts, texts.lengths, ends, strict=True):
        own = [texts.tokens[number] for number in texts.numbers[end - length : end].tolist()]
        assert own == TOKEN.findall(prose(text))
    counts, ends = counted.counts, np.cumsum(counted.counts.lengths)
    for row, (length, end) in enumerate(zip(counts.lengths, ends, strict=True)):
        part = slice(end - length, end)
        own = {counts.words[word]: often for word, often in zip(counts.numbers[part], counts.often[part], strict=True)}
        assert own == count_words(f"{TITLES[row]} ; {ABSTRACTS[row]}")


def test_the_lexical_part_is_that_of_whole_texts():
    whole = [". ".join(filter(None, paper)) for paper in zip(TITLES, ABSTRACTS, strict=True)]
    assert shown(CorpusWords(TITLES, ABSTRACTS).to_lexical()) == shown(build_lexical(whole))
    assert count_texts([]).lengths.tolist() == []


def test_phrases_of_some_papers_are_those_of_their_texts_alone():
    alone = find_phrases([TITLES[row] for row in ROWS], [ABSTRACTS[row] for row in ROWS], rarest=1)
    assert phrases_shown(phrases_of(CorpusWords(TITLES, ABSTRACTS).texts_of(ROWS), rarest=1)) == phrases_shown(alone)
    assert {"GANs", "n\u00e4ive", "orca"} <= set(alone.names)


def test_letters_with_marks_of_their_own_are_one_letter():
    """Each accent of "näive" apart, as some programs write it, would break the word."""
    assert count_words("na\u0308ive") == count_words("n\u00e4ive")
    assert list(count_words("na\u0308ive")) == ["n\u00e4ive"]


@pytest.mark.parametrize("papers", [1, 7, 59, 60])
def test_words_are_the_same_bytes_from_any_size_of_shards(tmp_path, papers):
    assert_same_words(words_in(tmp_path, papers))
    assert len(list(tmp_path.glob("words-*.npz"))) == -(-60 // papers)


def test_and_from_worker_processes(tmp_path):
    with open_executor("processes", ExecutorOptions(workers=2)) as executor:
        assert_same_words(words_in(tmp_path, 20, executor))


@pytest.fixture
def counted(monkeypatch):
    """Shards counted from here on."""
    done = []
    real = corpus_words.count_papers
    monkeypatch.setattr(corpus_words, "count_papers", lambda *texts: done.append(len(texts[0])) or real(*texts))
    return done


def test_each_shard_is_counted_once(tmp_path, counted):
    words = words_in(tmp_path, 25)
    words.texts_of(ROWS)
    words.to_lexical()
    assert counted == [25, 25, 10]
    words_in(tmp_path, 25).to_lexical()
    assert counted == [25, 25, 10], "a resumed run takes them as they are"


def test_a_changed_text_costs_its_shard_alone(tmp_path, counted):
    words_in(tmp_path, 25).to_lexical()
    changed = CorpusWords([*TITLES[:-1], "Another"], ABSTRACTS, Shards(FolderStore(tmp_path), in_process(), 25))
    changed.to_lexical()
    assert counted == [25, 25, 10, 10]


def test_a_text_that_moves_from_title_to_abstract_is_another_shard(tmp_path, counted):
    for titles, abstracts in ((["Ice", ""], ["", "fog"]), (["", ""], ["Ice", "fog"])):
        CorpusWords(titles, abstracts, Shards(FolderStore(tmp_path), in_process(), 25)).to_lexical()
    assert counted == [2, 2]


def test_a_damaged_shard_is_counted_again(tmp_path, counted, caplog):
    words_in(tmp_path, 25).to_lexical()
    file = sorted(tmp_path.glob("words-*.npz"))[1]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert_same_words(words_in(tmp_path, 25))
    assert len(counted) >= 4
    assert [record.message for record in caplog.records if re.search(r"words-.*made again", record.message)]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == file.with_name(f"{file.name}.sha256").read_text()


def test_a_shard_that_cannot_be_read_back_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.workers.shards.read_whole", lambda *_: None)
    with pytest.raises(RunFolderError, match=r"words-.*damaged as soon as it was made"):
        words_in(tmp_path, 25).to_lexical()
