"""Files with parts in another encoding than the rest: every part is read in its own, and counted."""

import json

import pytest

from pipeline.config import CorpusConfig
from pipeline.corpus import Paper, Rejected, find_sources, read_corpus, read_papers

GB, UTF8, WINDOWS = "words read as GB18030", "words read as UTF-8", "bytes read as Windows-1252"


def read(folder, name: str, content: bytes, *, encoding: str = "utf-8") -> list[Paper | Rejected]:
    (folder / name).write_bytes(content)
    return list(read_papers(find_sources((name,), folder), CorpusConfig(files=(name,), encoding=encoding)))


def shown(rows: list[Paper | Rejected]) -> list[tuple]:
    return [row.reason if isinstance(row, Rejected) else (row.title, row.authors, row.repaired) for row in rows]


def ris(title: str, *authors: str) -> str:
    names = "".join(f"AU  - {name}\n" for name in authors)
    return f"TY  - JOUR\n{names}TI  - {title}\nAB  - {title}.\nER  - \n\n"


def test_a_ris_file_with_a_part_from_each_of_three_programs(tmp_path):
    parts = [
        ris("Größe der Dünen", "Núñez, José").encode(),
        ris("冰川的融化与海洋环流的变化", "李亮", "毛周").encode("gbk"),
        ris("“Café” in Montréal", "Müller, Jörg").encode("cp1252"),
        ris("镕化的冰", "周毛").encode("gb18030"),
        ris("冰川研究", "王芳").encode(),
    ]
    rows = read(tmp_path, "pasted.ris", b"".join(parts))
    assert shown(rows) == [
        ("Größe der Dünen", ("José Núñez",), ()),
        ("冰川的融化与海洋环流的变化", ("李亮", "毛周"), (GB,)),
        ("“Café” in Montréal", ("Jörg Müller",), (WINDOWS,)),
        ("镕化的冰", ("周毛",), (GB,)),
        ("冰川研究", ("王芳",), ()),
    ]
    assert read_corpus(CorpusConfig(files=("pasted.ris",)), tmp_path).repaired == {GB: 2, WINDOWS: 1}


def test_cells_of_one_row_are_read_each_in_its_encoding(tmp_path):
    head = "标题,作者,摘要,note\n".encode("gbk")
    row = b",".join(["冰川的融化".encode("gbk"), "Größe José".encode(), "我们研究冰川".encode("gbk"), "摘要".encode()])
    (paper, other) = read(tmp_path, "p.csv", head + row + b"\nOn ice,Ida Moe,It melts.,x\n")
    assert (paper.title, paper.abstract, paper.authors) == ("冰川的融化", "我们研究冰川", ("Größe José",))
    assert (paper.extra, paper.repaired) == ({"note": "摘要"}, (GB,))
    assert (other.title, other.repaired) == ("On ice", ())


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a.bib", "@article{冰, title={冰川的融化与海洋}, author={李, 亮 and 王芳}}\n"),
        ("a.jsonl", '{"title": "冰川的融化与海洋", "authors": ["李 亮", "王芳"]}\n'),
        ("a.json", '[{"title": "冰川的融化与海洋",\n "authors": ["李 亮", "王芳"]}]\n'),
        ("a.md", "---\ntitle: 冰川的融化与海洋\nauthors: [李 亮, 王芳]\n---\n我们研究冰川。\n"),
        ("a.txt", "冰川的融化与海洋\n李, null, 王芳, null\n我们研究冰川。\n" * 2),
        ("a.enw", "%0 Journal Article\n%T 冰川的融化与海洋\n%A 李, 亮\n%A 王芳\n\n"),
    ],
)
def test_a_chinese_file_needs_no_setting(tmp_path, name, written):
    paper = read(tmp_path, name, written.encode("gbk"))[0]
    assert (paper.title, paper.repaired) == ("冰川的融化与海洋", (GB,))
    assert paper.authors[-1] == "王芳"


@pytest.mark.parametrize(
    ("written", "encoding"),
    [
        ("빙하의 융해와 해양 순환의 변화에 관한 연구", "euc_kr"),
        ("氷河の融解と海洋循環の変化について", "euc_jp"),
        ("氷河の融解と海洋循環の変化について", "shift_jis"),
        ("冰川的融化與海洋環流的變化之研究", "big5"),
        ("Таяние ледников и изменение циркуляции океана", "cp1251"),
        ("ТАЯНИЕ ЛЕДНИКОВ И ИЗМЕНЕНИЕ ЦИРКУЛЯЦИИ", "cp1251"),
        ("Таяние ледников и изменение циркуляции океана", "koi8_r"),
        ("Η τήξη των παγετώνων και η κυκλοφορία", "cp1253"),
        ("ذوبان الأنهار الجليدية", "cp1256"),
    ],
)
def test_other_scripts_are_never_taken_for_chinese(tmp_path, written, encoding):
    content = json.dumps({"title": written, "abstract": written}, ensure_ascii=False)
    rows = read(tmp_path, "p.jsonl", content.encode(encoding))
    assert shown(rows) == ["not utf-8 text"]
    assert read(tmp_path, "p.jsonl", content.encode(encoding), encoding=encoding)[0].title == written


@pytest.mark.parametrize(
    ("encoding", "title", "pasted"),
    [
        ("gbk", "冰川的融化", "海洋环流的变化"),
        ("gb18030", "冰川的融化", "Größe der Dünen"),
        ("latin-1", "Größe", "Dünen in Málaga"),
        ("cp1251", "Таяние льда", "Обзор литературы"),
        ("shift_jis", "氷河の融解", "海洋の循環"),
    ],
)
def test_utf8_in_a_file_of_another_encoding_is_read_as_that(tmp_path, encoding, title, pasted):
    rows = read(tmp_path, "p.ris", ris(title).encode(encoding) + ris(pasted).encode(), encoding=encoding)
    assert shown(rows) == [(title, (), ()), (pasted, (), (UTF8,))]


def test_encodings_that_shift_between_scripts_are_read_whole(tmp_path):
    (paper,) = read(tmp_path, "p.ris", ris("氷河の融解").encode("iso2022_jp"), encoding="iso2022_jp")
    assert (paper.title, paper.repaired) == ("氷河の融解", ())


def test_a_part_at_the_end_of_many_letters_of_windows_is_found(tmp_path):
    lines = [json.dumps({"title": f"Café {number}"}, ensure_ascii=False).encode("cp1252") for number in range(2100)]
    rows = read(tmp_path, "p.jsonl", b"\n".join([*lines, '{"title": "冰川的融化与海洋"}'.encode("gbk")]))
    assert shown(rows[-2:]) == [("Café 2099", (), (WINDOWS,)), ("冰川的融化与海洋", (), (GB,))]


def test_a_letter_cut_in_two_spoils_no_other(tmp_path):
    cut = "冰川的融化与海洋环流的变化".encode("gbk")[:-1]
    (paper,) = read(tmp_path, "p.ris", b"TY  - JOUR\nTI  - On ice\nAB  - " + cut + b"\nER  - \n")
    assert paper.abstract.startswith("冰川的融化与海洋环流的变")
    assert paper.repaired == (GB, WINDOWS)


def test_a_setting_that_names_no_encoding_is_refused_for_notes_too(tmp_path):
    (row,) = read(tmp_path, "note.md", b"# On ice\n\nIt melts.\n", encoding="utf-88")
    assert isinstance(row, Rejected)
