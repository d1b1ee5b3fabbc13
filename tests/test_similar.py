"""Similar papers: TF-IDF by hand, the fusion against a slow truth, queries by id, text and several papers, reasons."""

import csv
import json

import numpy as np
import pytest

from pipeline import Atlas
from pipeline.cli import main
from pipeline.config import SimilarConfig
from pipeline.embedding.embedding import Sentences, unit
from pipeline.errors import PaperatlasError, UnknownPaperError
from pipeline.neighbours import find_neighbours
from pipeline.neighbours.mmr import select_by_mmr
from pipeline.recommender import Filters, find_bridges, read_query, similar, where
from pipeline.recommender.query import Query
from pipeline.recommender.ranking import Candidates, rank, sentence_matches, z_scores
from pipeline.recommender.surroundings import all_among_nearest, among_nearest, cosines_among_nearest
from pipeline.words.tfidf import build_lexical
from tests.planted import planted_papers, run_once, write_jsonl

TEXTS = ["Ice melts on glaciers.", "Glaciers of ice, ice and ice", "A violin", "The violin melts"]


# --- words


def test_tfidf_by_hand():
    lexical = build_lexical(TEXTS)
    assert lexical.vocabulary == ["glacier", "ice", "melt", "violin"]
    np.testing.assert_allclose(lexical.idf, 1 + np.log(4 / np.array([2, 2, 2, 2])), rtol=1e-6)
    terms, weights = lexical.paper(1)
    assert [lexical.vocabulary[term] for term in terms] == ["glacier", "ice"]
    raw = np.array([1.0, 1 + np.log(3)])
    np.testing.assert_allclose(weights, raw / np.linalg.norm(raw), rtol=1e-6)


def test_cosines_equal_those_of_the_dense_matrix_and_a_text_of_the_corpus_is_its_paper():
    lexical = build_lexical(TEXTS)
    dense = np.zeros((4, 4))
    for row in range(4):
        terms, weights = lexical.paper(row)
        dense[row, terms] = weights
    for row, text in enumerate(TEXTS):
        terms, weights = lexical.query(text)
        np.testing.assert_allclose(lexical.cosines(terms, weights, np.arange(4)), dense @ dense[row], atol=1e-6)
        np.testing.assert_allclose(lexical.all_cosines(terms, weights), dense @ dense[row], atol=1e-6)


def test_words_that_no_paper_has_count_for_nothing():
    lexical = build_lexical(TEXTS)
    terms, weights = lexical.query("unheard words")
    assert len(terms) == len(weights) == 0
    assert (lexical.all_cosines(terms, weights) == 0).all()


def test_weights_of_words_in_every_paper_are_not_negative():
    lexical = build_lexical(["ice one", "ice two", "ice three"])
    assert (lexical.weights > 0).all()


# --- ranking


def sentences_of(vectors_of_papers) -> Sentences:
    vectors = np.concatenate(vectors_of_papers).astype(np.int8)
    offsets = np.concatenate([[0], np.cumsum([len(part) for part in vectors_of_papers])])
    return Sentences(vectors, np.zeros((len(vectors), 2), np.int32), offsets.astype(np.int64))


def test_sentence_match_is_the_mean_of_best_matches_both_ways():
    query = np.array([[127, 0], [0, 127]], np.int8)
    papers = sentences_of([np.array([[127, 0]]), np.array([[0, 127], [127, 0], [-127, 0]])])
    # First paper: the query's sentences match 1 and 0, the paper's one matches 1: (0.5 + 1) / 2.
    # Second: the query's match 1 and 1; the paper's match 1, 1 and 0: (1 + 2 / 3) / 2.
    np.testing.assert_allclose(sentence_matches(query, papers, np.arange(2)), [0.75, 5 / 6], atol=1e-6)


def test_the_fused_order_is_the_weighted_sum_of_z_scores():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(["ice", "bee", "oak", "sea", "fog"], 6)) for _ in range(30)]
    lexical = build_lexical(texts)
    sentences = sentences_of([rng.integers(-127, 127, (3, 8)) for _ in range(30)])
    cosines = rng.uniform(0, 1, 30)
    terms, weights = lexical.paper(0)
    query = Query(
        np.zeros(8, np.float32), (), terms, weights, rng.integers(-127, 127, (2, 8)).astype(np.int8), ("a", "b")
    )
    rows = np.arange(30)
    candidates = Candidates(rows, cosines, basis=30)
    ranked = rank(query, candidates, lexical=lexical, sentences=sentences, config=SimilarConfig())
    parts = [cosines, lexical.cosines(terms, weights, rows), sentence_matches(query.sentences, sentences, rows)]
    fused = sum(weight * (part - part.mean()) / part.std() for weight, part in zip((1, 0.5, 0.5), parts, strict=True))
    assert ranked.rows.tolist() == np.argsort(-fused).tolist()
    np.testing.assert_array_equal(ranked.similarity, cosines[ranked.rows])
    np.testing.assert_array_equal(ranked.lexical, parts[1][ranked.rows])


def test_of_two_papers_as_near_to_the_query_that_comes_first_whose_surroundings_are_nearer():
    axes = np.eye(40)
    query, apart = axes[0], 0.7 * axes[0] + np.sqrt(1 - 0.7**2) * axes[1]
    within = 0.68 * axes[0] + np.sqrt(1 - 0.68**2) * axes[2]
    around_apart = [0.9 * axes[1] + np.sqrt(1 - 0.9**2) * axes[3 + number] for number in range(12)]
    around_within = [0.6 * axes[0] + 0.7 * axes[2] + np.sqrt(0.15) * axes[20 + number] for number in range(12)]
    vectors = np.array([query, apart, within, *around_apart, *around_within], dtype=np.float32)
    neighbours = find_neighbours(vectors, k=12)
    rows = np.array([1, 2, 3, 15])
    among = cosines_among_nearest(vectors[0], vectors, neighbours, rows=rows)
    # The ten nearest of `apart` are the query (0.7) and nine of those around it (0.643), which do not point to the
    # query at all: their mean is 0.1 of the query, 0.9 * 0.9 of the second axis and nine small rests.
    whole = apart + 0.1 * axes[0] + 0.81 * axes[1] + 0.1 * np.sqrt(1 - 0.9**2) * axes[3:12].sum(axis=0)
    # The ten nearest of `within` are of those around it: 0.96 each.
    other = within + 0.6 * axes[0] + 0.7 * axes[2] + 0.1 * np.sqrt(0.15) * axes[20:30].sum(axis=0)
    by_hand = [vector[0] / np.sqrt((vector**2).sum()) for vector in (whole, other)]
    np.testing.assert_allclose(among[:2], by_hand, atol=1e-6)
    cosines = np.round(vectors[rows].astype(float) @ vectors[0], 7)
    asked = Query(vectors[0], (0,), np.zeros(0, np.int32), np.zeros(0, np.float32), None, ())
    parts = {"lexical": None, "sentences": None, "config": SimilarConfig()}
    assert rank(asked, Candidates(rows, cosines, 4), **parts).rows.tolist()[:2] == [1, 2]
    ranked = rank(asked, Candidates(rows, cosines, 4), **parts, among=among)
    assert ranked.rows.tolist().index(2) < ranked.rows.tolist().index(1)
    assert sorted(ranked.similarity.tolist()) == sorted(cosines.tolist())  # what is shown is the plain cosine


def test_the_bits_of_a_paper_among_its_nearest_depend_on_no_other_paper():
    drawn = np.random.default_rng(3).normal(size=(60, 24))
    vectors = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    neighbours = find_neighbours(vectors, k=12)
    whole = all_among_nearest(vectors, neighbours)
    for rows in (np.arange(60)[::-1], np.array([7, 7, 59]), np.zeros(0, np.int64)):
        np.testing.assert_array_equal(among_nearest(vectors, neighbours, rows), whole[rows])
    alone = find_neighbours(vectors[:1], k=12)
    np.testing.assert_allclose(among_nearest(vectors[:1], alone, np.array([0])), vectors[:1], atol=1e-7)


def test_parts_that_do_not_differ_decide_nothing():
    assert z_scores(np.full(5, 0.3), 5).tolist() == [0] * 5


# --- queries


@pytest.fixture(scope="module")
def papers():
    return planted_papers(["glaciers", "bees", "bread"], 30)


@pytest.fixture(scope="module")
def atlas(tmp_path_factory, papers):
    return run_once(tmp_path_factory.mktemp("similar"), papers, embedding={"sentences": True})


@pytest.fixture(scope="module")
def few_candidates(tmp_path_factory, papers):
    """Without sentences, and with far fewer candidates than papers."""
    return run_once(tmp_path_factory.mktemp("few"), papers, similar={"candidates": 10})


def test_the_order_does_not_depend_on_how_many_are_asked_for(few_candidates):
    longest = [result.id for result in Atlas(few_candidates).similar("bees-7", k=80)]
    assert [result.id for result in Atlas(few_candidates).similar("bees-7", k=12)][:3] == longest[:3]


def test_ids_titles_and_cosines_belong_together_for_any_k(atlas):
    rows = {paper: row for row, paper in enumerate(atlas.column("id").to_pylist())}
    titles = atlas.column("title").to_pylist()
    longest = [result.id for result in Atlas(atlas).similar("bees-7", k=89)]
    for k in (1, 3, 50, 89):
        found = Atlas(atlas).similar("bees-7", k=k)
        assert [result.id for result in found] == longest[:k]
        assert [result.rank for result in found] == list(range(1, k + 1))
        for result in found:
            cosine = atlas.vectors[rows["bees-7"]].astype(float) @ atlas.vectors[rows[result.id]].astype(float)
            assert result.similarity == result.parts.dense == pytest.approx(cosine, abs=2e-6)
            assert result.title == titles[rows[result.id]]
    assert "bees-7" not in longest
    assert {name.split("-")[0] for name in longest[:29]} == {"bees"}


def test_a_text_of_the_corpus_is_answered_as_its_paper(atlas, papers):
    text = f"{papers[40]['title']}. {papers[40]['abstract']}"
    assert Atlas(atlas).similar(text=text) == Atlas(atlas).similar(papers[40]["id"])


def test_a_new_text_finds_its_subject_alone_or_with_others(atlas):
    found = Atlas(atlas).similar(text="Sourdough with rye flour. The yeast makes the crumb.", k=10)
    assert {result.id.split("-")[0] for result in found} == {"bread"}
    assert all(result.reasons.topics is None for result in found)


def test_several_likes_ask_for_their_middle_and_unlikes_turn_away(atlas):
    both = read_query(atlas, ["bees-1", "bread-1"])
    rows = [atlas.ids.row(paper) for paper in ("bees-1", "bread-1")]
    middle = atlas.vectors[rows].astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(both.vector, middle / np.linalg.norm(middle), atol=1e-6)
    away = read_query(atlas, ["bees-1", "bread-1"], ["bread-2"])
    bread = atlas.vectors[atlas.ids.row("bread-5")]
    assert away.vector @ bread < both.vector @ bread
    assert away.rows == (*rows, atlas.ids.row("bread-2"))


def test_reasons_say_what_is_shared(atlas, papers):
    found = Atlas(atlas).similar("glaciers-3", k=3)
    by_id = {paper["id"]: f"{paper['title']}. {paper['abstract']}" for paper in papers}
    for result in found:
        assert result.reasons.topics == "same topic"
        assert result.reasons.ranks.keys() == {"dense", "lexical", "sentences"}
        for term in result.reasons.shared_terms:
            assert term in by_id["glaciers-3"].lower()
            assert term in by_id[result.id].lower()
        pair = result.reasons.sentences
        assert pair is not None
        assert pair.query in by_id["glaciers-3"]
        assert pair.paper in by_id[result.id]
    assert min(result.reasons.ranks["dense"] for result in found) == 1


def test_an_atlas_without_sentences_ranks_by_two_parts(few_candidates):
    found = Atlas(few_candidates).similar("bees-1", k=3)
    assert all(result.parts.sentences is None and result.reasons.sentences is None for result in found)
    assert all(result.parts.lexical is not None for result in found)


def test_search_finds_words_and_phrases(atlas, papers):
    found = Atlas(atlas).search("waggle dance", k=5)
    assert all("waggle dance" in f"{r.title} {papers_text(papers, r.id)}".lower() for r in found)
    quoted = Atlas(atlas).search('hive "waggle dance"', k=40)
    assert {result.id for result in quoted} == {
        paper["id"] for paper in papers if "waggle dance" in f"{paper['title']} {paper['abstract']}".lower()
    }
    with pytest.raises(PaperatlasError, match="no paper holds 'dance waggle'"):
        Atlas(atlas).search('"dance waggle"')


def papers_text(papers, name) -> str:
    return next(paper["abstract"] for paper in papers if paper["id"] == name)


@pytest.mark.parametrize(
    ("likes", "unlikes", "texts", "expected"),
    [
        ([], [], [], "nothing to look for"),
        (["bees-1"], ["bees-1"], [], "both liked and unliked"),
        ([], [], ["  \n "], "an empty text"),
    ],
)
def test_impossible_queries_are_refused(atlas, likes, unlikes, texts, expected):
    with pytest.raises(PaperatlasError, match=expected):
        read_query(atlas, likes, unlikes, texts=texts)


def test_impossible_ids_and_counts_are_refused(atlas):
    with pytest.raises(PaperatlasError, match="k = 0"):
        Atlas(atlas).similar("bees-1", k=0)
    with pytest.raises(PaperatlasError, match="only 89 other papers"):
        Atlas(atlas).similar("bees-1", k=90)
    with pytest.raises(UnknownPaperError, match="ids that look like it: bees-1"):
        Atlas(atlas).similar("bees1")


@pytest.mark.parametrize("text", ["漢字だけの文章です", "🧊🧊", "x" * 200_000])
def test_odd_texts_get_an_answer(atlas, text):
    assert len(Atlas(atlas).similar(text=text, k=2)) == 2
    assert read_query(atlas, (), texts=[text]).truncated == (len(text) > 100_000)


# --- the command


def test_the_command_answers_as_python_does(atlas, capsys):
    run = str(atlas.folder)
    main(
        [
            "similar",
            run,
            "--like",
            "bees-1",
            "--like",
            "Rye flour and yeast",
            "--unlike",
            "glaciers-1",
            "--json",
            "-k",
            "4",
        ]
    )
    shown = json.loads(capsys.readouterr().out)
    assert shown["query"] == {"like": ["bees-1", "Rye flour and yeast"], "unlike": ["glaciers-1"]}
    assert [result["rank"] for result in shown["results"]] == [1, 2, 3, 4]
    assert set(shown["results"][0]) >= {"id", "title", "rank", "similarity", "parts", "reasons"}
    assert set(shown["results"][0]["parts"]) == {"dense", "lexical", "sentences", "references"}
    main(["similar", run, "--id", "bees-1", "--json"])
    assert json.loads(capsys.readouterr().out)["results"] == json.loads(
        json.dumps([result.to_json() for result in Atlas(atlas).similar("bees-1")])
    )


def test_a_batch_answers_every_line_and_goes_on_after_a_bad_one(atlas, tmp_path, capsys):
    lines = [
        {"id": "bees-1"},
        {"text": "Yeast and rye flour in sourdough"},
        {"id": "nobody"},
        {"wrong": 1},
        {"like": ["bread-1"]},
    ]
    (tmp_path / "q.jsonl").write_text("\n".join([*(json.dumps(line) for line in lines), "{broken", "[" * 100_000]))
    assert main(["similar", str(atlas.folder), "--batch", str(tmp_path / "q.jsonl"), "-k", "3"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(answers) == 7
    assert "not JSON" in answers[6]["error"]
    assert [result["id"] for result in answers[0]["results"]] == [
        result.id for result in Atlas(atlas).similar("bees-1", k=3)
    ]
    assert {result["id"].split("-")[0] for result in answers[1]["results"]} == {"bread"}
    assert "no paper has the id 'nobody'" in answers[2]["error"]
    assert "expected an object" in answers[3]["error"]
    assert len(answers[4]["results"]) == 3
    assert answers[5] == {"line": 6, "error": answers[5]["error"]}


def test_explain_shows_the_reasons(atlas, capsys):
    main(["similar", str(atlas.folder), "--id", "bees-1", "-k", "2", "--explain"])
    shown = capsys.readouterr().out
    for expected in ("cosine of embeddings", "shared words:", "closest sentences", "same topic"):
        assert shown.count(expected) == 2


def test_text_files_are_read_and_missing_ones_refused(atlas, tmp_path, capsys):
    (tmp_path / "draft.txt").write_text("Sourdough and rye flour.\nYeast.")
    main(["similar", str(atlas.folder), "--text-file", str(tmp_path / "draft.txt"), "--json", "-k", "1"])
    assert json.loads(capsys.readouterr().out)["results"][0]["id"].startswith("bread")
    assert main(["similar", str(atlas.folder), "--text-file", str(tmp_path / "absent.txt")]) == 2
    assert "absent.txt: cannot be read" in capsys.readouterr().err


# --- filters, diversity, bridges


def ids_where(atlas, condition) -> set[str]:
    return {atlas.ids.ids[row] for row in np.flatnonzero(where(atlas, condition))}


@pytest.fixture(scope="module")
def filtered(tmp_path_factory):
    papers = [
        {
            "id": "a",
            "title": "A",
            "year": 2019,
            "open": True,
            "authors": ["Hui Qu", "Bo Li"],
            "venue": "ICML",
            "n": 1.5,
        },
        {"id": "b", "title": "Beta snow", "year": 2020, "open": False, "authors": ["Ada Ng"], "venue": "NeurIPS"},
        {"id": "c", "title": "Gamma sea", "year": None, "open": True, "authors": [], "venue": None, "n": 3.0},
        {
            "id": "d",
            "title": "Delta fog",
            "year": 2024,
            "open": False,
            "authors": ["Hui Qu"],
            "venue": "icml",
            "n": -2.0,
        },
    ]
    named = {"edits": {"rename": [{"topic_of": "a", "label": "All 'of' it"}]}}
    return run_once(tmp_path_factory.mktemp("filtered"), papers, topics=named)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("year >= 2020", "bd"),
        ("year < 2020 or year > 2023", "ad"),
        ("not year >= 2020", "ac"),
        ("year != 2020", "acd"),
        ("open == true and not (year == 2019)", "c"),
        ("venue == 'ICML'", "ad"),
        ("venue contains 'rip'", "b"),
        ("authors == 'Hui Qu'", "ad"),
        ("authors contains 'qu' and year > 2020", "d"),
        ("authors != 'Hui Qu'", "bc"),
        ("n > -2.5 and n < 2", "ad"),
        ('title == "Beta Snow" or title == "Gamma sea" and year == 2020', "b"),
        ("topic == 0", "abcd"),
        ("topic == \"all 'of' it\"", "abcd"),
        ("(((year == 2020)))", "b"),
    ],
)
def test_conditions_by_hand(filtered, condition, expected):
    assert ids_where(filtered, condition) == set(expected)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("yaer > 2000", "no column 'yaer'; did you mean year?"),
        ("year > ", "expected a number"),
        ("year", "expected == !="),
        ("year > 2000 2001", "expected 'and', 'or' or the end"),
        ("(year > 2000", r"expected \)"),
        ("venue == ICML", "a text must be in quotes"),
        ("year == 'many'", "year holds numbers, not text"),
        ("__import__('os').system('x')", "is not understood"),
        ("year.__class__ == 1", "no column 'year.__class__'"),
        ("year > 1; import os", "is not understood"),
        ("lambda: 1", "is not understood"),
        ("(" * 200 + "year > 1" + ")" * 200, "more than 50 brackets"),
        ("", "expected a column"),
    ],
)
def test_conditions_that_say_nothing_or_hold_code_are_refused(filtered, condition, expected):
    with pytest.raises(PaperatlasError, match=expected):
        where(filtered, condition)


def test_a_filter_never_changes_the_order_of_those_that_pass(atlas):
    query = read_query(atlas, ["bees-3"])
    everything = [result.id for result in similar(atlas, query, k=89)]
    keep = where(atlas, "year >= 2010")
    passed = [result.id for result in similar(atlas, query, k=10, filters=Filters(keep=keep))]
    wanted = {atlas.ids.ids[row] for row in np.flatnonzero(keep)}
    assert passed == [paper for paper in everything if paper in wanted][:10]


def test_a_filter_reaches_beyond_the_candidates(few_candidates):
    keep = where(few_candidates, "title contains 'glacier' or title contains 'moraine'")
    found = similar(few_candidates, read_query(few_candidates, ["bread-1"]), k=5, filters=Filters(keep=keep))
    assert len(found) == 5
    assert {result.id.split("-")[0] for result in found} == {"glaciers"}
    assert [result.rank for result in found] == [1, 2, 3, 4, 5]


def test_other_versions_are_left_out_unless_asked_for(tmp_path, make_atlas, papers):
    version = papers[33] | {"id": "version-2", "abstract": papers[33]["abstract"].upper()}
    atlas = make_atlas(str(write_jsonl(tmp_path / "p.jsonl", [*papers, version])))
    query = read_query(atlas, [papers[33]["id"]])
    assert "version-2" not in {result.id for result in similar(atlas, query, k=20)}
    shown = similar(atlas, query, k=20, filters=Filters(near_duplicates=True))
    assert shown[0].id == "version-2"


def test_diversity_by_hand():
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0.6, 0.8]], np.float32)
    relevance = np.array([1.0, 0.9, 0.5, 0.0])
    assert select_by_mmr(relevance, vectors, diversity=0, k=3) == [0, 1, 2]
    # After the first: 0.5 * 0.9 - 0.5 * 1 = -0.05; 0.5 * 0.5 - 0 = 0.25; 0 - 0.3 = -0.3.
    assert select_by_mmr(relevance, vectors, diversity=0.5, k=2) == [0, 2]
    assert sorted(select_by_mmr(relevance, vectors, diversity=1, k=4)) == [0, 1, 2, 3]


def test_bridges_are_the_papers_between_two_topics(tmp_path, make_atlas, papers):
    mixed = {
        "id": "mixed",
        "title": "Honeybee and sourdough",
        "abstract": "The hive meets the yeast. Nectar and pollen, rye flour and gluten. A forager in the crumb.",
    }
    atlas = make_atlas(str(write_jsonl(tmp_path / "p.jsonl", [*papers, mixed])))
    found = {bridge.id: bridge for bridge in find_bridges(atlas, margin=0.5, least=0.2)}
    assert "mixed" in found
    topics = {atlas.column("nearest_topic")[atlas.ids.row(paper)].as_py() for paper in ("bees-1", "bread-1")}
    assert set(found["mixed"].topics) == topics
    assert all(bridge.shares[0] >= bridge.shares[1] >= 0.2 for bridge in found.values())


def test_the_command_filters_and_writes_csv(atlas, capsys):
    run = str(atlas.folder)
    assert (
        main(["similar", run, "--id", "bees-1", "--where", "year >= 2010", "--diverse", "0.3", "--csv", "-k", "5"]) == 0
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "rank,similarity,id,title,year,topic,label"
    assert len(lines) == 6
    shown = list(csv.DictReader(lines))
    assert all(int(row["year"]) >= 2010 for row in shown)
    assert [row["rank"] for row in shown] == ["1", "2", "3", "4", "5"]
    topic = atlas.topics[0].label
    main(["similar", run, "--id", "bees-1", "--topic", topic, "--json"])
    assert {result["label"] for result in json.loads(capsys.readouterr().out)["results"]} == {topic}
    assert main(["similar", run, "--id", "bees-1", "--where", "year > 3000"]) == 2
    assert "no paper meets year > 3000" in capsys.readouterr().err
    assert main(["bridges", run, "--json"]) == 0
    json.loads(capsys.readouterr().out)


def test_a_text_gets_one_answer_alone_in_a_batch_and_in_any_order(tmp_path, make_atlas, session_cache, papers, capsys):
    """By the real encoder: a text's vector must not depend on the texts that it is encoded with."""
    atlas = make_atlas(
        str(write_jsonl(tmp_path / "p.jsonl", papers[::6])), embedding={"backend": "auto", "sentences": True}
    )
    texts = [
        "Bees.",
        "How rye flour and yeast make a crumb. " * 12,
        "Meltwater under an ice sheet, and the moraine that it leaves behind.",
        "A queen bee and her hive; a waggle dance.",
        "Sourdough. " * 300,
    ]
    alone = {text: [result.to_json() for result in Atlas(atlas).similar(text=text, k=5)] for text in texts}
    for order in (texts, texts[::-1]):
        (tmp_path / "q.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in order))
        main(["similar", str(atlas.folder), "--batch", str(tmp_path / "q.jsonl"), "-k", "5"])
        answers = [json.loads(line)["results"] for line in capsys.readouterr().out.splitlines()]
        assert answers == [json.loads(json.dumps(alone[text])) for text in order]
        together = read_query(atlas, (), texts=order)
        middle = np.array([read_query(atlas, (), texts=[text]).vector for text in order], dtype=np.float64).mean(axis=0)
        np.testing.assert_array_equal(together.vector, unit(middle.astype(np.float32)))
