"""Queries, ranking, reasons, search, new texts, bridges and references: by hand, or against loops over float64."""

import json
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pyarrow.compute as pc
import pytest

from pipeline.config import SimilarConfig
from pipeline.corpus.identifiers import identify
from pipeline.corpus.references import Reference
from pipeline.embedding.embedding import Sentences
from pipeline.errors import PaperatlasError, UnknownPaperError
from pipeline.neighbours import Neighbours
from pipeline.recommender import (
    Answer,
    Filters,
    Request,
    answer,
    assign_papers,
    assign_texts,
    check_draft,
    default_k,
    filter_papers,
    find_bridges,
    find_cited,
    precomputed,
    read_query,
    search,
    similar,
)
from pipeline.recommender.assign import as_embedded
from pipeline.recommender.check import measure_novelty
from pipeline.recommender.cited import Cited, Match
from pipeline.recommender.precomputed import precompute_similar
from pipeline.recommender.query import query_of_row, read_words
from pipeline.recommender.ranking import Candidates, Ranked, int8_cosines, rank, sentence_matches, z_scores
from pipeline.recommender.reasons import Reasons, SentencePair, rank_of, shared_terms
from pipeline.recommender.recommend import near_duplicates
from pipeline.recommender.surroundings import cosines_among_nearest
from tests.small_atlas import WORDS, P, WordCounts, rows_of, sha, small_atlas

LONGEST = 100_000


def along(**counts: float) -> np.ndarray:
    """The unit vector of these counts of words."""
    vector = np.array([counts.get(word, 0.0) for word in WORDS])
    return vector / np.linalg.norm(vector)


def mixed_papers(number: int, seed: int) -> list[P]:
    """Papers whose vectors, words and sentences have nothing to do with one another, so that no part hides another."""
    rng = np.random.default_rng(seed)
    papers = []
    for one in range(number):
        words = rng.choice(WORDS, 7).tolist()
        title = f"{words[0]} {words[1]} p{one}"
        abstract = (
            f"{words[2].title()} {words[3]}. {words[4].title()} {words[5]}. {words[6].title()} x." if one % 5 else ""
        )
        vector = rng.normal(size=5) + np.array([2, 0, 0, 0, 0])
        papers.append(P(f"p{one}", title, abstract, vector, topic=one % 3, year=2000 + one % 7))
    return papers


@pytest.fixture(scope="module")
def mixed():
    return small_atlas(mixed_papers(31, 1), sentences=True, similar={"candidates": 10})


# --- queries


@pytest.fixture(scope="module")
def words():
    return small_atlas(
        [
            P("a", "Ice ice"),
            P("b", "Bee", "Oak fog. Bee bee."),
            P("c", "Oak"),
            P("d", "Sea"),
            P("e", "Abstract: jam", "Fog sea."),
            P("f", "<i>Ice</i> fog", "Abstract: Jam &amp; <b>bee</b>. © 2020 Elsevier Ltd."),
        ],
        sentences=True,
        duplicates=[("b2", "b")],
    )


def test_one_paper_brings_what_is_stored_of_it(words):
    row = words.ids.row("b")
    query = read_query(words, ["b"])
    np.testing.assert_array_equal(query.vector, words.vectors[row])
    assert query.rows == (row,)
    for mine, stored in zip((query.terms, query.weights), words.lexical.paper(row), strict=True):
        np.testing.assert_array_equal(mine, stored)
    # Sentences: "Bee.", "Oak fog.", "Bee bee."
    np.testing.assert_array_equal(query.sentences, [[0, 127, 0, 0, 0, 0], [0, 0, 127, 0, 127, 0], [0, 127, 0, 0, 0, 0]])
    assert query.sentence_texts == ("Bee.", "Oak fog.", "Bee bee.")
    assert query.sources == ("Bee. Oak fog. Bee bee.",)
    assert (query.truncated, query.beyond_model) == (False, False)


def test_a_duplicate_asks_for_the_paper_kept(words):
    assert read_query(words, ["b2"]).rows == (words.ids.row("b"),)


def test_likes_are_averaged_and_unlikes_subtracted_at_half_weight(words):
    rows = [words.ids.row(name) for name in "acd"]
    two = read_query(words, ["a", "c"])
    np.testing.assert_allclose(two.vector, along(ice=1, oak=1), atol=1e-7)
    assert two.rows == tuple(rows[:2])
    away = read_query(words, ["a", "c"], ["d"])
    np.testing.assert_allclose(away.vector, along(ice=0.5, oak=0.5, sea=-0.5), atol=1e-7)
    assert away.rows == tuple(rows)
    assert away.sources == ("Ice ice", "Oak")
    one = read_query(words, ["a"], ["d"])
    np.testing.assert_allclose(one.vector, along(ice=1, sea=-0.5), atol=1e-7)
    both = read_query(words, ["a"], ["c", "d"])
    np.testing.assert_allclose(both.vector, along(ice=1, oak=-0.25, sea=-0.25), atol=1e-7)
    assert both.vector.dtype == np.float32


def test_words_and_sentences_of_several_likes_are_those_of_all_of_them_and_of_no_unlike(words):
    query = read_query(words, ["a", "b"], ["e"])
    terms, weights = words.lexical.query("Ice ice\nBee. Oak fog. Bee bee.")
    assert [words.lexical.vocabulary[term] for term in query.terms] == ["bee", "fog", "ice", "oak"]
    np.testing.assert_array_equal(query.terms, terms)
    np.testing.assert_array_equal(query.weights, weights)
    assert query.sentence_texts == ("Ice ice", "Bee.", "Oak fog.", "Bee bee.")
    assert len(query.sentences) == 4
    assert query.sentences[0].tolist() == [127, 0, 0, 0, 0, 0]


def test_texts_come_first_then_likes_that_are_texts_or_ids(words):
    query = read_query(words, ["fog jam", "a"], ["sea sea fog"], texts=["Jam bee. Ice."])
    assert query.sources == ("Jam bee. Ice.", "fog jam", "Ice ice")
    assert query.rows == (words.ids.row("a"),)
    assert query.sentence_texts == ("Jam bee.", "Ice.", "fog jam", "Ice ice")
    np.testing.assert_array_equal(
        query.sentences,
        [[0, 127, 0, 0, 0, 127], [127, 0, 0, 0, 0, 0], [0, 0, 0, 0, 127, 127], [127, 0, 0, 0, 0, 0]],
    )
    likes = np.mean([along(jam=1, bee=1, ice=1), along(fog=1, jam=1), along(ice=1)], axis=0)
    direction = likes - 0.5 * along(sea=2, fog=1)
    np.testing.assert_allclose(query.vector, direction / np.linalg.norm(direction), atol=1e-6)


def test_a_new_text_has_its_own_words(words):
    query = read_query(words, [], texts=["Fog and fog, oak."])
    np.testing.assert_allclose(query.vector, along(fog=2, oak=1), atol=1e-7)
    terms, weights = words.lexical.query("fog fog oak")
    np.testing.assert_array_equal(query.terms, terms)
    np.testing.assert_array_equal(query.weights, weights)
    assert query.rows == ()


@pytest.mark.parametrize(
    ("text", "paper"),
    [
        ("Bee. Oak fog. Bee bee.", "b"),
        ("  Bee.\n Oak fog.  Bee bee.", "b"),
        ("Abstract: jam. Fog sea.", "e"),  # as it stands, though cleaning would take the label off
        ("<i>Bee</i>. Oak fog. Bee bee.", "b"),
        ("Abstract: Oak", "c"),
    ],
)
def test_a_text_that_the_atlas_holds_is_that_paper(words, text, paper):
    words.encoder.read.clear()
    query = read_query(words, [], texts=[text])
    assert query.rows == (words.ids.row(paper),)
    assert query.sources == (words.text(words.ids.row(paper)),)
    assert words.encoder.read == []


def test_a_text_is_embedded_as_papers_are_cleaned(words):
    assert as_embedded(words, "Abstract: Fog  <i>ice</i>\n jam") == "Fog ice jam"
    assert as_embedded(words, "Abstract: jam. Fog sea.") == "Abstract: jam. Fog sea."
    assert as_embedded(words, "ice \ud800") == "ice \ud800"
    only = small_atlas([P("e", "Abstract: jam", "Fog sea.")])
    assert as_embedded(only, "Abstract: jam. Fog sea.") == "Abstract: jam. Fog sea."


def test_without_lexical_and_sentences_a_query_has_neither():
    plain = small_atlas([P("a", "Ice"), P("b", "Bee. Oak")], lexical=False)
    for query in (read_query(plain, ["a", "b"]), read_query(plain, ["a"]), query_of_row(plain, 0)):
        assert len(query.terms) == len(query.weights) == 0
        assert query.sentences is None
        assert query.sentence_texts == ()
    text = read_query(plain, [], texts=["Fog. Oak bee."])
    assert (text.sentences, text.sentence_texts) == (None, ())


def test_likes_without_sentences_bring_none():
    # A text of blanks has no sentence; so has this paper, whose sentences were dropped.
    atlas = small_atlas([P("a", "Ice"), P("b", "Bee")], sentences=True)
    kept = atlas.ids.row("b")
    offsets = np.array([0, 0, 1] if kept else [0, 1, 1])
    atlas = replace(atlas, sentences=Sentences(np.full((1, 6), 9, np.int8), np.array([[0, 3]], np.int32), offsets))
    assert read_query(atlas, ["a"]).sentences is None
    assert query_of_row(atlas, 1 - kept).sentences is None
    assert read_query(atlas, ["a", "b"]).sentences.tolist() == [[9] * 6]
    assert query_of_row(atlas, kept).sentences.tolist() == [[9] * 6]


def test_the_query_of_a_row_is_what_read_query_gives_to_rank_by(mixed):
    for row in (0, 7, 30):
        bare, whole = query_of_row(mixed, row), read_query(mixed, [mixed.ids.ids[row]])
        assert (bare.rows, len(bare.sources), bare.sentence_texts) == (whole.rows, 1, ())
        for name in ("vector", "terms", "weights", "sentences"):
            np.testing.assert_array_equal(getattr(bare, name), getattr(whole, name))


def test_a_text_is_read_to_its_hundred_thousandth_character(words):
    filler = "fog " * (LONGEST // 4)
    whole = read_query(words, [], texts=[filler])
    assert not whole.truncated
    longer = read_query(words, [], texts=[filler + "jam"])
    assert longer.truncated
    np.testing.assert_allclose(longer.vector, along(fog=1), atol=1e-7)
    reaching = read_query(words, [], texts=[filler[:-4] + "jam jam"])
    assert reaching.vector[WORDS.index("jam")] > 0
    assert read_query(words, ["a"], [filler + "jam"]).truncated
    assert read_words(words, filler + "jam").truncated
    assert read_words(words, filler + "jam").vector[WORDS.index("jam")] == 0
    assert not read_words(words, filler).truncated


def test_a_text_longer_than_the_model_reads_is_told():
    atlas = small_atlas([P("a", "Ice"), P("b", "Bee")], max_tokens=3)
    assert not read_query(atlas, [], texts=["fog oak jam"]).beyond_model
    assert read_query(atlas, [], texts=["fog oak jam sea"]).beyond_model
    assert read_query(atlas, ["a"], ["fog oak jam sea"]).beyond_model
    assert not read_query(atlas, ["a"], ["b"]).beyond_model


@pytest.mark.parametrize(
    ("likes", "unlikes", "texts", "message"),
    [
        ([], [], [], "nothing to look for: give the id of a paper, a text, or papers that you like"),
        ([], ["a"], [], "nothing to look for: give the id of a paper, a text, or papers that you like"),
        (["c", "b", "a"], ["b", "c"], [], "'b' is both liked and unliked"),
        ([], [], ["ice", " \n "], "an empty text is like nothing; give a title or an abstract"),
        ([], [], ["ice", "ice \ud800"], "the text is broken Unicode: half of a surrogate pair"),
    ],
)
def test_queries_that_cannot_be_answered(words, likes, unlikes, texts, message):
    with pytest.raises(PaperatlasError) as problem:
        read_query(words, likes, unlikes, texts=texts)
    assert str(problem.value) == message


def test_a_name_without_white_space_is_an_id_and_one_with_it_a_text(words):
    with pytest.raises(UnknownPaperError, match="no paper has the id 'ice'"):
        read_query(words, ["ice"])
    with pytest.raises(UnknownPaperError):
        read_query(words, ["a"], [" ice "])
    np.testing.assert_allclose(read_query(words, ["ice fog"]).vector, along(ice=1, fog=1), atol=1e-7)


def test_search_words_are_encoded_as_queries_are():
    atlas = small_atlas([P("a", "Ice"), P("b", "Bee")], sentences=True)
    queries = WordCounts()
    atlas.__dict__["query_encoder"] = queries
    query = read_words(atlas, "  ice   bee ")
    assert (queries.read, atlas.encoder.read) == (["ice bee"], [])
    np.testing.assert_allclose(query.vector, along(ice=1, bee=1), atol=1e-7)
    assert (query.rows, query.sentences, query.sentence_texts, query.sources) == ((), None, (), ("ice bee",))
    np.testing.assert_array_equal(query.terms, atlas.lexical.query("ice bee")[0])
    # A text of the corpus is no paper here: words are only words.
    assert read_words(atlas, "Ice").rows == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "no words to search for"), (" \t", "no words to search for"), ("a \udfff", "the words are broken Unicode: ")],
)
def test_words_that_say_nothing(words, text, message):
    with pytest.raises(PaperatlasError) as problem:
        read_words(words, text)
    assert str(problem.value).startswith(message)


# --- ranking, against loops


def slow_z(values, basis):
    fixed = values[:basis]
    mean = sum(fixed) / len(fixed)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in fixed) / len(fixed))
    return [(value - mean) / deviation if deviation > 1e-12 else 0.0 for value in values]


def slow_cosine(left, right):
    left, right = [float(part) for part in left], [float(part) for part in right]
    length = math.sqrt(sum(part * part for part in left)) * math.sqrt(sum(part * part for part in right))
    return sum(a * b for a, b in zip(left, right, strict=True)) / length if length else 0.0


def slow_sentences(atlas, query, row):
    own = atlas.sentences.vectors[int(atlas.sentences.offsets[row]) : int(atlas.sentences.offsets[row + 1])]
    if not len(own):
        return None
    table = [[slow_cosine(mine, other) for other in own] for mine in query.sentences]
    there = sum(max(line) for line in table) / len(table)
    back = sum(max(line[place] for line in table) for place in range(len(own))) / len(own)
    return (there + back) / 2


def slow_words(atlas, query, row):
    wanted = dict(zip(query.terms.tolist(), query.weights.tolist(), strict=True))
    terms, weights = atlas.lexical.paper(row)
    return sum(wanted.get(term, 0.0) * weight for term, weight in zip(terms.tolist(), weights.tolist(), strict=True))


def slow_among(atlas, row):
    """A paper plus the mean of the ten nearest of the others."""
    others = [other for other in range(len(atlas)) if other != row]
    nearest = sorted(others, key=lambda other: -slow_cosine(atlas.vectors[row], atlas.vectors[other]))[:10]
    return [
        value + sum(float(atlas.vectors[other][place]) for other in nearest) / len(nearest)
        for place, value in enumerate(atlas.vectors[row].tolist())
    ]


def slow_order(atlas, query, rows, basis, weights=(1.0, 0.5, 0.5), *, alone=False):
    """(row, cosine, words, sentences) of each, best first."""
    dense = [round(slow_cosine(query.vector, atlas.vectors[row]), 7) for row in rows]
    parts = [dense, [round(slow_words(atlas, query, row), 7) for row in rows]]
    if atlas.sentences is not None and query.sentences is not None:
        matches = [slow_sentences(atlas, query, row) for row in rows]
        worst = min(match for match in matches if match is not None)
        parts.append([round(worst if match is None else match, 7) for match in matches])
    by_meaning = dense if alone else [slow_cosine(query.vector, slow_among(atlas, row)) for row in rows]
    scored = [slow_z(part, basis) for part in (by_meaning, *parts[1:])]
    fused = [sum(w * z for w, z in zip(weights, values, strict=False)) for values in zip(*scored, strict=True)]
    order = sorted(range(len(rows)), key=lambda place: (-round(fused[place], 7), -dense[place], rows[place]))
    return [(rows[place], *(part[place] for part in parts)) for place in order]


def slow_candidates(atlas, query, k, keep=None, candidates=10):
    """Rows that are ranked, and which of them may be shown."""
    allowed = [row for row in range(len(atlas)) if row not in query.rows and (keep is None or keep[row])]
    cosine = {row: round(slow_cosine(query.vector, atlas.vectors[row]), 7) for row in range(len(atlas))}
    nearest = sorted((row for row in cosine if row not in query.rows), key=lambda row: (-cosine[row], row))
    rows, passing = nearest[: max(candidates, k)], [row for row in nearest if row in allowed]
    if sum(row in allowed for row in rows) < k:
        rows = rows + [row for row in passing[: max(candidates, k)] if row not in rows]
    return rows, allowed


def slow_similar(atlas, query, k, keep=None, candidates=10):
    rows, allowed = slow_candidates(atlas, query, k, keep, candidates)
    ranked = slow_order(atlas, query, rows, min(candidates, len(rows)))
    return [one for one in ranked if one[0] in allowed][:k]


@pytest.mark.parametrize("k", [1, 5, 10, 11, 17, 30])
def test_similar_papers_are_those_of_the_slow_truth(mixed, k):
    for row in (0, 3, 12, 30):
        query = read_query(mixed, [mixed.ids.ids[row]])
        expected = slow_similar(mixed, query, k)
        found = similar(mixed, query, k=k)
        assert [one.id for one in found] == [mixed.ids.ids[one[0]] for one in expected]
        for place, (one, (other, *parts)) in enumerate(zip(found, expected, strict=True), start=1):
            values = (one.parts.dense, one.parts.lexical, one.parts.sentences)
            np.testing.assert_allclose(values, parts, atol=1.1e-6)
            assert all(value == round(value, 6) for value in values)
            assert one.similarity == one.parts.dense
            assert (one.rank, one.title) == (place, mixed.column("title")[other].as_py())
            assert one.year == mixed.column("year")[other].as_py()
            assert one.topic == mixed.column("nearest_topic")[other].as_py()
            assert one.label == f"topic {one.topic}"
            assert json.loads(json.dumps(one.to_json()))["parts"]["dense"] == one.similarity


@pytest.mark.parametrize("k", [1, 3, 4, 5, 11])
def test_a_filter_brings_in_the_nearest_that_pass_where_too_few_candidates_do(mixed, k):
    rng = np.random.default_rng(k)
    joined = 0
    for row in range(0, 31, 3):
        query = read_query(mixed, [mixed.ids.ids[row]])
        keep = rng.permutation(31) < 13
        keep_before = keep.copy()
        found = [one.id for one in similar(mixed, query, k=k, filters=Filters(keep=keep))]
        assert found == [mixed.ids.ids[one[0]] for one in slow_similar(mixed, query, k, keep)]
        np.testing.assert_array_equal(keep, keep_before)
        nearest = slow_similar(mixed, query, max(10, k))
        joined += bool(set(found) - {mixed.ids.ids[one[0]] for one in nearest})
    assert joined > 0 or k == 1


def test_queries_of_several_papers_and_of_texts_rank_alike(mixed):
    several = read_query(mixed, ["p1", "p2", "p3"], ["p4"])
    text = replace(several, rows=())
    for query in (several, text):
        found = [one.id for one in similar(mixed, query, k=12)]
        assert found == [mixed.ids.ids[one[0]] for one in slow_similar(mixed, query, 12)]
    assert not {"p1", "p2", "p3", "p4"} & {one.id for one in similar(mixed, several, k=27)}
    assert len(similar(mixed, several, k=27)) == 27


def test_how_many_may_be_asked_for(mixed):
    query = read_query(mixed, ["p1", "p2"], ["p3"])
    assert len(query.rows) == 3
    with pytest.raises(PaperatlasError, match=r"^k = 0: at least 1 paper must be asked for$"):
        similar(mixed, query, k=0)
    assert len(similar(mixed, query, k=28)) == 28
    with pytest.raises(PaperatlasError, match=r"^k = 29: the atlas has only 28 other papers$"):
        similar(mixed, query, k=29)
    twice = replace(query, rows=(1, 1, 2))
    assert len(similar(mixed, twice, k=29)) == 29
    with pytest.raises(PaperatlasError, match=r"^k = 0: at least 1 paper must be asked for$"):
        search(mixed, "ice", k=0)


def test_an_atlas_of_one_paper_has_none_like_it():
    atlas = small_atlas([P("a", "Ice")])
    assert similar(atlas, read_query(atlas, ["a"]), k=1) == []
    with pytest.raises(PaperatlasError, match="k = 2: the atlas has only 0 other papers"):
        similar(atlas, read_query(atlas, ["a"]), k=2)
    assert default_k(atlas, asked_about=1) == 1
    assert precompute_similar(atlas, k=2).rows.tolist() == [[-1, -1]]


def test_default_k_is_the_runs_or_all_the_other_papers(mixed):
    assert default_k(mixed) == 10
    assert default_k(mixed, asked_about=21) == 10
    assert default_k(mixed, asked_about=22) == 9
    few = small_atlas(mixed_papers(6, 0), similar={"k": 3})
    assert default_k(few, asked_about=1) == 3
    assert default_k(few, asked_about=6) == 1


def test_equal_scores_go_by_cosine_then_by_row():
    query = read_query(small_atlas([P("a", "Ice"), P("b", "Bee")], lexical=False), ["a"])
    candidates = Candidates(np.array([9, 4, 7, 2]), np.array([0.5, 0.25, 0.5, 0.75]), basis=4)
    ranked = rank(query, candidates, lexical=None, sentences=None, config=SimilarConfig(dense=0.0))
    assert ranked.rows.tolist() == [2, 7, 9, 4]
    assert ranked.similarity.tolist() == [0.75, 0.5, 0.5, 0.25]
    assert ranked.fused.tolist() == [0, 0, 0, 0]
    assert ranked.lexical is None
    assert ranked.sentences is None
    kept = ranked.kept(np.array([False, True, False, True]))
    assert (kept.rows.tolist(), kept.similarity.tolist(), kept.lexical) == ([7, 4], [0.5, 0.25], None)
    # Scores that differ after the seventh decimal only are equal.
    near = rank(
        query,
        replace(candidates, similarity=np.array([1e-9, 0, 0, 1.0])),
        lexical=None,
        sentences=None,
        config=SimilarConfig(dense=1.0),
    )
    assert near.rows.tolist() == [2, 9, 4, 7]
    assert len(set(near.fused.tolist())) == 2


def test_each_part_has_its_weight(mixed):
    query = read_query(mixed, ["p1"])
    rows = np.arange(2, 20)
    cosines = np.array([round(slow_cosine(query.vector, mixed.vectors[row]), 7) for row in rows])
    for weights in ((2.0, 0.25, 3.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)):
        config = SimilarConfig(dense=weights[0], lexical=weights[1], sentences=weights[2])
        ranked = rank(
            query,
            Candidates(rows, cosines, 12),
            lexical=mixed.lexical,
            sentences=mixed.sentences,
            config=config,
            among=cosines_among_nearest(query.vector, mixed.vectors, mixed.neighbours, rows=rows),
        )
        expected = slow_order(mixed, query, rows.tolist(), 12, weights)
        assert ranked.rows.tolist() == [one[0] for one in expected]
        np.testing.assert_allclose(ranked.lexical, [one[2] for one in expected], atol=2e-7)
        np.testing.assert_allclose(ranked.sentences, [one[3] for one in expected], atol=2e-7)
        assert (np.diff(ranked.fused) <= 0).all()


def test_z_scores_by_hand():
    assert z_scores(np.array([1.0, 3.0, 5.0, 2.0]), 2).tolist() == [-1, 1, 3, 0]
    assert z_scores(np.array([1.0, 3.0]), 0).tolist() == [0, 0]
    assert z_scores(np.array([2.0, 2.0, 9.0]), 2).tolist() == [0, 0, 0]
    assert z_scores(np.array([0.0, 2.4e-12]), 2).tolist() == [-1, 1]
    assert z_scores(np.array([0.0, 1.8e-12]), 2).tolist() == [0, 0]


def sentences_of(*papers) -> Sentences:
    vectors = np.array([row for paper in papers for row in paper], np.int8).reshape(-1, 2)
    offsets = np.concatenate([[0], np.cumsum([len(paper) for paper in papers])]).astype(np.int64)
    return Sentences(vectors, np.zeros((len(vectors), 2), np.int32), offsets)


def test_sentence_matches_by_hand():
    query = np.array([[127, 0], [0, 127]], np.int8)
    papers = sentences_of([[127, 0]], [], [[0, 127], [127, 0], [-127, 0]], [[127, 127]])
    # First: (1 + 0) / 2 there, 1 back. Third: 1 there; 1, 1 and 0 back. Fourth: cos 45 degrees both ways.
    expected = [0.75, 0.7071068, (1 + 2 / 3) / 2, 0.7071068]
    found = sentence_matches(query, papers, np.array([0, 1, 2, 3]))
    np.testing.assert_allclose(found, np.round(expected, 7), atol=1e-12)
    assert found[1] == found[3] == 0.7071068
    assert sentence_matches(query, papers, np.array([2, 0])).tolist() == np.round([expected[2], 0.75], 7).tolist()
    assert sentence_matches(query, papers, np.array([1])).tolist() == [0.0]
    assert sentence_matches(query[:0], papers, np.arange(4)).tolist() == [0.0] * 4


def test_int8_cosines_are_exact_in_any_number_of_dimensions():
    # 1041 products of 127 and 127 have the sum 16,790,289, which float32 does not hold.
    left = np.full((1, 1041), 127, np.int8)
    right = np.concatenate([np.full((1, 1041), 127, np.int8), np.zeros((1, 1041), np.int8)])
    right[0, -1] = 0
    found = int8_cosines(left, right)
    assert found[0, 0] == pytest.approx(math.sqrt(1040 / 1041), abs=1e-12)
    assert found[0, 1] == 0
    assert found.dtype == np.float64
    rng = np.random.default_rng(0)
    left, right = (rng.integers(-127, 128, (4, 1040)).astype(np.int8) for _ in range(2))
    exact = [[slow_cosine(one, other) for other in right] for one in left]
    np.testing.assert_allclose(int8_cosines(left, right), exact, atol=1e-13)


# --- other versions, and repetition


def ranked_of(similarity, lexical) -> Ranked:
    count = np.arange(len(similarity))
    words = None if lexical is None else np.array(lexical)
    return Ranked(count, np.array(similarity), words, None, np.zeros(len(count)))


def test_another_version_is_alike_in_meaning_and_in_words():
    query = SimpleNamespace(sources=("one",))
    ranked = ranked_of([0.95, 0.9499999, 0.95, 1.0, 0.99], [0.85, 0.99, 0.8499999, 1.0, 0.2])
    assert near_duplicates(query, ranked).tolist() == [True, False, False, True, False]
    assert near_duplicates(query, ranked_of([0.95, 0.9499999], None)).tolist() == [True, False]
    for sources in ((), ("one", "other")):
        assert near_duplicates(SimpleNamespace(sources=sources), ranked).tolist() == [False] * 5


def test_other_versions_are_shown_only_on_request():
    others = [P(f"o{number}", f"{word} fog") for number, word in enumerate(WORDS)]
    atlas = small_atlas([P("v1", "Ice bee oak sea jam"), P("v2", "Jam sea oak bee ice"), *others])
    assert "v2" not in [one.id for one in similar(atlas, read_query(atlas, ["v1"]), k=7)]
    assert len(similar(atlas, read_query(atlas, ["v1"]), k=7)) == 6
    shown = similar(atlas, read_query(atlas, ["v1"]), k=7, filters=Filters(near_duplicates=True))
    assert shown[0].id == "v2"
    assert "v2" in [one.id for one in similar(atlas, read_query(atlas, ["v1", "o3"]), k=6)]
    assert "v2" not in [one.id for one in similar(atlas, read_query(atlas, [], texts=["sea jam oak bee ice"]), k=7)]


def slow_mmr(vectors, relevance, k, diversity):
    """Rows in their new order. relevance: of each row, in the old order."""
    low, high = min(relevance.values()), max(relevance.values())

    def value(row):
        like = max((slow_cosine(vectors[row], vectors[other]) for other in chosen), default=0.0)
        return round((1 - diversity) * (relevance[row] - low) / (high - low) - diversity * like, 9)

    rows, chosen = list(relevance), []
    while len(chosen) < k:
        values = {row: value(row) for row in rows if row not in chosen}
        chosen.append(max(values, key=lambda row: (values[row], -rows.index(row))))
    return chosen


@pytest.mark.parametrize("diversity", [0.3, 0.7, 1.0])
@pytest.mark.parametrize(("row", "k"), [(0, 4), (5, 6), (11, 12), (20, 25)])
def test_mmr_against_loops(mixed, diversity, row, k):
    keep = np.arange(31) % 7 != 0
    query = read_query(mixed, [mixed.ids.ids[row]])
    rows, allowed = slow_candidates(mixed, query, k, keep)
    cosines = np.array([round(slow_cosine(query.vector, mixed.vectors[r]), 7) for r in rows])
    parts = {"lexical": mixed.lexical, "sentences": mixed.sentences, "config": SimilarConfig()}
    among = cosines_among_nearest(query.vector, mixed.vectors, mixed.neighbours, rows=np.array(rows))
    ranked = rank(query, Candidates(np.array(rows), cosines, 10), **parts, among=among)
    relevance = {r: fused for r, fused in zip(ranked.rows.tolist(), ranked.fused.tolist(), strict=True) if r in allowed}
    expected = slow_mmr(mixed.vectors, relevance, k, diversity)
    found = similar(mixed, query, k=k, filters=Filters(keep=keep, mmr=diversity))
    assert [one.id for one in found] == [mixed.ids.ids[r] for r in expected]
    assert [one.rank for one in found] == list(range(1, k + 1))


# --- reasons


def reasons_of(atlas, query, paper) -> Reasons:
    found = similar(atlas, query, k=len(atlas) - len(query.rows), filters=Filters(near_duplicates=True))
    return next(one.reasons for one in found if one.id == paper)


def test_shared_words_are_those_that_add_most_to_the_cosine():
    # Of seven shared words: "jam" and "fog" are rare, "ice" comes thrice; five are listed.
    shared = "ice ice ice bee oak sea fog jam elk"
    atlas = small_atlas(
        [P("a", shared), P("b", f"{shared} owl"), P("c", "bee oak sea elk"), P("d", "bee oak sea elk ice")]
    )
    query = read_query(atlas, ["a"])
    found = reasons_of(atlas, query, "b").shared_terms
    own, other = (
        dict(zip(*(part.tolist() for part in atlas.lexical.paper(atlas.ids.row(p))), strict=True)) for p in "ab"
    )
    products = {atlas.lexical.vocabulary[term]: own[term] * other[term] for term in own if term in other}
    assert found == tuple(sorted(products, key=lambda word: (-products[word], word))[:5])
    assert found[0] == "ice"
    assert found[1:3] == ("fog", "jam")
    assert len(found) == 5
    assert reasons_of(atlas, query, "c").shared_terms == ("bee", "elk", "oak", "sea")
    assert reasons_of(atlas, read_query(atlas, [], texts=["jam gnu"]), "c").shared_terms == ()
    assert reasons_of(replace(atlas, lexical=None), query, "b").shared_terms == ()


def test_shared_terms_of_many_papers_against_loops(mixed):
    rows = np.array([4, 0, 9, 17, 30])
    for query in (read_query(mixed, ["p3"]), read_query(mixed, [], texts=["fog fog jam ice"])):
        found = shared_terms(mixed.lexical, query, rows, count=3)
        for line, row in zip(found.tolist(), rows.tolist(), strict=True):
            wanted = dict(zip(query.terms.tolist(), query.weights, strict=True))
            terms, weights = mixed.lexical.paper(row)
            added = {t: wanted[t] * w for t, w in zip(terms.tolist(), weights, strict=True) if t in wanted}
            expected = sorted(added, key=lambda term: (-added[term], term))[:3]
            assert line == expected + [-1] * (3 - len(expected))
    nothing = read_query(mixed, [], texts=["unheard of"])
    assert shared_terms(mixed.lexical, nothing, rows, count=2).tolist() == [[-1, -1]] * 5
    last = replace(query, terms=query.terms[-1:], weights=query.weights[-1:])
    assert {term for line in shared_terms(mixed.lexical, last, rows, count=2).tolist() for term in line} <= {
        -1,
        int(last.terms[0]),
    }


def test_the_two_closest_sentences_by_hand():
    atlas = small_atlas(
        [
            P("a", "Ice", "Bee oak. Fog fog sea."),
            P("b", "Jam", "Sea fog. Ice sea bee."),
            P("c", "Oak"),
            P("d", "Oak", "Jam."),
        ],
        sentences=True,
    )
    pair = reasons_of(atlas, read_query(atlas, ["a"]), "b").sentences
    # Fog fog sea (2, 1) and sea fog (1, 1), scaled to 127 and 64: 191 / sqrt(2 * (127^2 + 64^2)).
    assert pair == SentencePair("Fog fog sea.", "Sea fog.", round((127 + 64) / math.sqrt(2 * (127**2 + 64**2)), 6))
    text = reasons_of(atlas, read_query(atlas, [], texts=["Oak oak. Jam"]), "d").sentences
    assert text == SentencePair("Oak oak.", "Oak.", 1.0)
    assert reasons_of(replace(atlas, sentences=None), read_query(atlas, ["a"]), "b").sentences is None
    assert reasons_of(atlas, replace(read_query(atlas, ["a"]), sentences=None), "b").sentences is None
    bare = replace(
        atlas, sentences=Sentences(np.zeros((0, 6), np.int8), np.zeros((0, 2), np.int32), np.zeros(5, np.int64))
    )
    assert reasons_of(bare, read_query(atlas, ["a"]), "b").sentences is None


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        ((0, -1), (0, -1), "same topic"),
        ((0, 1), (0, 2), "same topic"),
        ((0, 1), (1, 2), "bridge"),
        ((0, 2), (1, 0), "bridge"),
        ((0, 1), (1, 0), "bridge"),
        ((0, 2), (1, 2), "other topic"),
        ((0, -1), (1, -1), "other topic"),
    ],
)
def test_topics_of_two_papers(own, other, expected):
    papers = [P("a", "Ice bee", topic=own[0], second=own[1]), P("b", "Ice oak", topic=other[0], second=other[1])]
    atlas = small_atlas([*papers, P("c", "Sea", topic=-1, nearest=2)], labels={0: "x", 1: "y", 2: "z"})
    assert reasons_of(atlas, read_query(atlas, ["a"]), "b").topics == expected
    assert reasons_of(atlas, read_query(atlas, ["a", "c"]), "b").topics is None
    assert reasons_of(atlas, read_query(atlas, [], texts=["ice sea"]), "b").topics is None


def test_places_that_each_part_alone_would_give(mixed):
    values = np.array([0.5, 0.9, 0.5, 0.1])
    assert [rank_of(values, place) for place in range(4)] == [2, 1, 2, 4]
    query = read_query(mixed, ["p6"])
    expected = slow_similar(mixed, query, 30)
    for one, parts in zip(similar(mixed, query, k=30), expected, strict=True):
        places = [1 + sum(other[part] > parts[part] for other in expected) for part in (1, 2, 3)]
        assert one.reasons.ranks == dict(zip(("dense", "lexical", "sentences"), places, strict=True))
    plain = replace(mixed, sentences=None, lexical=None)
    assert list(similar(plain, read_query(plain, ["p6"]), k=1)[0].reasons.ranks) == ["dense"]


# --- search


def slow_search(atlas, words, k, holds=None, candidates=10):
    query = read_words(atlas, words)
    rows = [row for row in range(len(atlas)) if holds is None or holds(row)]
    dense = sorted(rows, key=lambda row: (-round(slow_cosine(query.vector, atlas.vectors[row]), 7), row))
    lexical = sorted(rows, key=lambda row: (-round(slow_words(atlas, query, row), 7), row))
    count = max(candidates, k)
    told = [row for row in lexical[:count] if slow_words(atlas, query, row) > 0]
    found = sorted({*dense[:count], *told})
    words = replace(query, sentences=None)
    return [row for row, *_ in slow_order(atlas, words, found, len(found), (1.0, 1.0), alone=True)][:k]


@pytest.fixture(scope="module")
def searched():
    rng = np.random.default_rng(4)
    papers = []
    for number in range(40):
        words = rng.choice([*WORDS, "elk", "owl"], 4).tolist()
        vector = rng.normal(size=6)
        papers.append(
            P(f"s{number}", f"{words[0]} {words[1]}", f"{words[2]} Waggle dance {words[3]} n{number}", vector)
        )
    papers[3] = replace(papers[3], title="The waggle DANCE of a bee", abstract="Sea n3")
    papers[4] = replace(papers[4], abstract="waggle of dance n4")
    return small_atlas(papers, similar={"candidates": 10}, sentences=True)


@pytest.mark.parametrize("k", [1, 6, 10, 11, 25])
@pytest.mark.parametrize("words", ["ice bee", "owl", "fog jam n7", "sea unheard", "elk elk owl n30"])
def test_search_is_the_slow_truth(searched, words, k):
    found = search(searched, words, k=k)
    assert [one.id for one in found] == [searched.ids.ids[row] for row in slow_search(searched, words, k)]
    assert [one.rank for one in found] == list(range(1, k + 1))
    query = read_words(searched, words)
    for one in found:
        row = searched.ids.row(one.id)
        assert one.similarity == pytest.approx(slow_cosine(query.vector, searched.vectors[row]), abs=2e-6)
        assert one.parts.lexical == pytest.approx(slow_words(searched, query, row), abs=2e-6)
        assert (one.parts.sentences, one.reasons.sentences, one.reasons.topics) == (None, None, None)


def test_phrases_in_quotes_must_stand_there_as_they_are(searched):
    def holds(row):
        return "waggle dance" in f"{searched.column('title')[row]}\n{searched.column('abstract')[row]}".lower()

    found = search(searched, 'ice "Waggle dance"', k=40)
    assert len(found) == 39
    assert "s4" not in {one.id for one in found}
    assert "s3" in {one.id for one in found}
    assert [one.id for one in search(searched, 'ice "Waggle dance"', k=12)] == [
        searched.ids.ids[row] for row in slow_search(searched, "ice Waggle dance", 12, holds)
    ]
    assert [one.id for one in search(searched, '"waggle dance" "N7"', k=40)] == ["s7"]
    assert [one.id for one in search(searched, '"n9"', k=40)] == ["s9"]
    with pytest.raises(PaperatlasError) as problem:
        search(searched, '"n7" fog "n8"', k=3)
    assert str(problem.value) == "no paper holds 'n7' and 'n8'; try without quotes"
    with pytest.raises(PaperatlasError, match="no words to search for"):
        search(searched, '""', k=3)


def test_a_phrase_is_looked_for_only_where_the_others_are(searched, monkeypatch):
    """Else hundreds of them, in one request, hold a server for long."""
    looked_at = []

    def match(texts, pattern, real=pc.match_substring, **options):
        looked_at.append(len(texts))
        return real(texts, pattern, **options)

    monkeypatch.setattr("pyarrow.compute.match_substring", match)
    assert [one.id for one in search(searched, '"waggle dance" "N7"' * 50, k=40)] == ["s7"]
    assert looked_at == [40, 40, 39, 39]


def test_search_without_words_kept_goes_by_the_embedding_alone(searched):
    plain = replace(searched, lexical=None)
    plain.__dict__["encoder"] = searched.encoder
    query = read_words(plain, "ice fog")
    nearest = sorted(range(40), key=lambda row: (-round(slow_cosine(query.vector, plain.vectors[row]), 7), row))
    found = search(plain, "ice fog", k=15)
    assert [one.id for one in found] == [plain.ids.ids[row] for row in nearest[:15]]
    assert all(one.parts.lexical is None for one in found)


def test_a_phrase_held_by_more_papers_than_the_candidates_gives_all_that_are_asked_for():
    papers = [
        P(f"q{number}", f"{WORDS[number % 6]} number {number}", "On the waggle dance." if number % 8 else "On jam.")
        for number in range(400)
    ]
    atlas = small_atlas(papers, k=2)
    found = search(atlas, '"waggle dance"', k=300)
    assert len({one.id for one in found}) == 300
    assert all(int(one.id[1:]) % 8 for one in found)
    assert len(search(atlas, '"waggle dance"', k=360)) == 350


# --- requests and answers


def test_an_answer_holds_the_request_and_what_was_not_read_whole():
    atlas = small_atlas(
        mixed_papers(12, 3), words=WORDS[:5], max_tokens=4, similar={"k": 4}, duplicates=[("copy", "p2")]
    )
    found = answer(atlas, Request(id="copy"))
    assert [one.id for one in found.results] == [one.id for one in similar(atlas, read_query(atlas, ["p2"]), k=4)]
    assert found.to_json() == {"query": {"id": "copy"}, "results": [one.to_json() for one in found.results]}
    request = Request("p1", ("fog jam sea",), ("p2", "ice bee oak"), ("p3",))
    query = read_query(atlas, ["p1", "p2", "ice bee oak"], ["p3"], texts=["fog jam sea"])
    found = answer(atlas, request, k=5, filters=Filters(keep=np.arange(12) < 9))
    expected = similar(atlas, query, k=5, filters=Filters(keep=np.arange(12) < 9))
    assert list(found.results) == expected
    assert found.to_json()["query"] == {
        "id": "p1",
        "text": ["fog jam sea"],
        "like": ["p2", "ice bee oak"],
        "unlike": ["p3"],
    }
    long = answer(atlas, Request(text=("fog " * 30_000,)), k=1)
    assert (long.truncated, long.beyond_model) == (True, True)
    assert {key: long.to_json()[key] for key in ("truncated", "beyond_model")} == {
        "truncated": True,
        "beyond_model": True,
    }
    assert list(answer(atlas, Request(text=("fog jam sea ice bee",)), k=1).to_json()) == [
        "query",
        "results",
        "beyond_model",
    ]
    assert list(Answer(Request(id="x"), (), truncated=True).to_json()) == ["query", "results", "truncated"]


def test_without_k_an_answer_has_the_runs_k_or_all_others():
    atlas = small_atlas(mixed_papers(6, 3), words=WORDS[:5])
    assert len(answer(atlas, Request(id="p1")).results) == 5
    assert len(answer(atlas, Request(like=("p1", "p2"), unlike=("p3",))).results) == 3
    with pytest.raises(UnknownPaperError):
        answer(atlas, Request(id="p9 and more words"))


# --- precomputed


@pytest.mark.parametrize(("k", "block"), [(3, 512), (12, 4), (30, 31)])
def test_precomputed_lists_are_what_similar_answers(mixed, monkeypatch, k, block):
    monkeypatch.setattr(precomputed, "BLOCK", block)
    advanced = []
    lists = precompute_similar(mixed, k=k, advance=advanced.append)
    assert advanced == [min(block, 31 - start) for start in range(0, 31, block)]
    assert lists.terms.shape == (31, k, 3)
    for row, paper in enumerate(mixed.ids.ids):
        found = similar(mixed, read_query(mixed, [paper]), k=k)
        assert [mixed.ids.ids[other] for other in lists.rows[row]] == [one.id for one in found]
        np.testing.assert_allclose(lists.similarities[row], [one.similarity for one in found], atol=1e-6)
        for terms, one in zip(lists.terms[row].tolist(), found, strict=True):
            named = tuple(mixed.lexical.vocabulary[term] for term in terms if term >= 0)
            assert named == one.reasons.shared_terms[:3]


def test_precomputed_lists_leave_other_versions_out_and_end_with_minus_one():
    others = [P(f"o{number}", f"{word} fog") for number, word in enumerate(WORDS)]
    atlas = small_atlas([P("v1", "Ice bee oak sea jam"), P("v2", "Jam sea oak bee ice"), *others])
    lists = precompute_similar(atlas, k=7)
    row = atlas.ids.row("v1")
    assert atlas.ids.row("v2") not in lists.rows[row]
    assert lists.rows[row].tolist().count(-1) == 1
    assert (lists.rows[row, 6], lists.similarities[row, 6], lists.terms[row, 6].tolist()) == (-1, 0, [-1, -1, -1])
    plain = replace(atlas, lexical=None)
    assert (precompute_similar(plain, k=7).terms == -1).all()
    assert precompute_similar(plain, k=9).rows.shape == (8, 9)


# --- new texts


@pytest.fixture
def assigned():
    """Ice is topic 0, bees are topic 2, oaks topic 7; one oak paper is noise."""
    papers = [
        P("i1", "Ice", topic=0, strength=0.75, second=2),
        P("i2", "Ice, ice", "Abstract: Ice", topic=0),
        P("b1", "Bee", topic=2),
        P("b2", "<i>Bee</i> bee", "Abstract: Bee &amp; bee.", topic=2, strength=0.125),
        P("o1", "Oak", topic=7),
        P("n1", "Sea oak", topic=-1, nearest=7, strength=0.5, second=2),
    ]
    return small_atlas(papers, labels={0: "Ice", 2: "Bees", 7: "Oaks"}, k=3)


def test_new_texts_get_the_vote_of_their_nearest_papers(assigned):
    # Nearest to (3, 1, 0): both ice papers with 3, one bee paper with 1; length sqrt(10) cancels out.
    one, two, three = assign_texts(assigned, ["ice bee ice ice", "bee bee oak", "Bee sea"])
    assert (one.topic, one.nearest_topic, one.label, one.second_topic, one.known_as) == (-1, 0, "Ice", 2, None)
    assert one.strength == round(6 / 7, 6)
    # (2, 1) of bee and oak: both bee papers with 2, o1 with 1: 4 / 5.
    assert (two.nearest_topic, two.strength, two.second_topic) == (2, 0.8, 7)
    # Both bee papers and the sea paper, which is noise and has no vote.
    assert (three.nearest_topic, three.strength, three.second_topic) == (2, 1.0, -1)
    assert one.to_json() == {
        "topic": -1,
        "nearest_topic": 0,
        "label": "Ice",
        "strength": round(6 / 7, 6),
        "second_topic": 2,
        "known_as": None,
    }


def test_a_text_without_votes_goes_to_the_topic_with_the_nearest_mean():
    papers = [
        P("a", "x", vector=[1, 0, 0.1, 0]),
        P("b", "y", vector=[0, 1, 0, 0], topic=3),
        P("n", "z", vector=[0, 0, 0, 1], topic=-1, nearest=3),
    ]
    atlas = small_atlas(papers, labels={0: "A", 3: "B"}, words=("ice", "bee", "oak", "fog"), k=1)
    (found,) = assign_texts(atlas, ["fog fog fog oak"])
    assert (found.nearest_topic, found.strength, found.second_topic, found.label) == (0, 0.0, -1, "A")


def test_an_atlas_of_one_paper_assigns_to_its_topic():
    atlas = small_atlas([P("a", "Ice", topic=4)], labels={4: "Only"})
    (found,) = assign_texts(atlas, ["Ice and bee"])
    assert (found.nearest_topic, found.strength, found.label) == (4, 1.0, "Only")


def test_papers_of_the_corpus_get_the_runs_own_answer_among_new_ones(assigned):
    texts = ["fog ice", "Sea oak", "Ice", "<i>Bee</i> bee. Abstract: Bee &amp; bee.", "Bee bee. Bee & bee.", "jam bee"]
    found = assign_texts(assigned, texts)
    assert [one.known_as for one in found] == [None, "n1", "i1", "b2", "b2", None]
    assert (found[1].topic, found[1].nearest_topic, found[1].label) == (-1, 7, "Oaks")
    assert (found[1].strength, found[1].second_topic) == (0.5, 2)
    assert (found[2].topic, found[2].strength, found[2].second_topic) == (0, 0.75, 2)
    assert found[3] == found[4]
    assert (found[3].topic, found[3].label, found[3].strength) == (2, "Bees", 0.125)
    assert (found[0].nearest_topic, found[5].nearest_topic) == (0, 2)
    for text, one in zip(texts, found, strict=True):
        assert assign_texts(assigned, [text]) == [one]
    assert assign_texts(assigned, []) == []


def test_papers_are_cleaned_as_the_run_cleans_before_they_are_assigned(assigned):
    found = assign_papers(assigned, [("<i>Bee</i> bee", "Abstract: Bee &amp; bee."), ("<b>Oak</b>", "")])
    assert [one.known_as for one in found] == ["b2", "o1"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["ice", " "], "paper 2: neither title nor abstract"),
        (["ice \ud800", ""], "paper 1: broken Unicode"),
    ],
)
def test_texts_that_cannot_be_assigned(assigned, texts, message):
    with pytest.raises(PaperatlasError) as problem:
        assign_texts(assigned, texts)
    assert str(problem.value) == message


def test_known_texts_need_no_encoder(assigned):
    assigned.__dict__["encoder"] = None
    assert assign_texts(assigned, ["Ice"])[0].known_as == "i1"


# --- bridges


def voting(votes):
    """An atlas in which the row of each paper named has neighbours in these topics, with these similarities."""
    voters = {topic: P(f"t{topic}", f"Voter {topic}", topic=topic) for topic in (0, 1, 2, 5)}
    asked = [P(name, f"Asked {name}", topic=0) for name in votes]
    noise = P("noise", "Noise", topic=-1, nearest=0)
    rows = rows_of([*voters.values(), *asked, noise])
    number = {paper.id: row for row, paper in enumerate(rows)}
    indices = np.full((len(rows), 4), number["noise"], np.int32)
    similarities = np.zeros((len(rows), 4), np.float32)
    for name, given in votes.items():
        for place, (topic, similarity) in enumerate(given):
            indices[number[name], place] = number[f"t{topic}"]
            similarities[number[name], place] = similarity
    return small_atlas(rows, neighbours=Neighbours(indices, similarities), lexical=False)


def test_bridges_by_hand():
    atlas = voting(
        {
            "even": [(1, 0.5), (0, 0.5)],
            "edge": [(2, 0.5), (2, 0.25), (5, 0.25), (5, 0.25)],  # 0.6 and 0.4
            "thin": [(0, 0.5), (0, 0.25), (1, 0.25), (2, 0.25)],  # 0.6 and 0.2
            "third": [(2, 0.4), (0, 0.4), (1, 0.4)],
            "alone": [(0, 0.5)],
            "none": [],
        }
    )
    found = find_bridges(atlas, margin=0.21, least=0.25)
    assert [bridge.id for bridge in found] == ["even", "third", "edge"]
    assert (found[0].topics, found[0].labels, found[0].shares) == ((0, 1), ("topic 0", "topic 1"), (0.5, 0.5))
    assert (found[1].topics, found[1].shares) == ((0, 1), (0.333333, 0.333333))
    assert (found[2].topics, found[2].labels, found[2].shares) == ((2, 5), ("topic 2", "topic 5"), (0.6, 0.4))
    assert found[2].title == "Asked edge"
    assert found[0].to_json() == {
        "id": "even",
        "title": "Asked even",
        "topics": (0, 1),
        "labels": ("topic 0", "topic 1"),
        "shares": (0.5, 0.5),
    }
    assert [bridge.id for bridge in find_bridges(atlas, margin=0.19, least=0.25)] == ["even", "third"]
    assert [bridge.id for bridge in find_bridges(atlas, margin=0.21, least=0.39)] == ["even", "edge"]
    assert "thin" in {bridge.id for bridge in find_bridges(atlas, margin=0.41, least=0.19)}
    assert len(find_bridges(atlas, margin=1.0, least=0.0)) == 4


def test_both_limits_of_bridges_belong_to_them():
    atlas = voting({"edge": [(0, 0.5), (1, 0.25), (2, 0.25)]})  # 0.5 and 0.25, exactly
    assert len(find_bridges(atlas, margin=0.25, least=0.25)) == 1
    assert find_bridges(atlas, margin=0.2499, least=0.25) == []
    assert find_bridges(atlas, margin=0.25, least=0.2501) == []


def test_bridges_by_default_differ_by_a_tenth_and_have_a_quarter():
    atlas = voting(
        {
            "in": [(0, 0.54), (1, 0.46)],
            "wide": [(0, 0.56), (1, 0.44)],
            "three": [(0, 0.36), (1, 0.34), (2, 0.3)],
            "few": [(0, 0.28), (1, 0.24), (2, 0.24), (5, 0.24)],
        }
    )
    assert [bridge.id for bridge in find_bridges(atlas)] == ["in", "three"]


def test_bridges_are_ordered_by_pair_then_by_the_smaller_share_then_by_id():
    atlas = voting(
        {
            "d": [(5, 0.5), (0, 0.5)],
            "c": [(1, 0.52), (0, 0.48)],
            "b": [(0, 0.5), (1, 0.5)],
            "a": [(0, 0.5), (1, 0.5)],
        }
    )
    found = find_bridges(atlas, margin=0.1, least=0.25)
    assert [bridge.id for bridge in found] == ["a", "b", "c", "d"]
    assert found[2].topics == (1, 0)


# --- drafts


def slow_novelty(atlas, query, count):
    cosines = sorted(
        (round(slow_cosine(query.vector, atlas.vectors[row]), 7) for row in range(len(atlas)) if row not in query.rows),
        reverse=True,
    )
    own = round(sum(cosines[:count]) / count, 6)
    means = [round(sum(line[:count].tolist()) / count, 6) for line in atlas.neighbours.similarities.astype(float)]
    return own, round(100 * sum(mean > own for mean in means) / len(means), 1)


def test_novelty_is_a_place_among_the_corpus(mixed):
    places = set()
    for name in ("p0", "p7", "p8", "p20", "p29"):
        query = read_query(mixed, [name])
        found = measure_novelty(mixed, query)
        closeness, percentile = slow_novelty(mixed, query, 10)
        others = [slow_novelty(mixed, query, count)[1] for count in (5, 10, 20)]
        assert found.nearest == 10
        assert found.closeness == pytest.approx(closeness, abs=2e-6)
        assert (found.percentile, found.low, found.high) == (percentile, min(others), max(others))
        places.add((found.low < found.percentile, found.percentile < found.high))
    assert len(places) > 1  # the range over 5, 10 and 20 is not always that of one number


def test_novelty_in_a_small_corpus_uses_what_there_is():
    atlas = small_atlas([P("a", "Ice bee"), P("b", "Ice oak"), P("c", "Ice bee oak"), P("d", "Sea")])
    found = measure_novelty(atlas, read_query(atlas, ["a"]))
    # To b 1/2, to c 2/sqrt(6), to d 0.
    assert found.nearest == 3
    assert found.closeness == round((0.5 + 2 / math.sqrt(6)) / 3, 6)
    # c is closer to the others, b exactly as close, d farther: one of four.
    assert (found.percentile, found.low, found.high) == (25.0, 25.0, 25.0)
    far = measure_novelty(atlas, read_query(atlas, [], texts=["jam jam"]))
    assert (far.nearest, far.closeness, far.percentile) == (3, 0.0, 75.0)
    limited = small_atlas([P("a", "Ice bee"), P("b", "Ice oak"), P("c", "Ice bee oak"), P("d", "Sea")], k=2)
    assert measure_novelty(limited, read_query(limited, ["a"])).nearest == 2
    pair = small_atlas([P("a", "Ice bee"), P("b", "Ice oak")])
    assert measure_novelty(pair, read_query(pair, ["a"])).closeness == 0.5
    alone = small_atlas([P("a", "Ice bee")])
    assert measure_novelty(alone, read_query(alone, [], texts=["ice ice"])) is None
    assert measure_novelty(alone, read_query(alone, ["a"])) is None


def test_what_a_draft_misses_is_near_and_not_cited(mixed):
    draft = read_query(mixed, ["p3"])
    everything = similar(mixed, draft, k=8)
    unchecked = check_draft(mixed, draft, None, k=8)
    assert list(unchecked.missing) == everything
    assert (unchecked.cited, unchecked.novelty) == (None, measure_novelty(mixed, draft))
    rows = np.array(sorted(mixed.ids.row(one.id) for one in everything[:3]))
    cited = Cited(rows, (Match("x", everything[0].id, "DOI"),), ("lost",))
    checked = check_draft(mixed, draft, cited, k=5)
    assert [one.id for one in checked.missing] == [one.id for one in everything[3:8]]
    shown = checked.to_json()
    assert [one["id"] for one in shown["missing"]] == [one.id for one in everything[3:8]]
    assert shown["novelty"]["nearest"] == 10
    assert shown["cited"] == {
        "matches": [{"reference": "x", "id": everything[0].id, "by": "DOI"}],
        "unmatched": ["lost"],
    }
    alone = small_atlas([P("a", "Ice bee")])
    assert check_draft(alone, read_query(alone, ["a"]), None, k=1).to_json() == {
        "missing": [],
        "novelty": None,
        "cited": None,
    }


# --- references


def reference(name, text=None, **fields) -> Reference:
    return Reference(name, identify(fields), None if text is None else sha(text))


@pytest.fixture(scope="module")
def library():
    long = "A sufficiently long title of a paper"
    return small_atlas(
        [
            P("10.1000/own", "Ice", more={"doi": "10.1000/AB", "note": ""}),
            P("b", "Bee", "Bees.", more={"doi": "10.1000/ab", "ArXiv_ID": "2101.00001v2"}),
            P("c", long, more={"remark": "10.1000/remark", "url": "https://doi.org/10.1000/link"}),
            P("d", f"{long}!", "Sea.", more={"note": "arXiv:2202.00002"}),
        ],
        duplicates=[("10.1000/copy", "c"), ("2303.00003", "d"), ("plain", "b")],
    )


def test_references_are_found_by_doi_then_arxiv_then_title_then_text(library):
    long = "A Sufficiently Long Title of a Paper"
    rows = {name: library.ids.row(name) for name in ("10.1000/own", "b", "c", "d")}
    cases = [
        (reference("two", doi="10.1000/ab", title=long), "DOI", ["10.1000/own", "b"]),
        (reference("own", doi="10.1000/own"), "DOI", ["10.1000/own"]),
        (reference("link", doi="10.1000/LINK"), "DOI", ["c"]),
        (reference("copy", doi="10.1000/copy"), "DOI", ["c"]),
        (reference("arxiv", doi="10.9999/none", eprint="2101.00001", title=long), "arXiv id", ["b"]),
        (reference("noted", eprint="2202.00002"), "arXiv id", ["d"]),
        (reference("again", eprint="2303.00003v4"), "arXiv id", ["d"]),
        (reference("title", doi="10.9999/none", title=long), "title", ["c", "d"]),
        (reference("text", "Bee. Bees.", title="Bee"), "text", ["b"]),
    ]
    for one, by, expected in cases:
        found = find_cited(library, [one])
        ordered = sorted(expected, key=rows.__getitem__)
        assert [(match.reference, match.id, match.by) for match in found.matches] == [
            (one.name, i, by) for i in ordered
        ]
        assert found.rows.tolist() == [rows[name] for name in ordered]
        assert found.unmatched == ()


def test_references_that_are_no_paper_here_are_named(library):
    lost = [
        reference("remark", doi="10.1000/remark"),
        reference("short", title="Ice"),
        reference("nothing", "unheard"),
        reference("nothing at all"),
    ]
    found = find_cited(library, [lost[0], reference("b", eprint="2101.00001"), *lost[1:]])
    assert found.unmatched == ("remark", "short", "nothing", "nothing at all")
    assert [match.id for match in found.matches] == ["b"]
    assert found.rows.dtype == np.int64
    nothing = find_cited(library, [])
    assert (nothing.rows.tolist(), nothing.rows.dtype) == ([], np.int64)
    assert len(check_draft(library, read_query(library, ["b"]), nothing, k=3).missing) == 3


def test_a_text_is_compared_only_where_nothing_surer_fits(library):
    found = find_cited(library, [reference("both", "Bee. Bees.", doi="10.1000/link")])
    assert [(match.id, match.by) for match in found.matches] == [("c", "DOI")]


def test_every_paper_is_counted_once_by_the_surest_way(library):
    matches = [("1", "c", "title"), ("2", "b", "text"), ("3", "c", "DOI"), ("4", "d", "title"), ("5", "c", "arXiv id")]
    cited = Cited(np.arange(3), tuple(Match(*match) for match in matches), ("lost",))
    assert cited.ways == {"DOI": 1, "title": 1, "text": 1}
    assert list(cited.ways) == ["DOI", "title", "text"]
    assert cited.to_json()["matches"][1] == {"reference": "2", "id": "b", "by": "text"}
    assert cited.to_json()["unmatched"] == ["lost"]
    several = find_cited(
        library,
        [
            reference("x", eprint="2202.00002"),
            reference("y", doi="10.1000/ab"),
            reference("z", title="A sufficiently long title of a paper"),
        ],
    )
    assert several.rows.tolist() == [0, 1, 2, 3]
    assert several.ways == {"DOI": 2, "arXiv id": 1, "title": 1}


def test_papers_that_a_filter_keeps_are_ranked_as_without_it(mixed):
    query = read_query(mixed, ["p9"])
    keep = filter_papers(mixed, condition="year >= 2003")
    everything = [one.id for one in similar(mixed, query, k=30)]
    passing = {mixed.ids.ids[row] for row in np.flatnonzero(keep)}
    assert [one.id for one in similar(mixed, query, k=3, filters=Filters(keep=keep))] == [
        paper for paper in everything if paper in passing
    ][:3]
