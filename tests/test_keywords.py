"""Phrases, keywords and labels: weights by hand and against slow loops, every rule of naming by a case of its own."""

import math

import numpy as np
import pytest

from pipeline.topics import phrases as phrase_module
from pipeline.topics.holders import Holders, npmi_of_pairs
from pipeline.topics.keywords import Keyword, _stand_in, _without_nested, find_keywords, stands_before, word_parts
from pipeline.topics.labels import akin, label_topics, share_one
from pipeline.topics.phrases import Phrases, find_phrases


def held_by(*papers: str) -> Phrases:
    """The phrases of each paper, between commas; "!" after one that stands in the title."""
    held = [[part.strip() for part in paper.split(",") if part.strip()] for paper in papers]
    names = list(dict.fromkeys(phrase.rstrip("!") for paper in held for phrase in paper))
    pairs = [
        (row, names.index(phrase.rstrip("!")), "!" in phrase) for row, paper in enumerate(held) for phrase in paper
    ]
    rows, numbers, titled = (np.array(column) for column in zip(*pairs, strict=True))
    return Phrases(
        names=tuple(names),
        words=tuple(tuple(name.split()) for name in names),
        papers=rows.astype(np.int32),
        phrase=numbers.astype(np.int32),
        in_title=titled.astype(bool),
        document_frequency=np.bincount(numbers),
    )


def weights(phrases: Phrases, topics, **options) -> list[dict[str, float]]:
    ranked = find_keywords(phrases, np.array(topics, np.int32), count=99, **options)
    return [{keyword.term: keyword.weight for keyword in keywords} for keywords in ranked]


def order(phrases: Phrases, topics, **options) -> list[list[str]]:
    return [list(of_topic) for of_topic in weights(phrases, topics, **options)]


# --- weights


SIX = ("bee, hive, wax", "bee, hive!", "bee, nectar", "ice, wax", "ice!, bee", "snow, bee")


def test_weights_of_six_papers_by_hand():
    found = weights(held_by(*SIX), [0, 0, 0, 1, 1, -1])
    # document frequencies: bee 5, hive 2, wax 2, nectar 1, ice 2; one paper's wax, nectar and bee say nothing
    assert found == [
        {"hive": round((2 + 1) / 3 * math.log(1 + 6 / 2), 6), "bee": round(3 / 3 * math.log(1 + 6 / 5), 6)},
        {"ice": round((2 + 1) / 2 * math.log(1 + 6 / 2), 6)},
    ]
    assert order(held_by(*SIX), [0, 0, 0, 1, 1, -1])[0] == ["hive", "bee"], "heaviest first"


def test_a_title_weighs_as_one_paper_more():
    plain, titled = held_by("bee, wax", "bee, wax", "ice"), held_by("bee, wax!", "bee, wax", "ice")
    assert weights(plain, [0, 0, -1])[0]["wax"] == pytest.approx(math.log(1 + 3 / 2), abs=1e-6)
    assert weights(titled, [0, 0, -1])[0]["wax"] == pytest.approx(1.5 * math.log(1 + 3 / 2), abs=1e-6)
    assert order(titled, [0, 0, -1]) == [["wax", "bee"]]
    assert order(plain, [0, 0, -1]) == [["bee", "wax"]], "equally heavy: in the order of the phrases"


def test_a_single_paper_is_described_by_its_own_phrases():
    assert weights(held_by("bee, wax!", "ice"), [0, -1]) == [
        {"wax": round(2 * math.log(3), 6), "bee": round(math.log(3), 6)}
    ]


def test_a_word_too_vague_alone_weighs_half_and_in_a_phrase_as_much():
    found = weights(held_by("model, bee, deep hive", "model, bee, deep hive", "ice"), [0, 0, -1])[0]
    full = round(math.log(1 + 3 / 2), 6)
    assert found == {"bee": full, "deep hive": full, "model": round(math.log(1 + 3 / 2) / 2, 6)}


def test_in_a_name_phrases_weigh_more():
    phrases = held_by(*["bee, model, aa bb, cc dd ee, ff gg hh ii"] * 2, "ice")
    assert set(weights(phrases, [0, 0, -1])[0].values()) == {round(math.log(2.5), 6), round(math.log(2.5) / 2, 6)}
    found = weights(phrases, [0, 0, -1], for_names=True)[0]
    assert found == {
        "aa bb": round(1.2 * math.log(2.5), 6), "cc dd ee": round(1.2 * math.log(2.5), 6),
        "ff gg hh ii": round(1.2 * math.log(2.5), 6), "bee": round(math.log(2.5), 6),
        "model": round(math.log(2.5) / 2, 6),
    }  # fmt: skip


def test_what_all_of_an_area_says_does_not_tell_its_topics_apart():
    # topics 0 and 1 lie in area 0, topic 2 in area 1; all eight papers of area 0 and one of area 1 say "insect"
    papers = ["insect, bee"] * 4 + ["insect, ant"] * 4 + ["ice, insect"] + ["ice"] * 3
    topics, within = [0] * 4 + [1] * 4 + [2] * 4, np.array([0] * 8 + [1] * 4, np.int32)
    assert weights(held_by(*papers), topics)[0]["insect"] == pytest.approx(math.log(1 + 12 / 9), abs=1e-6)
    found = weights(held_by(*papers), topics, within=within)
    insect, bee = math.log(1 + 12 / 9), math.log(1 + 12 / 4)
    assert found[0]["insect"] == pytest.approx(insect * math.sqrt(math.log(1 + 8 / 8) / insect), abs=1e-6)
    assert found[0]["bee"] == pytest.approx(bee * math.sqrt(math.log(1 + 8 / 4) / bee), abs=1e-6)
    assert found[2] == {"ice": pytest.approx(math.sqrt(math.log(4) * math.log(2)), abs=1e-6)}


def test_what_is_rare_around_a_topic_but_common_in_the_corpus_is_no_better_a_name():
    papers = ["wax"] * 2 + ["bee"] * 6 + ["wax, ice"] * 4
    topics, within = [0] * 2 + [1] * 6 + [2] * 4, np.array([0] * 8 + [1] * 4, np.int32)
    # around topic 0 two of eight papers say wax, of the corpus six of twelve: log 5 / log 3 is above 1
    assert weights(held_by(*papers), topics, within=within)[0] == {"wax": round(math.log(3), 6)}


def test_a_phrase_of_one_part_weighs_less_than_one_spread_over_all():
    papers = ["wax, bee", "wax, bee", "hive, bee", "hive, wax", "ice"]
    topics, parts = [0, 0, 0, 0, -1], np.array([0, 0, 1, 1, -1], np.int32)
    found = weights(held_by(*papers), topics, parts=parts)[0]
    three, two = 3 / 4 * math.log(1 + 5 / 3), 2 / 4 * math.log(1 + 5 / 2)
    spread = (1 + 0.5) ** 2 / (1 + 0.25) / 2
    assert found["bee"] == found["wax"] == pytest.approx(three * math.sqrt(spread), abs=1e-6)
    assert found["hive"] == pytest.approx(two * math.sqrt(0.5), abs=1e-6)


def test_papers_of_no_part_or_no_topic_do_not_count_in_the_parts():
    papers = ["bee", "bee, wax", "wax", "bee, hive", "hive", "bee, wax"]
    found = weights(held_by(*papers), [-1, 0, 0, 0, 0, 0], parts=np.array([0, 0, 0, 1, 1, -1], np.int32))[0]
    three = 3 / 5 * math.log(1 + 6 / 4)
    assert found["bee"] == pytest.approx(three, abs=1e-6), "half of either part"
    assert found["wax"] == pytest.approx(3 / 5 * math.log(1 + 6 / 3) * math.sqrt(1 / 2), abs=1e-6)
    assert found["hive"] == pytest.approx(2 / 5 * math.log(1 + 6 / 2) * math.sqrt(1 / 2), abs=1e-6)


def slow_weights(papers, topics, *, within=None, parts=None, for_names=False):
    """The docstring of the module, paper by paper. papers: dicts of phrase -> whether the title holds it."""
    n = len(papers)
    frequency = {phrase: sum(phrase in paper for paper in papers) for paper in papers for phrase in paper}
    found = []
    for topic in range(max(topics) + 1):
        members = [row for row in range(n) if topics[row] == topic]
        weight = {}
        for phrase in {phrase for row in members for phrase in papers[row]}:
            holding = [row for row in members if phrase in papers[row]]
            if len(holding) < 2 and len(members) > 1:
                continue
            rarity = math.log(1 + n / frequency[phrase])
            value = (len(holding) + sum(papers[row][phrase] for row in holding)) / len(members) * rarity
            if for_names:
                value *= 1.2 if len(phrase.split()) > 1 else 1.0
            if within is not None:
                around = [row for row in range(n) if within[row] == within[members[0]]]
                inside = math.log(1 + len(around) / sum(phrase in papers[row] for row in around))
                value *= math.sqrt(min(1.0, inside / rarity))
            if parts is not None:
                sizes = {part: sum(parts[row] == part for row in members) for part in {parts[row] for row in members}}
                shares = [sum(parts[row] == part for row in holding) / size for part, size in sizes.items()]
                value *= math.sqrt(sum(shares) ** 2 / sum(share**2 for share in shares) / len(sizes))
            weight[phrase] = round(value, 6)
        found.append(weight)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_weights_equal_the_slow_ones(seed):
    rng = np.random.default_rng(seed)
    names = ["ant", "bee", "cat", "dog", "elk fox", "gnu hen", "ibis jay koi", "lark", "mole newt owl pig"]
    parts = rng.integers(-1, 6, 50).astype(np.int32)
    topics = np.where(parts == -1, -1, parts // 2).astype(np.int32)
    within = np.where(parts == -1, rng.integers(0, 2, 50), np.array([0, 1, 0])[topics]).astype(np.int32)
    papers = [{name: bool(rng.uniform() < 0.3) for name in names if rng.uniform() < 0.1 + 0.4 * ((row + len(name)) % 3)}
              for row in range(50)]  # fmt: skip
    text = [", ".join(name + "!" * titled for name, titled in paper.items()) for paper in papers]
    for options in ({}, {"for_names": True}, {"within": within}, {"parts": parts}, {"within": within, "parts": parts}):
        found = weights(held_by(*text), topics, **options)
        slow = slow_weights(papers, topics.tolist(), **options)
        assert [set(of_topic) for of_topic in found] == [set(of_topic) for of_topic in slow]
        for of_topic, expected in zip(found, slow, strict=True):
            assert list(of_topic.values()) == sorted(of_topic.values(), reverse=True)
            for phrase, weight in of_topic.items():
                assert weight == pytest.approx(expected[phrase], abs=2e-6)


def test_papers_outside_the_area_do_not_count_around_it():
    papers = ["bee, wax"] * 3 + ["ant, wax"] * 3 + ["wax"] * 4
    topics, within = [0] * 3 + [1] * 3 + [-1] * 4, np.array([0] * 6 + [-1] * 4, np.int32)
    found = weights(held_by(*papers), topics, within=within)
    wax, inside = math.log(1 + 10 / 10), math.log(1 + 6 / 6)
    assert found[0]["wax"] == pytest.approx(wax * math.sqrt(min(1, inside / wax)), abs=1e-6)
    bee = math.log(1 + 10 / 3)
    assert found[0]["bee"] == pytest.approx(bee * math.sqrt(math.log(1 + 6 / 3) / bee), abs=1e-6)


def test_only_the_sixty_heaviest_are_ranked_and_as_many_given_as_asked_for():
    names = [f"w{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(70)]
    papers = [", ".join(names)] * 2 + [", ".join(names[30:])] + ["ice"]
    topics = np.array([0, 0, -1, -1], np.int32)
    assert [keyword.term for keyword in find_keywords(held_by(*papers), topics, count=99)[0]] == names[:60]
    assert [keyword.term for keyword in find_keywords(held_by(*papers), topics, count=7)[0]] == names[:7]


def test_a_topic_without_phrases_has_no_keywords_and_takes_none_of_the_next():
    phrases = held_by("bee", "bee", "", "ice", "ice", "")
    assert order(phrases, [0, 0, 1, 2, 2, -1]) == [["bee"], [], ["ice"]]
    assert order(phrases, [-1] * 6) == []
    assert order(held_by("bee, wax", "ice, bee"), [0, 0]) == [["bee"]], "what says nothing is no keyword"


def test_weights_equal_to_nine_decimals_stay_in_the_order_of_the_phrases(monkeypatch):
    for step, expected in ((2e-10, ["bee", "wax"]), (2e-9, ["wax", "bee"])):
        monkeypatch.setattr(
            "pipeline.topics.keywords._boost", lambda phrases, longer, step=step: 1 + step * np.arange(2)
        )
        assert order(held_by("bee, wax", "bee, wax"), [0, 0]) == [expected]


# --- nested keywords


def word(term: str, weight: float) -> Keyword:
    return Keyword(term, tuple(term.lower().split()), weight)


def nested(*pairs, count=9) -> list[tuple[str, float]]:
    kept = _without_nested([word(term, weight) for term, weight in pairs], count)
    return [(keyword.term, keyword.weight) for keyword in kept]


def test_the_longer_of_two_stands_for_both_unless_much_lighter():
    assert nested(("sheet", 1.0), ("melt", 0.9), ("ice sheet", 0.55)) == [("melt", 0.9), ("ice sheet", 0.55)]
    assert nested(("sheet", 1.0), ("melt", 0.9), ("ice sheet", 0.54)) == [("sheet", 1.0), ("melt", 0.9)]
    assert nested(("ice sheet", 1.0), ("sheet", 0.5), ("ice", 0.4), ("icy", 0.3)) == [("ice sheet", 1.0), ("icy", 0.3)]
    assert nested(("ice sheet", 1.0), ("sheet", 0.5), ("icy", 0.3), count=1) == [("ice sheet", 1.0)]


def test_what_longer_phrases_count_more_does_not_help_them_against_the_shorter():
    pair = [word("sheet", 1.0), word("ice sheet", 1.0)]
    assert [one.term for one in _without_nested(pair, 9, longer=(1.0, 1.9))] == ["sheet"], "1 / 1.9 is 0.53"
    assert [one.term for one in _without_nested(pair, 9, longer=(1.0, 1.8))] == ["ice sheet"], "0.56"


@pytest.mark.parametrize(("held", "name"), [(2, "sheet"), (3, "ice sheet")])
def test_in_a_name_a_phrase_stands_for_its_word_by_what_both_weigh_in_a_list(held, name):
    # of what sheet weighs, in nine of twelve papers, ice sheet weighs in a list 0.51 in two of them, 0.63 in three;
    # times 1.2, as phrases count in a name, both would be enough
    papers = ["sheet, ice sheet"] * held + ["sheet"] * (9 - held) + ["bee"] * 3
    in_a_list = held / 9 * math.log(1 + 12 / held) / math.log(1 + 12 / 9)
    assert (in_a_list >= 0.55) == (name == "ice sheet")
    assert 1.2 * in_a_list >= 0.55
    assert list(weights(held_by(*papers), [0] * 9 + [-1] * 3, for_names=True)[0]) == [name]


def stand_in(one: Keyword, *others: Keyword) -> str:
    return _stand_in(one, {keyword: keyword.weight for keyword in (one, *others)}).term


def test_the_longest_heavy_enough_stands_for_the_shorter():
    model, language, large = word("model", 1.0), word("language model", 0.6), word("large language model", 0.56)
    assert stand_in(model, language, large) == "large language model"
    assert stand_in(model, language, word("large language model", 0.54)) == "language model", "0.54 of the first"
    assert stand_in(model, language, word("world model", 0.7)) == "world model", "of two as long the heavier"
    assert stand_in(large, model, language) == "large language model"


def test_a_word_with_a_hyphen_stands_for_one_that_it_ends_with():
    assert stand_in(word("wave", 1.0), word("gravitational-wave", 0.9)) == "gravitational-wave"
    assert stand_in(word("privacy", 1.0), word("privacy-preserving", 0.9)) == "privacy"
    assert stand_in(word("privacy", 1.0), word("privacy policy", 0.9)) == "privacy policy"
    assert nested(("privacy", 1.0), ("privacy-preserving", 0.9)) == [("privacy", 1.0)]


def test_words_that_do_not_stand_together_are_not_nested():
    assert nested(("ice melt", 1.0), ("ice sheet melt", 0.9)) == [("ice melt", 1.0), ("ice sheet melt", 0.9)]
    assert nested(("sheet ice", 1.0), ("ice sheet melt", 0.9)) == [("sheet ice", 1.0), ("ice sheet melt", 0.9)]
    assert nested(("sheet melt", 1.0), ("ice sheet melt", 0.9)) == [("ice sheet melt", 0.9)]
    assert nested(("ice sheet", 1.0), ("ice sheet melt", 0.9)) == [("ice sheet melt", 0.9)]


def test_words_joined_by_a_hyphen_are_the_same_words():
    assert word_parts(word("gravitational-wave detector", 1)) == ("gravitational", "wave", "detector")
    assert word_parts(word("state-", 1)) == ("state",)
    assert nested(("gravitational-wave", 1.0), ("gravitational wave", 0.9)) == [("gravitational-wave", 1.0)]
    assert nested(("wave", 1.0), ("gravitational-wave", 0.9)) == [("gravitational-wave", 0.9)]
    assert nested(("ice sheet", 1.0), ("sheet ice", 0.9)) == [("ice sheet", 1.0), ("sheet ice", 0.9)]


# --- phrases


def found_in(title: str, abstract: str = "", **options) -> set[str]:
    return {" ".join(words) for words in find_phrases([title], [abstract], **options).words}


def test_phrases_of_two_papers_by_hand():
    phrases = find_phrases(["Federated GANs", "A GAN"], ["Glacier melt of the north; glaciers melt.", "State of art"])
    names = ["federated", "GAN", "glacier", "melt", "north", "state", "art", "federated GANs", "glacier melt",
             "state of art"]  # fmt: skip
    assert list(phrases.names) == names, "of equally frequent ways to write one the first in the alphabet"
    assert [" ".join(words) for words in phrases.words[7:]] == ["federated gan", "glacier melt", "state of art"]
    held = [(row, phrases.names[number], titled) for row, number, titled in
            zip(phrases.papers.tolist(), phrases.phrase.tolist(), phrases.in_title.tolist(), strict=True)]  # fmt: skip
    assert sorted(held) == sorted(
        [(0, name, name in ("federated", "GAN", "federated GANs")) for name in (*names[:5], *names[7:9])]
        + [(1, name, name == "GAN") for name in ("GAN", "state", "art", "state of art")]
    )
    assert phrases.document_frequency.tolist() == [1, 2, 1, 1, 1, 1, 1, 1, 1, 1]
    assert phrases.papers.dtype == phrases.phrase.dtype == np.int32


def test_a_phrase_has_one_to_four_words():
    assert found_in("aa bb cc dd ee") == {
        "aa", "bb", "cc", "dd", "ee", "aa bb", "bb cc", "cc dd", "dd ee", "aa bb cc", "bb cc dd", "cc dd ee",
        "aa bb cc dd", "bb cc dd ee",
    }  # fmt: skip


def test_of_joins_words_but_neither_begins_nor_ends_a_phrase():
    assert found_in("law of ice") == {"law", "ice", "law of ice"}
    assert found_in("law of the ice") == {"law", "ice"}
    assert found_in("aa of of bb") == {"aa", "bb", "aa of of bb"}


def test_no_phrase_goes_over_the_end_of_a_title_or_a_paper():
    phrases = find_phrases(["aa", "cc"], ["bb", "dd"])
    assert {" ".join(words) for words in phrases.words} == {"aa", "bb", "cc", "dd"}
    assert found_in("aa, bb. cc (dd)") == {"aa", "bb", "cc", "dd"}


def test_what_is_no_word():
    assert found_in("aa x bb 42 cc 3d dd b2b") == {"aa", "bb", "cc", "dd", "b2b", "dd b2b"}
    assert found_in("y" * 40 + " aa") == {"y" * 40, "aa", "y" * 40 + " aa"}
    assert found_in("y" * 41 + " aa") == {"aa"}
    assert found_in("aa the bb paper cc") == {"aa", "bb", "cc"}
    assert found_in("aa Snow bb snows cc", stop_words=("SNOW",)) == {"aa", "bb", "cc"}, "plural and case alike"
    assert found_in("aa snows bb", stop_words=("snows",)) == {"aa", "bb"}
    assert found_in("ab aa") == {"ab", "aa", "ab aa"}, "two letters are a word"
    assert found_in("") == set()


@pytest.mark.parametrize(("papers", "fewest"), [(29, 1), (30, 2), (499, 2), (500, 3), (19_999, 3), (20_000, 4)])
def test_in_a_larger_corpus_a_phrase_must_be_in_more_papers(papers, fewest):
    titles = ["wax"] * fewest + ["hive"] * (fewest - 1) + [""] * (papers - 2 * fewest + 1)
    assert find_phrases(titles, [""] * papers).names == ("wax",)


def test_the_fewest_papers_of_a_phrase_may_be_said():
    assert find_phrases(["wax", "wax", "hive"], [""] * 3, rarest=2).names == ("wax",)
    assert find_phrases(["wax", "wax", "hive"], [""] * 3, rarest=1).names == ("wax", "hive")


def spelled(*texts: str) -> dict[str, str]:
    phrases = find_phrases([""] * len(texts), list(texts))
    return {" ".join(words): name for words, name in zip(phrases.words, phrases.names, strict=True)}


def test_a_word_seen_in_lower_case_once_in_five_times_is_no_name():
    assert spelled("Hive; Hive; Hive; Hive; hive")["hive"] == "hive"
    assert spelled("Hive; Hive; Hive; Hive; Hive; hive")["hive"] == "Hive"


def test_a_word_seen_only_with_a_capital_is_a_name_from_three_times_on():
    assert spelled("Hive; Hive")["hive"] == "hive"
    assert spelled("Hive; Hive; Hive")["hive"] == "Hive"
    assert spelled("GAN")["gan"] == "GAN"
    assert spelled("mRNA; MRNA")["mrna"] == "MRNA", "of equally frequent spellings the first in the alphabet"
    assert spelled("mRNA; mRNA; MRNA")["mrna"] == "mRNA"


def test_a_phrase_is_written_as_most_often():
    assert spelled("ice sheets; ice sheets; ice sheet")["ice sheet"] == "ice sheets"
    assert spelled("ice sheets; ice sheet")["ice sheet"] == "ice sheet"
    assert spelled("Hive wax; hive wax; hives wax", "hives wax; hives wax; Hive wax")["hive wax"] == "hive wax"


def test_a_word_is_counted_once_a_paper_and_in_the_title_if_there_at_all():
    phrases = find_phrases(["wax", "hive"], ["wax wax; wax", "wax"])
    place = [" ".join(words) for words in phrases.words].index("wax")
    assert phrases.document_frequency[place] == 2
    assert phrases.in_title[phrases.phrase == place].tolist() == [True, False]


def test_only_phrases_kept_are_numbered():
    phrases = find_phrases(["aa bb", "cc bb", "dd bb"], ["", "aa bb", "zz"], rarest=2)
    assert [" ".join(words) for words in phrases.words] == ["aa", "bb", "aa bb"]
    assert phrases.names == ("aa", "bb", "aa bb")
    held = sorted(zip(phrases.papers.tolist(), phrases.phrase.tolist(), phrases.in_title.tolist(), strict=True))
    assert held == [(0, 0, True), (0, 1, True), (0, 2, True), (1, 0, False), (1, 1, True), (1, 2, False), (2, 1, True)]


def test_distinct_rows_whatever_their_base():
    columns = np.array([[3, 1, 2], [0, 5, 5], [3, 1, 2], [3, 0, 8], [0, 5, 4]], np.int32)
    rows, place = phrase_module._unique_rows(columns, 9)
    np.testing.assert_array_equal(rows[place], columns)
    assert len(rows) == 4


# --- labels


def label(*pairs, **options) -> str:
    return label_topics([[word(term, weight) for term, weight in pairs]], **options)[0]


def test_a_label_has_three_words_or_four_where_they_fit():
    assert label(("aa bb", 5), ("cc", 4), ("dd", 3)) == "Aa bb, cc"
    assert label(("aa bb", 5), ("cc dd", 4), ("ee", 3)) == "Aa bb, cc dd"
    assert label(("aa bb", 5), ("cc dd ee", 4), ("ff", 3)) == "Aa bb, ff", "five words are too many"
    assert label(("aa", 5), ("bb", 4.5), ("cc", 4), ("dd", 3)) == "Aa, bb, cc"
    assert label(("aa bb cc dd", 5), ("ee", 4)) == "Aa bb cc dd"
    assert label(("aa bb cc dd ee", 9), ("ff gg hh", 4)) == "Ff gg hh"
    assert label(("aa", 5), ("bb", 4.5), ("cc dd", 3)) == "Aa, bb, cc dd"


def test_a_label_begins_with_the_heaviest():
    assert label(("glaciers", 1.0), ("ice sheet", 1.01)) == "Ice sheet, glaciers"
    assert label(("glaciers", 1.0), ("ice sheet", 0.99)) == "Glaciers, ice sheet"


def test_of_phrases_as_heavy_the_longest_goes_first():
    assert label(("ice", 1.0), ("ground water table", 1.0), ("data set", 1.0)) == "Ground water table"
    assert label(("ice", 1.0), ("water table", 1.0), ("data set", 0.9)) == "Water table, ice"
    assert label(("ice", 1.01), ("ground water table", 1.0)) == "Ice, ground water table"


def covering(*pairs) -> str:
    """The label of keywords (term, weight, papers that hold it: "1100" for the first two of four)."""
    keywords = [word(term, weight) for term, weight, _ in pairs]
    held = np.array([[digit == "1" for digit in papers] for *_, papers in pairs]).T
    return label_topics([keywords], held=[held])[0]


def test_the_next_phrase_says_what_the_papers_without_the_first_are_about():
    bees = ("bees", 1.0, "11110000")
    assert covering(bees, ("wax", 0.5, "11110000"), ("ice sheet", 0.4, "00001111")) == "Bees, ice sheet"
    # half of its papers are new: the square root of a half of its weight is left, 0.354 and 0.424
    half = "00110011"
    assert covering(bees, ("wax", 0.5, half), ("ice sheet", 0.36, "00001111")) == "Bees, ice sheet"
    assert covering(bees, ("wax", 0.6, half), ("ice sheet", 0.40, "00001111")) == "Bees, wax, ice sheet"


def test_a_long_phrase_is_a_label_of_its_own_where_half_of_the_papers_hold_it():
    rats, diet = "spontaneously hypertensive rats", ("diet", 0.5, "0001")
    assert covering((rats, 1.0, "1100"), diet) == "Spontaneously hypertensive rats"
    assert covering((rats, 1.0, "1000"), diet) == "Spontaneously hypertensive rats, diet"
    assert covering((rats, 1.0, "1000"), ("salt intake", 0.5, "0001")) == "Spontaneously hypertensive rats", (
        "five words are too many"
    )


def test_papers_are_told_to_the_keywords_they_hold_whatever_their_order():
    light_first = [("wax", 0.5, "11110000"), ("ice sheet", 0.4, "00001111"), ("bees", 1.0, "11110000")]
    assert covering(*light_first) == "Bees, ice sheet"


def test_words_that_stand_before_others_by_hand():
    phrases = held_by("causal, causal effect, effect", "causal, causal chain", "causal, effect", "causal chain, causal")
    before = dict(zip(phrases.names, stands_before(phrases).tolist(), strict=True))
    assert before == {"causal": 3 / 4, "causal effect": 0.0, "effect": 0.0, "causal chain": 0.0}
    twice = held_by("causal, causal effect, causal chain", "causal")
    assert stands_before(twice)[0] == 1 / 2, "a paper counts once"


def test_in_a_name_a_word_that_always_stands_before_others_weighs_half():
    papers = ["causal, causal effect, bee", "causal, causal effect, bee", "ice"]
    full = math.log(1 + 3 / 2)
    plain, named = (weights(held_by(*papers), [0, 0, -1], for_names=which)[0] for which in (False, True))
    assert plain == {"bee": round(full, 6), "causal effect": round(full, 6)}
    assert named == {"bee": round(full, 6), "causal effect": round(1.2 * full, 6)}
    mixed = ["causal, causal effect, bee", *["causal, bee"] * 3, "ice"]
    found = weights(held_by(*mixed), [0, 0, 0, 0, -1], for_names=True)[0]
    assert found["causal"] == pytest.approx((1 - 0.5 / 4) * math.log(1 + 5 / 4), abs=1e-6)
    assert found["bee"] == pytest.approx(math.log(1 + 5 / 4), abs=1e-6)


def test_labels_one_above_the_other_share_one_phrase():
    ranked = [word("fish", 5), word("salmon", 4), word("river", 3), word("Atlantic salmon", 2), word("fishes", 1)]
    assert [one.term for one in share_one(ranked, "Fish, Atlantic salmon")] == ["fish", "river"]
    assert share_one(ranked, "Bees, wax") == ranked


# --- papers that hold keywords


def test_papers_that_hold_keywords_by_hand():
    phrases = held_by("bee, wax", "wax", "ice, bee", "snow")
    holders = Holders(phrases, 5)
    assert holders.held([word("wax", 1), word("bee", 1), word("snow", 1)]).tolist() == [
        [True, True, False], [True, False, False], [False, True, False], [False, False, True], [False] * 3,
    ]  # fmt: skip
    assert holders.held([]).shape == (5, 0)


def test_npmi_of_pairs_equals_counting():
    held = np.random.default_rng(0).uniform(size=(40, 6)) < [0.1, 0.3, 0.5, 0.7, 0.9, 0.02]
    found = npmi_of_pairs(held)
    for one in range(6):
        for other in range(6):
            both = sum(row[one] and row[other] for row in held.tolist()) / 40
            alone = held[:, one].mean() * held[:, other].mean()
            expected = -1.0 if both == 0 else 1.0 if both == 1 else math.log(both / alone) / -math.log(both)
            assert found[one, other] == pytest.approx(expected, abs=1e-6)


def test_a_vague_word_is_no_part_of_a_label():
    assert label(("model", 5), ("bee hive", 1)) == "Bee hive"
    assert label(("model", 5), ("data", 1)) == "Unnamed topic 0"
    assert label(("deep model", 5)) == "Deep model"


def test_the_first_letter_is_a_capital_but_for_words_with_one_inside():
    assert label(("bee hive", 5)) == "Bee hive"
    assert label(("mRNA vaccine", 5)) == "mRNA vaccine"
    assert label(("bee DNA", 5)) == "Bee DNA"


def test_no_label_says_a_word_or_a_form_of_it_twice():
    assert label(("bee hive", 5), ("hive wax", 4), ("nectar", 3)) == "Bee hive, nectar"
    assert label(("fairness", 5), ("fair", 4), ("nectar", 3)) == "Fairness, nectar"
    assert label(("state of matter", 5), ("law", 4)) == "State of matter"
    assert label(("law of", 5), ("end of", 3)) == "Law of, end of", "'of' is no word that is said again"
    assert label(("gravitational-wave", 5), ("wave", 4), ("nectar", 3)) == "Gravitational-wave, nectar"


def test_an_acronym_and_what_it_stands_for_are_one():
    assert label(("language model", 5), ("LLM", 4), ("nectar", 3)) == "Language model, nectar"
    assert label(("LLM", 5), ("large language model", 2), ("nectar", 1)) == "LLM, nectar"
    assert label(("large language model", 5), ("LM", 4)) == "Large language model"
    assert label(("language model", 5), ("GAN", 4)) == "Language model, GAN"
    assert label(("bee", 5), ("b", 3)) == "Bee, b", "one word has no acronym"


def test_an_acronym_is_written_out_where_what_it_stands_for_is_said_enough():
    assert label(("LLM", 5), ("large language model", 2.75), ("nectar", 1)) == "Large language model"
    assert label(("LLM", 5), ("large language model", 2.74), ("nectar", 1)) == "LLM, nectar"
    assert label(("LLM", 5), ("language model", 4), ("nectar", 1)) == "LLM, nectar", "these are not its words"
    assert label(("bcd", 5), ("bee comb drone", 4), ("nectar", 1)) == "Bcd, nectar", "a word, no acronym"
    assert label(("BCI", 5), ("brain-computer interface", 4), ("nectar", 1)) == "Brain-computer interface, nectar"
    assert label(("bees", 5), ("BCI", 4), ("brain-computer interface", 3)) == "Bees, brain-computer interface"


@pytest.mark.parametrize(("one", "other", "alike"), [
    ("fair", "fairness", True), ("vertex", "vertice", True), ("star", "stellar", False),
    ("atmospheric", "atmosphere", True), ("beesx", "beesy", True),
    ("beexx", "beeyy", False), ("hivesab", "hivescd", True), ("hivesabc", "hivesdef", False),
    ("hives", "hivesabcde", True), ("hives", "hivesabcdef", False), ("hivesabc", "hives", True),
])  # fmt: skip
def test_forms_of_a_word_begin_alike_and_differ_in_their_end(one, other, alike):
    assert akin(one, other) == akin(other, one) == alike


def test_two_topics_never_share_a_label():
    ranked = [word("bee hive", 5), word("Bee nectar", 4), word("wax", 3)]
    assert label_topics([ranked, ranked, ranked, ranked]) == [
        "Bee hive, wax",
        "Bee nectar, wax",
        "Wax",
        "Bee hive, wax 3",
    ]
    assert label_topics([[], []]) == ["Unnamed topic 0", "Unnamed topic 1"]


def test_labels_given_are_kept_and_not_used_again():
    ranked = [word("bee hive", 5), word("wax", 3)]
    assert label_topics([ranked, ranked], {1: "BEE hive, wax"}) == ["Wax", "BEE hive, wax"]
    assert label_topics([ranked], others=["Bee Hive, WAX"]) == ["Wax"]
    assert label_topics([ranked, [word("ice", 5)]], {0: "Mine"}) == ["Mine", "Ice"]
    assert label_topics([ranked, ranked], {0: "Wax"}) == ["Wax", "Bee hive, wax"]
