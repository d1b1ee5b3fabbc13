"""XML of EndNote, Zotero, OAI-PMH, the ACL Anthology, PubMed, Europe PMC: planted papers come out field by field."""

import io
import subprocess
import sys

import pytest

from pipeline.config import CorpusConfig
from pipeline.corpus import read_corpus
from pipeline.corpus.file_search import find_sources
from pipeline.corpus.read import read_papers
from pipeline.corpus.readers.xml_files import read_articles
from pipeline.corpus.record import Rejected
from pipeline.errors import CorpusError
from tests.conftest import REPOSITORY


def rows(folder, content, *, name="export.xml", **settings):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_papers(find_sources([name], folder), CorpusConfig(files=[name], **settings)))


def one(folder, content, **settings):
    [paper] = rows(folder, content, **settings)
    assert not isinstance(paper, Rejected), paper
    return paper


def styled(text):
    return f'<style face="normal" font="default" size="100%">{text}</style>'


def endnote(*records):
    return f'<?xml version="1.0" encoding="UTF-8" ?><xml><records>{"".join(records)}</records></xml>'


STYLED = (
    '<record><database name="Ice.enl" path="C:\\Ice.enl">Ice.enl</database>'
    '<source-app name="EndNote">EndNote</source-app>'
    '<rec-number>7</rec-number><ref-type name="Journal Article">17</ref-type><contributors><authors>'
    f"<author>{styled('Larsen, Ida B.')}</author><author>{styled('Moe, Per, Jr.')}</author>"
    f"<author>{styled('Ice Core Office,')}</author><author>{styled('Institute of Snow,, Oslo')}</author></authors>"
    f"<secondary-authors><author>{styled('Dahl, Anna')}</author></secondary-authors></contributors>"
    '<titles><title><style face="normal">Melt of </style><style face="italic">Firn</style>'
    '<style face="normal"> at 0 &#xB0;C</style></title>'
    f"<secondary-title>{styled('Ice Letters')}</secondary-title></titles>"
    f"<periodical><full-title>{styled('Ice Letters')}</full-title><abbr-1>Ice Lett</abbr-1></periodical>"
    f"<pages>{styled('1-9')}</pages><volume>{styled('3')}</volume><number>{styled('2')}</number>"
    f"<keywords><keyword>{styled('firn')}</keyword><keyword>{styled('melt&#xD;snow')}</keyword></keywords>"
    f"<dates><year>{styled('2018')}</year><pub-dates><date>{styled('Jan 5')}</date></pub-dates></dates>"
    f"<abstract>{styled('Firn melts.&#xD;It runs &lt; 1 m.')}</abstract><notes>{styled('Read twice')}</notes>"
    f"<accession-num>{styled('31000020')}</accession-num><remote-database-provider>NLM</remote-database-provider>"
    f"<urls><related-urls><url>{styled('https://example.org/firn')}</url></related-urls>"
    "<pdf-urls><url>internal-pdf://1/firn.pdf</url></pdf-urls></urls>"
    f"<electronic-resource-num>{styled('https://doi.org/10.1000/Firn.1')}</electronic-resource-num>"
    f"<language>{styled('eng')}</language><custom1>{styled('shelf 4')}</custom1></record>"
)


def test_endnote_with_styles(tmp_path):
    paper = one(tmp_path, endnote(STYLED))
    assert (paper.title, paper.abstract) == ("Melt of Firn at 0 °C", "Firn melts. It runs < 1 m.")
    assert paper.authors == ("Ida B. Larsen", "Per Moe Jr.", "Ice Core Office", "Institute of Snow, Oslo")
    assert (paper.year, paper.format, paper.extra["doi"], paper.extra["pmid"]) == (
        2018,
        "EndNote XML",
        "10.1000/Firn.1",
        "31000020",
    )
    assert paper.extra["keywords"] == ["firn", "melt", "snow"]
    assert paper.extra["urls"] == ["https://example.org/firn"]
    told = ("journal", "volume", "issue", "pages", "note", "language", "custom1", "editors", "type")
    assert [paper.extra[name] for name in told] == [
        *("Ice Letters", "3", "2", "1-9", "Read twice", "eng", "shelf 4", ["Anna Dahl"], "Journal Article")
    ]
    assert "database" not in paper.extra


def test_endnote_as_other_programs_write_it(tmp_path):
    """No styles, on several lines, a resource number that is no DOI, authors in one element, no declaration."""
    paper = one(
        tmp_path,
        """<xml>
<records>
 <record><ref-type name="Conference Proceedings">10</ref-type>
  <contributors><authors><author>Larsen, Ida; Moe, Per</author><author>Dahl A. K.</author></authors></contributors>
  <titles><title>Ice
    on roofs</title><secondary-title>Roofs 2020</secondary-title></titles>
  <dates><year></year><pub-dates><date>May 2020</date></pub-dates></dates>
  <electronic-resource-num>S0140-6736(20)30183-5</electronic-resource-num>
 </record>
</records></xml>""",
    )
    assert (paper.title, paper.year) == ("Ice on roofs", 2020)
    assert paper.authors == ("Ida Larsen", "Per Moe", "A. K. Dahl")
    assert "doi" not in paper.extra
    assert paper.extra["electronic_resource_num"] == "S0140-6736(20)30183-5"


RDF_HEAD = (
    ""
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:z="http://www.zotero.org/namespaces/export#"'
    ' xmlns:dcterms="http://purl.org/dc/terms/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:bib="http://purl.org/net/biblio#" xmlns:foaf="http://xmlns.com/foaf/0.1/"'
    ' xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/">'
)


def person(family, given="", tag="givenName"):
    name = f"<foaf:{tag}>{given}</foaf:{tag}>" if given else ""
    return f"<rdf:li><foaf:Person><foaf:surname>{family}</foaf:surname>{name}</foaf:Person></rdf:li>"


def people(*persons, role="bib:authors"):
    return f"<{role}><rdf:Seq>{''.join(persons)}</rdf:Seq></{role}>"


ARTICLE = (
    '<bib:Article rdf:about="#item_1"><z:itemType>journalArticle</z:itemType>'
    '<dcterms:isPartOf rdf:resource="urn:issn:1234-5678"/>'
    f"{people(person('Larsen', 'Ida'), person('Moe', 'Per', tag='givenname'), person('Ice Core Office'))}"
    '<dcterms:isReferencedBy rdf:resource="#item_9"/><link:link xmlns:link="x" rdf:resource="#item_8"/>'
    "<dc:subject>firn</dc:subject><dc:subject><z:AutomaticTag><rdf:value>melt</rdf:value></z:AutomaticTag></dc:subject>"
    "<dc:subject><dcterms:LCC><rdf:value>GB2401</rdf:value></dcterms:LCC></dc:subject>"
    "<dc:identifier><dcterms:URI><rdf:value>https://example.org/firn</rdf:value></dcterms:URI></dc:identifier>"
    "<dc:date>07/26/2017</dc:date><dc:description>rejected once</dc:description><bib:pages>1-9</bib:pages>"
    "<dcterms:dateSubmitted>2021-04-29</dcterms:dateSubmitted>"
    "<dcterms:abstract>Firn melts &lt; 1 m.</dcterms:abstract><dc:title>On firn</dc:title></bib:Article>"
)
OTHERS = (
    '<z:Attachment rdf:about="#item_8"><z:itemType>attachment</z:itemType><dc:title>PDF</dc:title></z:Attachment>'
    '<bib:Memo rdf:about="#item_9"><rdf:value>A note</rdf:value></bib:Memo>'
    '<bib:Memo rdf:about="#item_10"><z:itemType>note</z:itemType><rdf:value>A note alone</rdf:value></bib:Memo>'
)
JOURNAL = (
    '<bib:Journal rdf:about="urn:issn:1234-5678"><prism:volume>3</prism:volume><dc:title>Ice Letters</dc:title>'
    "<prism:number>2</prism:number><dc:identifier>DOI 10.1000/firn.1</dc:identifier>"
    "<dc:identifier>ISSN 1234-5678</dc:identifier></bib:Journal>"
)


def test_zotero_rdf_with_a_journal_behind_its_article(tmp_path):
    paper = one(tmp_path, f"{RDF_HEAD}{ARTICLE}{OTHERS}{JOURNAL}</rdf:RDF>", name="library.rdf")
    assert (paper.title, paper.abstract, paper.year, paper.format) == (
        "On firn",
        "Firn melts < 1 m.",
        2017,
        "Zotero RDF",
    )
    assert paper.authors == ("Ida Larsen", "Per Moe", "Ice Core Office")
    told = ("doi", "issn", "journal", "volume", "issue", "pages", "note", "keywords", "call_number", "urls")
    assert [paper.extra[name] for name in told] == [
        *("10.1000/firn.1", "1234-5678", "Ice Letters", "3", "2", "1-9", "rejected once"),
        *(["firn", "melt"], "GB2401", ["https://example.org/firn"]),
    ]


def test_zotero_rdf_takes_no_doi_from_a_journal_that_two_articles_share(tmp_path):
    other = ARTICLE.replace("On firn", "On hail").replace("#item_1", "#item_2")
    papers = rows(tmp_path, f"{RDF_HEAD}{ARTICLE}{other}{JOURNAL}</rdf:RDF>")
    assert [paper.title for paper in papers] == ["On firn", "On hail"]
    assert [(paper.extra["journal"], paper.extra.get("doi")) for paper in papers] == [("Ice Letters", None)] * 2


def test_zotero_rdf_of_books_talks_and_chapters(tmp_path):
    chapter = (
        "<bib:BookSection><z:itemType>bookSection</z:itemType><dcterms:isPartOf><bib:Book>"
        "<dc:title>Snow Atlas</dc:title>"
        "<dc:identifier>ISBN 978-1</dc:identifier><dcterms:isPartOf><bib:Series><dc:title>Cold Books</dc:title>"
        "</bib:Series>"
        "</dcterms:isPartOf></bib:Book></dcterms:isPartOf><dc:title>Chapter of hail</dc:title></bib:BookSection>"
    )
    talk = (
        "<rdf:Description><z:itemType>presentation</z:itemType>"
        f"{people(person('Dahl', 'Anna'), role='z:presenters')}<dc:title>Talk on sleet</dc:title></rdf:Description>"
    )
    edited = (
        "<bib:Book><z:itemType>book</z:itemType>"
        f"{people(person('Moe', 'Per'), role='bib:editors')}<dc:identifier>DOI 10.1000/book</dc:identifier>"
        "<dc:title>All of ice</dc:title></bib:Book>"
    )
    first, second, third = rows(tmp_path, f"{RDF_HEAD}{chapter}{talk}{edited}</rdf:RDF>")
    assert [first.extra[name] for name in ("booktitle", "isbn", "series")] == ["Snow Atlas", "978-1", "Cold Books"]
    assert second.authors == ("Anna Dahl",)
    assert (third.authors, third.extra["editors"], third.extra["doi"]) == ((), ["Per Moe"], "10.1000/book")


def test_rdf_of_another_program_is_told(tmp_path):
    with pytest.raises(CorpusError, match=r"XML of <RDF>, which is not read .* export as RIS or BibTeX"):
        rows(tmp_path, f"{RDF_HEAD}<bib:Article><dc:title>On ice</dc:title></bib:Article></rdf:RDF>")


def oai(*records):
    return (
        '<?xml version="1.0" encoding="UTF-8"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>'
        f"{''.join(records)}<resumptionToken>x</resumptionToken></ListRecords></OAI-PMH>"
    )


def oai_record(name, metadata, status=""):
    inside = f"<metadata>{metadata}</metadata>" if metadata else ""
    return f"<record><header{status}><identifier>{name}</identifier><setSpec>ice</setSpec></header>{inside}</record>"


def dublin_core(inside):
    return (
        '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"'
        f' xmlns:dc="http://purl.org/dc/elements/1.1/">{inside}</oai_dc:dc>'
    )


def test_oai_dublin_core(tmp_path):
    metadata = dublin_core(
        "<dc:title>On firn</dc:title><dc:title>Om firn</dc:title><dc:creator>Larsen, Ida</dc:creator>"
        "<dc:creator>Moe, Per</dc:creator><dc:subject>firn</dc:subject><dc:subject>melt</dc:subject>"
        "<dc:description>Peer reviewed</dc:description>"
        "<dc:description>Firn melts in spring and runs away.</dc:description>"
        "<dc:date>2019-05-01T10:00:00Z</dc:date><dc:date>2015</dc:date><dc:source>Ice Letters; Vol. 3</dc:source>"
        "<dc:identifier>https://example.org/1</dc:identifier><dc:identifier>doi:10.1000/firn.1</dc:identifier>"
        "<dc:relation>doi:10.1000/other</dc:relation>"
    )
    paper = one(tmp_path, oai(oai_record("oai:example.org:1", metadata)))
    assert (paper.id, paper.title, paper.year, paper.format) == ("oai:example.org:1", "On firn", 2015, "OAI-PMH")
    assert (paper.abstract, paper.authors) == ("Firn melts in spring and runs away.", ("Ida Larsen", "Per Moe"))
    told = ("doi", "journal", "keywords", "notes", "urls", "other_titles")
    assert [paper.extra[name] for name in told] == [
        *("10.1000/firn.1", "Ice Letters; Vol. 3", ["firn", "melt"], ["Peer reviewed"], ["https://example.org/1"]),
        ["Om firn"],
    ]


def test_oai_of_arxiv_in_both_forms(tmp_path):
    parsed = (
        '<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>2101.00001</id><created>2021-01-04</created>'
        "<updated>2022-02-02</updated><authors><author><keyname>Larsen</keyname><forenames>Ida</forenames></author>"
        "<author><keyname>Moe</keyname><forenames>Per</forenames><suffix>Jr.</suffix></author></authors>"
        "<title>On\n firn</title><categories>physics.ao-ph cs.LG</categories><doi>10.1000/firn.1</doi>"
        "<abstract>  Firn\nmelts.\n</abstract></arXiv>"
    )
    raw = (
        '<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>hep-th/9901001</id>'
        '<version version="v1"><date>Mon, 4 Jan 1999 10:00:00 GMT</date></version>'
        '<version version="v2"><date>Tue, 1 Feb 2000 10:00:00 GMT</date></version><title>On hail</title>'
        "<authors>Ida Larsen (1), Per Moe, Jr. and Anna Dahl ((1) Oslo and Bergen, (2) Paris)</authors>"
        "<categories>hep-th</categories><abstract>It falls.</abstract></arXivRaw>"
    )
    first, second = rows(
        tmp_path, oai(oai_record("oai:arXiv.org:2101.00001", parsed), oai_record("oai:arXiv.org:hep-th/9901001", raw))
    )
    assert (first.id, first.title, first.abstract, first.year) == ("2101.00001", "On firn", "Firn melts.", 2021)
    assert first.authors == ("Ida Larsen", "Per Moe Jr.")
    assert (first.extra["categories"], first.extra["doi"], first.format) == (
        ["physics.ao-ph", "cs.LG"],
        "10.1000/firn.1",
        "arXiv",
    )
    assert (second.id, second.year) == ("hep-th/9901001", 1999)
    assert second.authors == ("Ida Larsen", "Per Moe, Jr.", "Anna Dahl")


def test_oai_deleted_and_unknown_records_are_counted_with_their_reason(tmp_path):
    kept, deleted, unknown, other = rows(
        tmp_path,
        oai(
            oai_record("oai:x:1", dublin_core("<dc:title>On firn</dc:title>")),
            oai_record("oai:x:2", "", status=' status="deleted"'),
            oai_record("oai:x:3", '<record xmlns="http://www.loc.gov/MARC21/slim"><leader/></record>'),
            oai_record("oai:x:4", "<ead><title>On ice</title></ead>"),
        ),
    )
    assert kept.title == "On firn"
    assert (deleted.row, deleted.reason, deleted.id) == (2, "deleted in its repository", "oai:x:2")
    assert (unknown.row, unknown.id) == (3, "oai:x:3")
    assert "a record of a catalogue without a title" in unknown.reason
    assert (other.row, other.id) == (4, "oai:x:4")
    assert "<ead>" in other.reason
    assert "metadataPrefix=oai_dc" in other.reason


def test_an_error_of_a_repository_or_of_arxiv_is_told(tmp_path):
    answer = oai().replace("<ListRecords>", '<error code="badArgument">no such set</error><ListRecords>')
    [reject] = rows(tmp_path, answer)
    assert "badArgument: no such set" in reject.reason
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/api/errors#wrong_id</id>'
        "<title>Error</title><summary>wrong id format</summary></entry></feed>"
    )
    [reject] = rows(tmp_path, feed, name="arxiv.xml")
    assert "wrong id format" in reject.reason
    assert read_articles(io.BytesIO(feed.encode())) == []


def test_an_atom_feed_of_another_service_is_not_called_arxiv(tmp_path):
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>urn:ice:1</id><title>On firn</title>'
        '<link href="https://example.org/1"/><updated>2020-01-01</updated><content type="text">It melts.</content>'
        "</entry></feed>"
    )
    paper = one(tmp_path, feed)
    assert (paper.format, paper.abstract, paper.year, paper.extra["url"]) == (
        "Atom",
        "It melts.",
        2020,
        "https://example.org/1",
    )


def test_acl_anthology(tmp_path):
    content = """<?xml version='1.0' encoding='UTF-8'?>
<collection id="2020.ice"><volume id="main"><meta><booktitle>Meeting on Ice</booktitle><year>2020</year>
<editor><first>Anna</first><last>Dahl</last></editor></meta>
<frontmatter><url>2020.ice-main.0</url><author><first>Not</first><last>Counted</last></author></frontmatter>
<paper id="1"><title><fixed-case>F</fixed-case>irn for <fixed-case>NLP</fixed-case></title>
<author><first>Ida</first><last>Larsen</last><variant script="latn"><first>Ida2</first><last>L</last></variant></author>
<author><first/><last>Moe</last></author><pages>1-9</pages><abstract>We melt <tex-math>x^2</tex-math> firn.</abstract>
<url hash="1">2020.ice-main.1</url><doi>10.1000/v1/2020.ice-main.1</doi><bibkey>larsen-2020</bibkey></paper>
<paper id="2"><title>Hail</title><author><first>Per</first><last>Moe</last></author></paper></volume>
<volume id="demo"><meta><booktitle>Demos</booktitle><year>2021</year></meta>
<paper id="1"><title>Sleet</title></paper></volume>
</collection>"""
    first, second, third = rows(tmp_path, content)
    assert (first.id, first.title, first.abstract) == ("2020.ice-main.1", "Firn for NLP", "We melt x^2 firn.")
    assert first.authors == ("Ida Larsen", "Moe")
    assert [paper.year for paper in (first, second, third)] == [2020, 2020, 2021]
    assert [paper.extra["booktitle"] for paper in (first, second, third)] == [
        "Meeting on Ice",
        "Meeting on Ice",
        "Demos",
    ]
    assert (first.extra["doi"], first.extra["url"]) == (
        "10.1000/v1/2020.ice-main.1",
        "https://aclanthology.org/2020.ice-main.1/",
    )
    assert (second.id, third.id) == ("2020.ice-main.2", "2020.ice-demo.1")


CITATION = (
    "<MedlineCitation><PMID>31000020</PMID><Article><Journal><JournalIssue><PubDate><MedlineDate>1998 Dec-1999 Jan"
    "</MedlineDate></PubDate></JournalIssue><Title>Ice Letters</Title></Journal><ArticleTitle>On firn.</ArticleTitle>"
    "<AuthorList><Author><LastName>Larsen</LastName><ForeName>Ida</ForeName></Author>"
    '<Author ValidYN="N"><LastName>Larson</LastName><ForeName>Ida</ForeName></Author></AuthorList></Article>'
    '<CommentsCorrectionsList><CommentsCorrections RefType="Cites"><RefSource>Ice Lett. 1980;1:2</RefSource>'
    '<PMID>7000001</PMID></CommentsCorrections><CommentsCorrections RefType="CommentIn">'
    "<RefSource>Not cited</RefSource>"
    "</CommentsCorrections></CommentsCorrectionsList>"
    '<OtherAbstract Type="Publisher"><AbstractText>Firn melts.</AbstractText></OtherAbstract></MedlineCitation>'
)
REFERENCES = (
    "<ReferenceList><Title>References</Title><Reference><Citation>Moe P. Hail. 1990.</Citation><ArticleIdList>"
    '<ArticleId IdType="pubmed">7000002</ArticleId><ArticleId IdType="doi">10.1000/hail</ArticleId></ArticleIdList>'
    "</Reference><Reference><Citation>Dahl A. Sleet. 1991.</Citation></Reference></ReferenceList>"
)


def test_pubmed_keeps_references_and_takes_no_doi_from_them(tmp_path):
    article = f"<PubmedArticle>{CITATION}<PubmedData>{REFERENCES}</PubmedData></PubmedArticle>"
    paper = one(tmp_path, f"<PubmedArticleSet>{article}</PubmedArticleSet>")
    assert "doi" not in paper.extra
    assert (paper.year, paper.authors, paper.abstract) == (1998, ("Ida Larsen",), "Firn melts.")
    references = str(paper.extra["references"])
    assert len(paper.extra["references"]) == 3
    for cited in ("7000001", "10.1000/hail", "Dahl A. Sleet. 1991."):
        assert cited in references
    assert "Not cited" not in references
    own = '<ArticleIdList><ArticleId IdType="doi">10.1000/firn</ArticleId></ArticleIdList>'
    answer = f"<PubmedArticleSet>{article.replace(REFERENCES, REFERENCES + own)}</PubmedArticleSet>"
    [fields] = read_articles(io.BytesIO(answer.encode()))
    assert fields["doi"] == "10.1000/firn"
    assert fields["references"] == [
        {"citation": "Ice Lett. 1980;1:2", "pmid": "7000001"},
        {"citation": "Moe P. Hail. 1990.", "pmid": "7000002", "doi": "10.1000/hail"},
        "Dahl A. Sleet. 1991.",
    ]


def test_the_older_set_of_citations_and_books(tmp_path):
    paper = one(tmp_path, f'<?xml version="1.0"?><MedlineCitationSet>{CITATION}</MedlineCitationSet>')
    assert (paper.id, paper.title, paper.format) == ("pmid:31000020", "On firn.", "PubMed")
    book = (
        '<PubmedArticleSet><PubmedBookArticle><BookDocument><PMID>3</PMID><ArticleIdList><ArticleId IdType="doi">'
        "10.1000/book</ArticleId></ArticleIdList><Book><BookTitle>All of ice</BookTitle><PubDate>"
        "<Year>2001</Year></PubDate>"
        '<AuthorList Type="editors"><Author><LastName>Dahl</LastName><ForeName>Anna</ForeName></Author>'
        "</AuthorList></Book>"
        '<ArticleTitle>Chapter of firn</ArticleTitle><AuthorList Type="authors"><Author><LastName>Moe</LastName>'
        "<ForeName>Per</ForeName></Author></AuthorList><Abstract><AbstractText>It melts.</AbstractText></Abstract>"
        f"{REFERENCES}</BookDocument></PubmedBookArticle></PubmedArticleSet>"
    )
    paper = one(tmp_path, book, name="book.xml")
    assert (paper.title, paper.authors, paper.year, paper.abstract) == (
        "Chapter of firn",
        ("Per Moe",),
        2001,
        "It melts.",
    )
    assert (paper.extra["doi"], paper.extra["editors"], len(paper.extra["references"])) == (
        "10.1000/book",
        ["Anna Dahl"],
        2,
    )


def test_europe_pmc(tmp_path):
    content = (
        '<?xml version="1.0"?><responseWrapper><hitCount>2</hitCount><resultList><result><id>31</id>'
        "<source>MED</source>"
        "<pmid>31</pmid><doi>10.1000/firn</doi><title>On firn.</title><authorString>Larsen I.</authorString>"
        "<authorList>"
        "<author><fullName>Larsen I</fullName><firstName>Ida</firstName><lastName>Larsen</lastName></author>"
        "<author><collectiveName>Ice Core Office</collectiveName></author></authorList><pubYear>2020</pubYear>"
        "<abstractText>It melts.</abstractText></result><result><id>PPR1</id><source>PPR</source>"
        "<title>On hail.</title>"
        "<authorString>Larsen I, van Moe PB.</authorString><pubYear>2021</pubYear></result></resultList>"
        "</responseWrapper>"
    )
    first, second = rows(tmp_path, content)
    assert (first.id, first.authors, first.year, first.abstract) == (
        "pmid:31",
        ("Ida Larsen", "Ice Core Office"),
        2020,
        "It melts.",
    )
    assert (second.id, second.authors, first.format) == ("PPR:PPR1", ("I Larsen", "PB van Moe"), "Europe PMC")


@pytest.mark.parametrize(
    ("content", "root"),
    [
        ("<doi_records><doi_record><crossref/></doi_record></doi_records>", "doi_records"),
        ('<collection xmlns="http://www.loc.gov/MARC21/slim"><record><leader/></record></collection>', "collection"),
        ("<collection><record><leader>1</leader></record></collection>", "collection"),
        ("<eSummaryResult><DocSum/></eSummaryResult>", "eSummaryResult"),
        ("<resource><name>On ice</name></resource>", "resource"),
    ],
)
def test_xml_of_other_kinds_names_its_root_and_the_way_out(tmp_path, content, root):
    with pytest.raises(CorpusError, match=rf"XML of <{root}>, which is not read .* export as RIS or BibTeX"):
        rows(tmp_path, content)


def test_records_of_another_program_below_the_same_elements_are_told(tmp_path):
    [reject] = rows(tmp_path, "<records><record><name>On ice</name></record></records>")
    assert "not EndNote's" in reject.reason


@pytest.mark.parametrize("content", [endnote(STYLED), f"{RDF_HEAD}{ARTICLE}{JOURNAL}</rdf:RDF>", oai()])
@pytest.mark.parametrize("name", ["export", "export.txt"])
def test_the_content_tells_the_kind_whatever_the_file_is_called(tmp_path, content, name):
    papers = rows(tmp_path, content.removeprefix('<?xml version="1.0" encoding="UTF-8" ?>'), name=name)
    assert [row.format for row in papers] in ([], ["EndNote XML"], ["Zotero RDF"])
    assert bool(papers) == ("OAI" not in content)


@pytest.mark.parametrize(
    ("whole", "cut", "title"),
    [
        (endnote(STYLED, STYLED), 700, "Melt of Firn at 0 °C"),
        (f"{RDF_HEAD}{JOURNAL}{ARTICLE}{ARTICLE}</rdf:RDF>", 200, "On firn"),
        (oai(*[oai_record("oai:x:1", dublin_core("<dc:title>On firn</dc:title>"))] * 2), 150, "On firn"),
    ],
)
def test_what_stands_before_a_break_is_kept_and_the_break_is_counted(tmp_path, whole, cut, title):
    paper, broken = rows(tmp_path, whole[:-cut])
    assert paper.title == title
    assert broken.row == 2
    assert "breaks off" in broken.reason


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "ice"><!ENTITY b "{b}"><!ENTITY c "{c}"><!ENTITY d "{d}">'
    '<!ENTITY e "{e}"><!ENTITY secret SYSTEM "{secret}">]>'
)


@pytest.mark.parametrize("whole", [endnote(STYLED), f"{RDF_HEAD}{ARTICLE}{JOURNAL}</rdf:RDF>"])
@pytest.mark.parametrize("entity", ["&e;", "&secret;"])
def test_entities_neither_grow_nor_open_files(tmp_path, whole, entity):
    (tmp_path / "secret.txt").write_text("planted secret")
    grown = {after: f"&{before};" * 50 for before, after in ("ab", "bc", "cd", "de")}
    head = BOMB.format(**grown, secret=(tmp_path / "secret.txt").as_uri())
    content = head + whole.removeprefix('<?xml version="1.0" encoding="UTF-8" ?>').replace("irn melts", entity)
    try:
        told = str(rows(tmp_path, content))
    except CorpusError as problem:
        told = str(problem)
    assert "planted secret" not in told
    assert len(told) < 10_000


def rdf_of(copies):
    return f"{RDF_HEAD}{ARTICLE * copies}</rdf:RDF>"


def endnote_of(copies):
    return endnote(STYLED * copies)


def pubmed_of(copies):
    article = f"<PubmedArticle>{CITATION}<PubmedData>{REFERENCES}</PubmedData></PubmedArticle>"
    return f"<PubmedArticleSet>{article * copies}</PubmedArticleSet>"


MEASURE = """
import sys, lxml.etree, psutil
from pathlib import Path
from pipeline.corpus.readers.xml_files import read
from pipeline.corpus.sources import Source
process, number, largest = psutil.Process(), 0, 0
before = process.memory_info().rss
for number, _ in enumerate(read(Source(Path(sys.argv[1])), "utf-8"), start=1):
    if number % 200 == 0:
        largest = max(largest, process.memory_info().rss - before)
print(number, largest)
"""


@pytest.mark.parametrize("made_of", [endnote_of, pubmed_of, rdf_of])
def test_memory_does_not_grow_with_the_file(tmp_path, made_of):
    """A tree of the whole file would take several times its 8 MB. In a process that has not used memory before."""
    copies = 8_000_000 // len(made_of(1))
    (tmp_path / "large.xml").write_text(made_of(copies))
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "large.xml")]
    measured = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    number, largest = map(int, measured.stdout.split())
    assert number == copies
    assert largest < 25_000_000


def test_characters_that_xml_forbids_do_not_end_the_reading(tmp_path):
    """Copied control characters, by themselves and by number, and a named entity of HTML."""
    plain = STYLED.replace("Read twice", "Read")
    wrong = plain.replace("Firn melts", "Firn &#x1F;melts\x02").replace("Ice Letters", "Ice&nbsp;&eacute;")
    first, second, third = rows(tmp_path, endnote(plain, wrong, plain))
    assert second.abstract == "Firn melts . It runs < 1 m."
    assert second.extra["journal"] == "Ice é"
    assert second.repaired == ("a named entity of HTML", "a character that XML forbids")
    assert (first.repaired, third.repaired) == ((), ())


def test_lone_bytes_in_utf8_are_read_as_windows_1252(tmp_path):
    paper_bytes = endnote(STYLED).encode().replace(b"Firn melts", b"Firn in Montr\xe9al \xf0\x9f\x8c\xa8 melts")
    paper = one(tmp_path, paper_bytes)
    assert paper.abstract.startswith("Firn in Montréal 🌨 melts")
    assert paper.repaired == ("bytes read as Windows-1252",)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "windows-1251", "utf-8-sig"])
def test_the_encoding_that_a_file_names_is_used(tmp_path, encoding):
    letters = {"windows-1251": "снег"}.get(encoding, "Größe")
    content = endnote(STYLED.replace("Firn melts", letters)).replace("UTF-8", encoding.removesuffix("-sig"))
    assert one(tmp_path, content.encode(encoding)).abstract.startswith(letters)


def test_an_entity_cut_by_the_edge_of_a_chunk_is_whole(tmp_path):
    """The reader takes 64 KB at a time: references at every offset around that edge."""
    for shift in range(12):
        title = "x" * (65_536 - 60 - shift) + "&amp;&#x1F;&nbsp;ice"
        paper = one(tmp_path, f"<xml><records><record><titles><title>{title}</title></titles></record></records></xml>")
        assert paper.title.lstrip("x") == "& ice"


def test_a_corpus_of_several_kinds_counts_every_row(tmp_path):
    (tmp_path / "a.xml").write_text(endnote(STYLED))
    (tmp_path / "b.rdf").write_text(f"{RDF_HEAD}{ARTICLE}{OTHERS}</rdf:RDF>")
    (tmp_path / "c.xml").write_text(oai(oai_record("oai:x:2", "", status=' status="deleted"')))
    corpus = read_corpus(CorpusConfig(files=("*.xml", "*.rdf")), tmp_path)
    assert (corpus.tables.read, len(corpus), corpus.tables.rejected.num_rows) == (3, 2, 1)


JATS = (
    '<article article-type="research-article"><front><journal-meta><journal-title-group><journal-title>Walls'
    "</journal-title></journal-title-group></journal-meta><article-meta>"
    '<article-id pub-id-type="pmid">31000020</article-id><article-id pub-id-type="doi">10.1000/lichen</article-id>'
    "<title-group><article-title>Lichens of a <italic>wall</italic></article-title></title-group><contrib-group>"
    '<contrib contrib-type="author"><name><surname>Larsen</surname><given-names>Ida</given-names></name></contrib>'
    '<contrib contrib-type="author"><collab>Wall Group</collab></contrib><contrib contrib-type="editor"><name>'
    "<surname>Dahl</surname><given-names>Anna</given-names></name></contrib></contrib-group>"
    '<pub-date pub-type="nihms-submitted"><year>2017</year></pub-date><pub-date pub-type="epub"><year>2019</year>'
    '</pub-date><volume>3</volume><fpage>10</fpage><lpage>12</lpage><abstract abstract-type="graphical"><p>A picture.'
    "</p></abstract><abstract><sec><title>Aims</title><p>We counted.</p></sec><sec><title>Results:</title><p>Many."
    "</p></sec></abstract><kwd-group><kwd>lichen</kwd></kwd-group></article-meta></front><body><sec><title>Walls"
    "</title><p>Text.</p></sec></body><back><ref-list><ref><element-citation><article-title>On moss</article-title>"
    '<pub-id pub-id-type="doi">10.1000/moss</pub-id></element-citation></ref><ref><mixed-citation>Moe. Walls.'
    "</mixed-citation></ref></ref-list></back></article>"
)


@pytest.mark.parametrize("name", ["article.nxml", "article.xml", "article.txt"])
def test_jats(tmp_path, name):
    paper = one(tmp_path, f'<?xml version="1.0"?><!DOCTYPE article SYSTEM "JATS.dtd">{JATS}', name=name)
    assert (paper.id, paper.title, paper.year, paper.format) == ("10.1000/lichen", "Lichens of a wall", 2019, "JATS")
    assert paper.abstract == "Aims: We counted. Results: Many."
    assert paper.authors == ("Ida Larsen", "Wall Group")
    told = ("journal", "volume", "pages", "pmid", "keywords")
    assert [paper.extra[name] for name in told] == ["Walls", "3", "10-12", "31000020", ["lichen"]]
    assert [reference["id"] for reference in paper.extra["references"]] == ["doi:10.1000/moss", ""]
    assert paper.extra["references"][1]["raw"] == "Moe. Walls."


def test_jats_in_sets_and_in_oai(tmp_path):
    other = JATS.replace("Lichens", "Mosses").replace("10.1000/lichen", "10.1000/m")
    both = rows(tmp_path, f"<pmc-articleset>{JATS}{other}</pmc-articleset>")
    assert [paper.title for paper in both] == ["Lichens of a wall", "Mosses of a wall"]
    namespaced = JATS.replace("<article ", '<article xmlns="https://jats.nlm.nih.gov/ns/archiving/1.3/" ', 1)
    harvested = (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header><identifier>oai:x:1'
        f"</identifier></header><metadata>{namespaced}</metadata></record></ListRecords></OAI-PMH>"
    )
    paper = one(tmp_path, harvested)
    assert (paper.id, paper.title, paper.extra["doi"]) == ("oai:x:1", "Lichens of a wall", "10.1000/lichen")


TEI = (
    '<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc><titleStmt><title level="a">Lichens of a wall'
    '</title></titleStmt><publicationStmt><date type="published" when="2019-02">Feb</date></publicationStmt>'
    '<sourceDesc><biblStruct><analytic><author><persName><forename type="first">Ida</forename>'
    '<forename type="middle">B</forename><surname>Larsen</surname></persName></author></analytic><monogr>'
    '<title level="j">Walls</title><imprint><biblScope unit="volume">3</biblScope></imprint></monogr>'
    '<idno type="DOI">10.1000/lichen</idno></biblStruct>'
    "</sourceDesc></fileDesc><profileDesc><abstract><div><p>We counted.</p><p>Many.</p></div></abstract></profileDesc>"
    "</teiHeader><text><body><p>Text.</p></body><back><listBibl><biblStruct><analytic><title>On moss</title></analytic>"
    '<monogr><imprint><date when="2001"/></imprint></monogr></biblStruct></listBibl></back></text></TEI>'
)


def test_tei_of_grobid(tmp_path):
    paper = one(tmp_path, f'<?xml version="1.0"?>{TEI}', name="paper.tei.xml")
    assert (paper.title, paper.abstract, paper.year) == ("Lichens of a wall", "We counted. Many.", 2019)
    assert (paper.authors, paper.id, paper.format) == (("Ida B Larsen",), "10.1000/lichen", "TEI")
    assert (paper.extra["journal"], paper.extra["volume"]) == ("Walls", "3")
    (reference,) = paper.extra["references"]
    assert reference["raw"] == '{"title": "On moss", "year": "2001"}'


def test_tei_as_a_bibliography(tmp_path):
    works = (
        '<listBibl xmlns="http://www.tei-c.org/ns/1.0"><biblStruct xml:id="Larsen2019"><analytic><title>On ice</title>'
        "<author><forename>Ida</forename><surname>Larsen</surname></author></analytic><monogr><title>Walls</title>"
        "<imprint><date>2019</date></imprint></monogr></biblStruct><biblStruct><monogr><title>Snow, a book</title>"
        "<author><name>Ice Office</name></author><imprint><date>2001</date></imprint></monogr></biblStruct></listBibl>"
    )
    ice, snow = rows(tmp_path, works)
    assert (ice.id, ice.title, ice.authors, ice.extra["journal"]) == ("Larsen2019", "On ice", ("Ida Larsen",), "Walls")
    assert (snow.title, snow.authors, snow.year) == ("Snow, a book", ("Ice Office",), 2001)


MODS = (
    '<mods ID="Larsen2019"><titleInfo type="alternative"><title>Other</title></titleInfo><titleInfo>'
    "<nonSort>The</nonSort><title>lichens of a wall</title><subTitle>a view</subTitle></titleInfo>"
    "<name><namePart type='given'>Ida</namePart><namePart type='family'>Larsen</namePart><role>"
    "<roleTerm type='text'>author</roleTerm></role></name><name>"
    "<namePart>Moe, Per</namePart><namePart type='date'>1970-</namePart><role><roleTerm type='code'>aut</roleTerm>"
    "</role></name><name><namePart>Dahl, Anna</namePart><role><roleTerm>editor</roleTerm></role></name><originInfo>"
    "<dateIssued>2019</dateIssued></originInfo><abstract>We counted.</abstract><subject><topic>lichen</topic></subject>"
    "<identifier type='doi'>10.1000/lichen</identifier><relatedItem type='host'><titleInfo><title>Walls</title>"
    "</titleInfo><part><detail type='volume'><number>3</number></detail><extent><start>10</start><end>12</end></extent>"
    "</part></relatedItem></mods>"
)


@pytest.mark.parametrize("around", ["{}", "<modsCollection>{}</modsCollection>"])
@pytest.mark.parametrize("namespace", ["", ' xmlns="http://www.loc.gov/mods/v3"'])
def test_mods(tmp_path, around, namespace):
    content = around.format(MODS.replace("<mods", f"<mods{namespace}", 1))
    paper = one(tmp_path, content)
    assert (paper.title, paper.abstract, paper.year) == ("The lichens of a wall: a view", "We counted.", 2019)
    assert (paper.authors, paper.extra["editors"]) == (("Ida Larsen", "Per Moe"), ["Anna Dahl"])
    told = ("doi", "journal", "volume", "pages", "keywords")
    assert [paper.extra[name] for name in told] == ["10.1000/lichen", "Walls", "3", "10-12", ["lichen"]]


def test_dblp_as_data_as_a_person_and_as_an_answer(tmp_path):
    work = (
        '<article mdate="2020-01-01" key="journals/w/L"><author>Ida Larsen 0002</author><author>Per M&uuml;e</author>'
        "<title>Lichens of a <i>wall</i>.</title><year>2019</year><journal>Walls</journal><ee>https://doi.org/10.1000/lichen"
        "</ee></article>"
    )
    page = '<www key="homepages/l/L"><author>Ida Larsen</author><title>Home Page</title></www>'
    for content in (f"<dblp>{work}{page}</dblp>", f'<dblpperson name="x"><r>{work}</r></dblpperson>'):
        paper, *others = rows(tmp_path, content)
        assert (paper.id, paper.title, paper.authors) == (
            "journals/w/L",
            "Lichens of a wall",
            ("Ida Larsen", "Per Müe"),
        )
        assert (paper.year, paper.extra["doi"], paper.extra["journal"]) == (2019, "10.1000/lichen", "Walls")
        assert [other.reason for other in others] == ["a person of DBLP, not a paper"] * (page in content)
    answer = (
        '<result><query id="1">x</query><hits total="1"><hit id="5"><info><authors><author>Ida Larsen</author>'
        "</authors><title>Lichens.</title><venue>Walls</venue><year>2019</year><key>journals/w/L</key></info></hit></hits></result>"
    )
    paper = one(tmp_path, answer)
    assert (paper.id, paper.title, paper.authors, paper.format) == ("journals/w/L", "Lichens", ("Ida Larsen",), "DBLP")


def test_endnote_before_version_8(tmp_path):
    content = (
        "<XML><RECORDS><RECORD><REFERENCE_TYPE>0</REFERENCE_TYPE><REFNUM>1</REFNUM><AUTHORS><AUTHOR>Larsen, Ida"
        "</AUTHOR><AUTHOR>Moe, Per</AUTHOR></AUTHORS><YEAR>2012</YEAR><TITLE>Lichens</TITLE><SECONDARY_TITLE>Walls"
        "</SECONDARY_TITLE><KEYWORDS><KEYWORD>lichen</KEYWORD></KEYWORDS><ABSTRACT>We counted.</ABSTRACT>"
        "<URL>10.1000/lichen</URL></RECORD>"
        "<RECORD><YEAR>2013</YEAR><TITLE>Mosses</TITLE></RECORD></RECORDS></XML>"
    )
    lichens, mosses = rows(tmp_path, content)
    assert (lichens.title, lichens.abstract, lichens.year) == ("Lichens", "We counted.", 2012)
    assert lichens.authors == ("Ida Larsen", "Per Moe")
    assert (lichens.extra["journal"], lichens.extra["doi"]) == ("Walls", "10.1000/lichen")
    assert (mosses.title, mosses.format) == ("Mosses", "EndNote XML")
