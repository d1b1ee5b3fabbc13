"""Tables as programs write them: every row accounted for, every mended row counted, every name in its place."""

import datetime
import io
import zipfile

import openpyxl
import pytest

from pipeline.config import CorpusConfig
from pipeline.corpus import Rejected, read_papers
from pipeline.corpus.adapters.names import people
from pipeline.corpus.file_search import find_sources
from pipeline.errors import CorpusError


def read(folder, name, content, encoding="utf-8"):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return list(read_papers(find_sources((name,), folder), CorpusConfig(files=(name,))))


def titles(papers):
    return [paper.reason if isinstance(paper, Rejected) else paper.title for paper in papers]


def sheet(*pages):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(pages):
        page = book.create_sheet(f"page {number}")
        for row in rows:
            page.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


PREAMBLES = {
    "a line about the data": '"About the data: exported in May, by ""us"", for you",,\n',
    "several lines": "My review\nTitle,My review\n\nSearched on,2021-01-02\n",
    "an open quote": 'Search: "ice\n',
    "nothing": "",
    "a mark": "\ufeff",
}


@pytest.mark.parametrize("preamble", PREAMBLES.values(), ids=PREAMBLES)
def test_the_header_is_found_below_what_stands_above_it(tmp_path, preamble):
    papers = read(tmp_path, "p.csv", f"{preamble}Title,PubYear,Colour\nOn ice,2020,red\n")
    assert [(paper.title, paper.year, paper.extra) for paper in papers] == [("On ice", 2020, {"Colour": "red"})]
    assert papers[0].row == 1


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_delimiter_line_end_and_encoding(tmp_path, mark, ends, encoding):
    lines = [mark.join(("title", "abstract", "year")), mark.join(('"On ""ice"" of', 'all"', "2020")), ""]
    lines[1] = f'"On ""ice""{mark} or{ends}snow"{mark}Größe{mark}2020'
    [paper] = read(tmp_path, "p.csv", ends.join(lines), encoding)
    assert (paper.title, paper.abstract, paper.year) == (f'On "ice"{mark} or{ends}snow'.strip(), "Größe", 2020)
    assert paper.repaired == ()


def test_excel_can_be_told_the_delimiter(tmp_path):
    [paper] = read(tmp_path, "p.csv", "sep=;\ntitle;abstract\nOn ice, snow, rain;They, they say, melt\n")
    assert (paper.title, paper.abstract) == ("On ice, snow, rain", "They, they say, melt")


BEFORE, BEHIND = '"1","On moss","It grows.","2001"\n', '"3","On fog","It rises.","2003"\n"4","On dew",,"2004"\n'
STRAY = {
    '"2","On "ice" today","It melts.","2002"': ('On "ice" today', "It melts."),
    '"2","Ice as a "tool"","It melts.","2002"': ('Ice as a "tool"', "It melts."),
    '"2","On ice","It is "wet", "cold", and hard","2002"': ("On ice", 'It is "wet", "cold", and hard'),
    '"2","On ice","Two\nlines with "quotes" of\ntheir own","2002"': (
        "On ice",
        'Two\nlines with "quotes" of\ntheir own',
    ),
    '"2", "On ice, again", "It melts.", "2002"': ("On ice, again", "It melts."),
    '"2","The ""old"", "new" ice","It melts.","2002"': ('The "old", "new" ice', "It melts."),
}


@pytest.mark.parametrize("row", STRAY)
def test_a_row_with_broken_quotes_is_mended_from_its_own_lines(tmp_path, row):
    papers = read(tmp_path, "p.csv", f"id,title,abstract,year\n{BEFORE}{row}\n{BEHIND}")
    assert [paper.id for paper in papers] == ["1", "2", "3", "4"]
    assert (papers[1].title, papers[1].abstract) == STRAY[row]
    assert papers[1].repaired == ("a quote inside a quoted cell",)
    assert [paper.repaired for paper in papers if paper.id != "2"] == [()] * 3, "the neighbours were in order"


def test_a_quote_left_open_costs_one_row_and_not_its_neighbours(tmp_path):
    rows = "".join(f"{number},On moss {number},It grows.,2001\n" for number in range(10, 400))
    papers = read(tmp_path, "p.csv", f'id,title,abstract,year\n2,"On ice,It melts.,2002\n{rows}')
    assert len(papers) == 391
    assert papers[0].reason.endswith("is a quote left open?")
    assert [paper.id for paper in papers[1:]] == [str(number) for number in range(10, 400)]


def test_a_row_that_swallowed_others_gives_them_back(tmp_path):
    text = 'id,title,abstract,year\n2,On ice,"It melts,2002\n3,On fog,It rises.,2003\n4,On dew,It falls",2004\n'
    papers = read(tmp_path, "p.csv", text)
    assert [paper.row for paper in papers] == [1, 2, 3]
    assert "On fog" in titles(papers), "it fits by count alone: cells of three rows make one of four columns"


def test_the_last_line_of_a_quoted_cell_is_no_row_though_it_has_as_many_cells(tmp_path):
    text = 'id,title,abstract,year\n"2","On ice\nand snow, again","It melts.","2002"\n"3","On fog","","2003"\n'
    first, second = read(tmp_path, "p.csv", text)
    assert (first.title, first.abstract, first.year, first.repaired) == (
        "On ice\nand snow, again",
        "It melts.",
        2002,
        (),
    )
    assert second.title == "On fog"


def test_quotes_in_a_table_of_tabs_are_letters_unless_they_enclose_a_cell(tmp_path):
    text = 'title\tabstract\tyear\n"Deep" ice\tIt melts.\t2001\n"Open\tIt is "wet".\t2002\nOn dew"\tIt falls.\t2003\n'
    papers = read(tmp_path, "p.tsv", f'{text}"On\tfog"\t"Two\nlines"\t2004\n')
    assert titles(papers) == ['"Deep" ice', '"Open', 'On dew"', "On\tfog"]
    assert [paper.year for paper in papers] == [2001, 2002, 2003, 2004]
    assert papers[3].abstract == "Two\nlines"


def test_surplus_cells_are_dropped_where_empty_and_told_where_not(tmp_path):
    papers = read(tmp_path, "p.csv", "title,abstract\nOn ice,It melts.,\nOn fog,It rises, slowly\nOn dew\nOn rain,,,\n")
    assert titles(papers) == ["On ice", "3 fields for 2 columns", "On dew", "On rain"]
    assert [getattr(paper, "repaired", None) for paper in papers] == [
        ("an empty cell too many",),
        None,
        ("cells missing at the end",),
        ("an empty cell too many",),
    ]


def test_a_lone_carriage_return_stays_inside_its_cell(tmp_path):
    papers = read(tmp_path, "p.csv", 'title,abstract,year\nOn ice,It\rmelts.,2001\n"On\rfog",It rises.,2002\n')
    assert [(paper.title, paper.abstract, paper.year) for paper in papers] == [
        ("On ice", "It\rmelts.", 2001),
        ("On\rfog", "It rises.", 2002),
    ]


def test_columns_of_one_name_are_both_kept_and_columns_without_name_too(tmp_path):
    [paper] = read(tmp_path, "p.csv", ",title,Note,Note,\n0,On ice,first,second,last\n")
    assert paper.extra == {"column 1": "0", "Note": "first", "Note (2)": "second", "column 5": "last"}


def test_one_column_may_have_commas(tmp_path):
    assert titles(read(tmp_path, "p.csv", "title\nIce, snow and rain\n")) == ["Ice, snow and rain"]


def test_letters_of_windows_are_read_and_words_of_another_script_rejected(tmp_path):
    head, rows = b"id,title,abstract\n", "1,Größe,Café\n".encode("cp1252") + "2,Таяние льда,обзор\n".encode("cp1251")
    papers = read(tmp_path, "p.csv", head + rows)
    assert titles(papers) == ["Größe", "not utf-8 text"]


# Services, each with a header as it writes it and one row; what a user then sees.
SERVICES = {
    "Lens": (
        "Lens ID,Title,Publication Year,Source Title,Author/s,Abstract,Start Page,End Page,DOI,References\n"
        "000-1,On ice,2020,Ice Letters,Pia Aho; Per Moe,It melts.,3,9,10.1000/a,000-2; 000-3\n",
        {"id": "000-1", "pages": "3-9", "references": ["000-2", "000-3"]},
    ),
    "Dimensions": (
        "Publication ID,DOI,Title,Abstract,Source title/Anthology title,PubYear,Authors,"
        "Dimensions URL,Cited references\n"
        'pub.1,10.1000/a,On ice,It melts.,Ice Letters,2020,"Aho, Pia; Moe, Per",https://x.org/1,'
        '"[Li, A; Wu, B]|[]|Snow|2001;[Ek, C]|[]|Fog|2002"\n',
        {"id": "pub.1", "references": ["[Li, A; Wu, B]|[]|Snow|2001", "[Ek, C]|[]|Fog|2002"]},
    ),
    "Cochrane": (
        'CENTRAL ID,Author(s),Title,Source,Year,Abstract,DOI\nCN-1,"Aho, Pia; Moe, Per",On ice,Ice Letters,2020,'
        "It melts.,10.1000/a\n",
        {"id": "CN-1"},
    ),
    "Embase": (
        "Title,Author Names,Source title,Publication Year,Abstract,Embase Accession ID,Medline PMID,PUI,DOI\n"
        'On ice,"Aho Pia, Moe Per",Ice Letters,2020,It melts.,200,31000001,L200,10.1000/a\n',
        {"id": "L200", "pmid": "31000001", "authors": ("Aho Pia", "Moe Per")},
    ),
    "RefWorks": (
        'Reference Type,Reference Id,"Authors, Primary",Title Primary,Periodical Full,Pub Year,Abstract,DOI,\n'
        'Journal Article,"7,doc:1","Aho,Pia;Moe,Per",On ice,Ice Letters,2020,It melts.,10.1000/a, \n',
        {"id": "10.1000/a"},
    ),
    "Covidence": (
        "Title,Authors,Abstract,Published Year,Published Month,Journal,DOI,Covidence #\n"
        'On ice,"Aho, Pia; Moe, Per",It melts.,2020,5,Ice Letters,10.1000/a,#12\n',
        {"id": "10.1000/a"},
    ),
    "Rayyan": (
        "key,title,year,journal,authors,abstract,notes,doi,pubmed_id,pmc_id\n"
        'rayyan-1,On ice,2020,Ice Letters,"Aho, Pia and Moe, Per",It melts.,,10.1000/a     LK  - https://x.org/y,,\n',
        {"id": "rayyan-1", "doi_as_given": "10.1000/a     LK  - https://x.org/y"},
    ),
    "SpringerLink": (
        "Item Title,Publication Title,Journal Volume,Item DOI,Authors,Publication Year,URL,Content Type,Abstract\n"
        "On ice,Ice Letters,4,10.1000/a,Pia AhoPer Moe,2020,https://x.org,Article,It melts.\n",
        {"volume": "4", "type": "Article"},
    ),
    "IEEE Xplore": (
        "Document Title,Authors,Publication Title,Date Added To Xplore,Publication Year,Abstract,DOI,PDF Link\n"
        "On ice,Pia Aho; Per Moe,Ice Letters,1 May 2021,2020,It melts.,10.1000/a,https://x.org\n",
        {"id": "10.1000/a", "url": "https://x.org"},
    ),
    "OpenAlex": (
        "id,title,publication_year,doi,authorships.author.display_name,primary_location.source.display_name,abstract,"
        "referenced_works\nhttps://openalex.org/W1,On ice,2020,10.1000/a,Pia Aho|Per Moe,Ice Letters,It melts.,"
        "https://openalex.org/W2|https://openalex.org/W3\n",
        {"references": ["https://openalex.org/W2", "https://openalex.org/W3"]},
    ),
    "bibliometrix": (
        '"AU","Author.s..ID","TI","PY","SO","AB","DI","CR","SR"\n'
        '"AHO P;MOE P","1;2","ON ICE","2020","ICE LETTERS","IT MELTS.","10.1000/a",'
        '"LI A, 2001; WU B, 2002","AHO P, 2020"\n',
        {"title": "ON ICE", "abstract": "IT MELTS.", "authors": ("P AHO", "P MOE"), "journal": "ICE LETTERS"},
    ),
    "Publish or Perish": (
        "Cites,Authors,Title,Year,Source,ArticleURL,GSRank,QueryDate,DOI,Abstract\n"
        '3,"Pia Aho, Per Moe, ...",On ice,2020,Ice Letters,https://x.org,1,2021-02-03,10.1000/a,It melts.\n',
        {"id": "10.1000/a", "times_cited": 3},
    ),
    "ProQuest": (
        "Title,Abstract,StoreId,Authors,pubtitle,year,digitalObjectIdentifier,DocumentURL\n"
        'On ice,It melts.,99,"Aho, Pia; Moe, Per",Ice Letters,2020,10.1000/a,https://x.org\n',
        {"id": "99"},
    ),
    "EBSCO": (
        "Article Title,Author,Journal Title,Publication Date,Accession Number,DOI,Abstract,PLink\n"
        'On ice,"Aho, Pia; Moe, Per",Ice Letters,20200501,55,10.1000/a,It melts.,https://x.org\n',
        {"id": "10.1000/a"},
    ),
    "Scopus": (
        "作者,标题,年份,来源出版物名称,DOI,摘要,参考文献,EID\n"
        '"Aho Pia; Moe Per",On ice,2020,Ice Letters,10.1000/a,It melts.,'
        '"Li A.; Wu B., Snow, (2001); Ek C., Fog (2002) J. Fog, 3",2-s2.0-1\n',
        {
            "authors": ("Aho Pia", "Moe Per"),
            "references": ["Li A.; Wu B., Snow, (2001)", "Ek C., Fog (2002) J. Fog, 3"],
        },
    ),
}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_known_by_its_columns_and_its_fields_get_their_usual_names(tmp_path, service):
    text, expected = SERVICES[service]
    [paper] = read(tmp_path, "p.csv", text)
    expected = {"title": "On ice", "abstract": "It melts.", "authors": ("Pia Aho", "Per Moe"), **expected}
    expected |= {"year": 2020, "format": service, "doi": "10.1000/a", "journal": expected.get("journal", "Ice Letters")}
    references = expected.pop("references", None)
    assert {name: getattr(paper, name, paper.extra.get(name)) for name in expected} == expected
    if references is not None:
        assert [reference["raw"] for reference in paper.extra["references"]] == references
    assert not [name for name in paper.extra if name.lower() in ("abstract", "title", "authors", "item doi")]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Título,Resumen,Autores,Año", "On ice,It melts.,Pia Aho; Per Moe,2020"),
        ("Titel,Zusammenfassung,Autoren,Erscheinungsjahr", "On ice,It melts.,Pia Aho; Per Moe,2020"),
        ("タイトル,抄録,著者,出版年", "On ice,It melts.,Pia Aho; Per Moe,2020"),
        ("제목,초록,저자,연도", "On ice,It melts.,Pia Aho; Per Moe,2020"),
        ("Название,Аннотация,Авторы,Год", "On ice,It melts.,Pia Aho; Per Moe,2020"),
        (
            "primary_title,notes_abstract,first_authors,Date Published",
            "On ice,It melts.,\"['Aho, Pia', 'Moe, Per']\",2020-01",
        ),
        ("Paper Title,Abstract Note,Author(s),Published Year", "On ice,It melts.,Pia Aho and Per Moe,2020"),
    ],
)
def test_columns_are_known_in_other_languages_and_words(tmp_path, header, row):
    [paper] = read(tmp_path, "p.csv", f"{header}\n{row}\n")
    assert (paper.title, paper.abstract, paper.authors, paper.year) == (
        "On ice",
        "It melts.",
        ("Pia Aho", "Per Moe"),
        2020,
    )


NAMES = {
    "Aho, Pia; Moe, P. J.": ["Pia Aho", "P. J. Moe"],
    "Aho P., van der Moe P.J.": ["P. Aho", "P.J. van der Moe"],
    "Aho, P., van der Moe, P.J.": ["P. Aho", "P.J. van der Moe"],
    "Aho, P., Moe, P., Jr., Ek, C.": ["P. Aho", "P. Moe, Jr.", "C. Ek"],
    "Aho P, Moe PJ.": ["P Aho", "PJ. Moe"],
    "Pia Aho, Per Moe and Cy Ek": ["Pia Aho", "Per Moe", "Cy Ek"],
    "P. Aho, P. Moe, ...": ["P. Aho", "P. Moe"],
    "Aho, Pia and Moe, Per and others": ["Pia Aho", "Per Moe"],
    "Aho, Pia": ["Pia Aho"],
    "Aho, Pia (57190000001); Ministry of Ice, Norway; et al.": ["Pia Aho", "Ministry of Ice, Norway"],
    "P., Aho, Pia; M., Moe, Maja": ["Pia Aho", "Maja Moe"],
    "[Anonymous]": [],
    "[No author name available]": [],
    "李伟; 王芳": ["李伟", "王芳"],
    "Pia Aho|Per Moe": ["Pia Aho", "Per Moe"],
    "Ek Jr, C.; Ma K.-L.": ["C. Ek, Jr", "K.-L. Ma"],
    "Rahman, Md; Aho, IV; Aho, P., IV": ["Md Rahman", "IV Aho", "P. Aho, IV"],
    "P Aho, P Moe, Team of Ice": ["P Aho", "P Moe", "Team of Ice"],
    "Department of Ice and Snow": ["Department of Ice and Snow"],
    "Haß&#x00FC;s, Pia; null van den Moe": ["Pia Haßüs", "van den Moe"],
}


@pytest.mark.parametrize("text", NAMES)
def test_names_are_told_apart_and_their_given_names_put_first(text):
    assert people(text) == NAMES[text]


@pytest.mark.parametrize(
    "nothing",
    ["Not Available", "NA", "N/A", "[No abstract available]", "Abstract not found", "No abstract.", "null", "nan"],
)
def test_words_that_say_there_is_no_abstract_are_none(tmp_path, nothing):
    real = f"{nothing} was the answer that most archives gave to our letters."
    papers = read(tmp_path, "p.csv", f'title,abstract\nOn ice,"{nothing}"\nOn fog,"{real}"\n')
    assert [paper.abstract for paper in papers] == ["", real]


def test_a_title_may_be_about_abstracts_but_not_say_that_it_is_missing(tmp_path):
    papers = read(
        tmp_path, "p.csv", "title,abstract\nNo abstract,It melts.\nTitle not found,It rises.\nNot available,\n"
    )
    assert titles(papers) == ["No abstract", "", "no title and no abstract"]


def test_a_spreadsheet_is_read_from_the_sheet_with_a_header_and_by_its_values(tmp_path):
    rows = [
        ["Exported for you"],
        [],
        ["Title", "PubYear", "Abstract", "Read on", "Score", "Title", None],
        ["On ice", 2020.0, "It melts.", datetime.datetime(2021, 2, 3), 1.5, "second", None],
        [None] * 7,
        ["On fog", 2021, None, None, 3.0, None, "beside"],
    ]
    first, second = read(tmp_path, "p.xlsx", sheet([["colour"], ["red"]], rows))
    assert (first.title, first.abstract, first.year, first.row) == ("On ice", "It melts.", 2020, 4)
    assert first.extra["Score"] == 1.5
    assert str(first.extra["Read on"]).startswith("2021-02-03")
    assert first.extra["Title (2)"] == "second"
    assert (second.title, second.row, second.extra) == ("On fog", 6, {"Score": 3, "column 7": "beside"})
    assert {first.format, second.format} == {"XLSX"}


def test_rows_with_empty_cells_are_of_the_same_service_as_the_others(tmp_path):
    header = ["Lens ID", "Title", "Author/s", "Abstract"]
    papers = read(
        tmp_path, "p.xlsx", sheet([header, ["000-1", "On ice", "Pia Aho", None], ["000-2", None, None, "Fog."]])
    )
    assert [(paper.format, paper.id, paper.text) for paper in papers] == [
        ("Lens", "000-1", "On ice"),
        ("Lens", "000-2", "Fog."),
    ]


@pytest.mark.parametrize("ending", ["xlsx", "xls"])
def test_text_under_the_ending_of_a_spreadsheet_is_read_as_what_it_is(tmp_path, ending):
    assert titles(read(tmp_path, f"p.{ending}", "Title\tYear\nOn ice, again\t2020\n")) == ["On ice, again"]
    with pytest.raises(CorpusError, match="a web page"):
        read(tmp_path, f"q.{ending}", "<html><table><tr><td>Title</td></tr></table></html>")


def test_a_cell_far_away_does_not_fill_the_memory(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Title"])
    book.active.append(["On ice"])
    book.active["XFD900000"] = "far away"
    buffer = io.BytesIO()
    book.save(buffer)
    with pytest.raises(CorpusError, match="900,000 rows and 16,384 columns; delete the cells far from its table"):
        read(tmp_path, "p.xlsx", buffer.getvalue())


def test_a_table_of_openoffice_is_read(tmp_path):
    names = {"office": "office", "table": "table", "text": "text"}
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row
        )
        + "</table:table-row>"
        for row in (("Title", "Abstract"), ("On ice", "It melts."))
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name='one'>{rows}"
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    [paper] = read(tmp_path, "p.ods", buffer.getvalue())
    assert (paper.title, paper.abstract, paper.format) == ("On ice", "It melts.", "ODS")


def test_what_is_no_spreadsheet_is_told_in_one_line(tmp_path):
    with pytest.raises(CorpusError, match="not a readable spreadsheet"):
        read(tmp_path, "p.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000))
