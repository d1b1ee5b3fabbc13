"""XML of feeds, of Crossref, of DataCite and of library catalogues: planted papers come out field by field."""

import pytest

from pipeline.config import CorpusConfig
from pipeline.corpus.file_search import find_sources
from pipeline.corpus.read import read_papers
from pipeline.corpus.record import Rejected
from pipeline.errors import CorpusError

RSS2 = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:prism="http://purl.org/rss/1.0/modules/prism/" xmlns:arxiv="http://arxiv.org/schemas/atom"
 xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Ice Letters, current issue</title><link>https://example.org/ice</link>
<item><title>On &lt;i&gt;firn&lt;/i&gt;</title><link>https://example.org/doi/10.1000/wrong/77?rss=1</link>
 <pubDate>Thu, 21 May 2026 00:00:00 GMT</pubDate>
 <description>&lt;span class="x"&gt;&lt;div class="boxTitle"&gt;Abstract&lt;/div&gt;Firn melts.&lt;/span&gt;
 </description>
 <prism:doi xmlns:prism="prism">10.1000/Firn.1</prism:doi><prism:volume xmlns:prism="prism">3</prism:volume>
 <prism:number xmlns:prism="prism">2</prism:number><prism:startingPage xmlns:prism="prism">11</prism:startingPage>
 <prism:endingPage xmlns:prism="prism">19</prism:endingPage><guid>http://doi.org/10.1000/Firn.1</guid>
 <media:title>A picture</media:title></item>
<item><title>On snow</title><link>https://arxiv.org/abs/2605.00001</link>
 <description>arXiv:2605.00001v2 Announce Type: replace-cross
Abstract: Snow falls for $p &lt; 0.05$.</description><guid isPermaLink="false">oai:arXiv.org:2605.00001v2</guid>
 <category>cs.LG</category><category>stat.ML</category><pubDate>Fri, 22 May 2026 00:00:00 -0400</pubDate>
 <dc:creator>Ida Larsen, Per Moe, Anna Dahl</dc:creator></item>
<item><title>Ice and health</title><link>https://pubmed.ncbi.nlm.nih.gov/31000001/?utm_source=x</link>
 <description><![CDATA[<p>Ice Med. 2026 May 3;4(1):5. doi: 10.1000/med.1.</p>]]></description>
 <content:encoded><![CDATA[<div><p style="color: #4aa564;">Ice Med. 2026 May 3;4(1):5. doi: 10.1000/med.1.</p>
 <p><b>ABSTRACT</b></p><p>BACKGROUND: Ice cools.</p><p>RESULTS: It did.</p><p style="color: lightgray">PMID:<a
 href="https://pubmed.ncbi.nlm.nih.gov/31000001/">31000001</a> | DOI:<a href="https://doi.org/10.1000/med.1">10.1000/med.1</a>
 </p></div>]]></content:encoded><guid isPermaLink="false">pubmed:31000001</guid>
 <dc:creator>Ida Larsen</dc:creator><dc:creator>Per Moe</dc:creator><dc:date>2026-05-03</dc:date>
 <dc:source>Ice medicine</dc:source><dc:identifier>pmid:31000001</dc:identifier>
 <dc:identifier>doi:10.1000/med.1</dc:identifier></item>
<item><title>Glaciers of the north</title><link>https://example.org/science/article/pii/S001</link>
 <description>&lt;p&gt;Publication date: June 2026&lt;/p&gt;
 &lt;p&gt;&lt;b&gt;Source:&lt;/b&gt; Glacier Journal, Volume 9&lt;/p&gt;
 &lt;p&gt;Author(s): Ida Larsen, Per Moe&lt;/p&gt;</description>
 <guid>https://example.org/science/article/pii/S001</guid></item>
<item><title>A citation alone</title><description>Ice Letters, Volume 3, Issue 2, Page 1-9, May 2026.</description>
 <author>ida@example.org (Ida Larsen)</author></item>
</channel></rss>"""
RSS1 = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel rdf:about="https://example.org/ice.rss"><title>Ice</title><items><rdf:Seq>
 <rdf:li rdf:resource="https://example.org/a1"/></rdf:Seq></items></channel>
<item rdf:about="https://example.org/a1"><title><![CDATA[Melt of <i>Firn</i>]]></title>
 <link>https://example.org/a1</link>
 <content:encoded>
 <![CDATA[<p>Ice, Published online: 10 August 2026; <a href="https://example.org/a1">doi:10.1000/firn.2</a></p>
 Firn melts from below.]]></content:encoded><dc:creator>Ida Larsen</dc:creator><dc:creator>Per Moe</dc:creator>
 <dc:identifier>doi:10.1000/firn.2</dc:identifier><dc:date>2026-08-10</dc:date>
 <prism:publicationName>Ice</prism:publicationName></item></rdf:RDF>"""
UNIXREF = """<?xml version="1.0" encoding="UTF-8"?>
<crossref_result xmlns="http://www.crossref.org/qrschema/3.0" version="3.0"><query_result><head>
 <doi_batch_id>none</doi_batch_id>
</head><body>
<query status="resolved"><doi type="journal_article">10.1000/firn.1</doi>
 <crm-item name="publisher-name">Frost</crm-item>
<doi_record><crossref xmlns="http://www.crossref.org/xschema/1.1"><journal>
 <journal_metadata><full_title>Ice &amp; Snow</full_title><issn>12345678</issn></journal_metadata>
 <journal_issue><publication_date><year>2019</year></publication_date><journal_volume><volume>3</volume>
 </journal_volume>
  <issue>2</issue></journal_issue>
 <journal_article><titles><title>Melt of <i>Firn</i> at 10<sup>5</sup> Pa</title><subtitle>A study</subtitle></titles>
  <contributors><person_name sequence="first" contributor_role="author"><given_name>Ida</given_name>
 <surname>Larsen</surname>
   <affiliation>Oslo</affiliation></person_name><organization contributor_role="author">Ice Core Office</organization>
   <person_name contributor_role="editor"><given_name>Anna</given_name><surname>Dahl</surname></person_name>
 </contributors>
  <jats:abstract xmlns:jats="http://www.ncbi.nlm.nih.gov/JATS1"><jats:sec><jats:title>Aims</jats:title>
   <jats:p>Firn melts.</jats:p></jats:sec></jats:abstract>
  <publication_date media_type="online"><year>2018</year></publication_date>
  <pages><first_page>11</first_page><last_page>19</last_page></pages>
  <doi_data><doi>10.1000/Firn.1</doi><resource>https://example.org/firn</resource></doi_data>
  <citation_list><citation key="c1"><doi>10.1000/snow.1</doi></citation>
   <citation key="c2"><unstructured_citation>Moe P, 2001, On snow</unstructured_citation></citation>
   <citation key="c3"/></citation_list></journal_article></journal></crossref></doi_record></query>
<query status="resolved"><doi type="book_content">10.1000/book.1</doi><doi_record><crossref><book><book_metadata>
 <titles><title>All of ice</title></titles><publisher><publisher_name>Frost</publisher_name></publisher>
 </book_metadata>
 <content_item component_type="chapter"><titles><title>Ice in books</title></titles><publication_date>
 <year>2001</year>
 </publication_date><doi_data><doi>10.1000/book.1</doi></doi_data></content_item></book></crossref></doi_record>
 </query>
<query status="resolved"><doi type="book_title">10.1000/book</doi><doi_record><crossref><book><book_metadata>
 <contributors><person_name contributor_role="editor"><given_name>Anna</given_name><surname>Dahl</surname>
 </person_name>
 </contributors><titles><title>All of ice</title></titles><publication_date><year>2001</year></publication_date>
 <doi_data><doi>10.1000/book</doi></doi_data></book_metadata></book></crossref></doi_record></query>
<query status="unresolved" key="q9"><article_title>Nothing of the kind</article_title></query>
</body></query_result></crossref_result>"""
FLAT = """<crossref_result xmlns="http://www.crossref.org/qrschema/2.0" version="2.0"><query_result><body>
<query status="resolved"><doi type="journal_article">10.1000/firn.1</doi><issn type="print">12345678</issn>
<journal_title>Ice Letters</journal_title><contributors><contributor sequence="first" contributor_role="author">
<given_name>I.</given_name><surname>Larsen</surname></contributor><contributor contributor_role="author">
 <given_name>P.
</given_name><surname>Moe</surname></contributor></contributors><volume>3</volume><issue>2</issue>
 <first_page>11</first_page>
<year media_type="print">2018</year><year media_type="online">2017</year><article_title>Melt of firn</article_title>
 </query>
</body></query_result></crossref_result>"""
DEPOSIT = """<doi_batch version="5.3.1" xmlns="http://www.crossref.org/schema/5.3.1"><head><timestamp>1</timestamp>
 </head><body>
<posted_content type="preprint"><contributors><person_name sequence="first" contributor_role="author">
 <given_name>Ida</given_name>
<surname>Larsen</surname></person_name></contributors><titles><title>On firn</title></titles><posted_date>
 <year>2024</year>
</posted_date><doi_data><doi>10.1000/pre.1</doi><resource>https://example.org/pre</resource></doi_data>
 </posted_content>
<conference><proceedings_metadata><proceedings_title>Ice 2024</proceedings_title></proceedings_metadata>
 <conference_paper>
<titles><title>On snow</title></titles><publication_date><year>2024</year></publication_date></conference_paper>
 </conference>
</body></doi_batch>"""
DATACITE = """<?xml version="1.0"?>
<resource xmlns="http://datacite.org/schema/kernel-4"><identifier identifierType="DOI">10.5072/Ice.1</identifier>
<creators><creator><creatorName nameType="Personal">Larsen, Ida</creatorName><givenName>Ida</givenName>
 <familyName>Larsen</familyName><affiliation>Oslo</affiliation></creator>
 <creator><creatorName>Moe, Per</creatorName></creator>
 <creator><creatorName nameType="Organizational">Ice Core Office, Oslo</creatorName></creator></creators>
<titles><title titleType="TranslatedTitle">Is i Norge</title><title>Ice of Norway</title>
 <title titleType="Subtitle">Cores</title></titles>
<publisher>Frost</publisher><publicationYear>2019</publicationYear>
<contributors><contributor contributorType="Editor"><contributorName>Dahl, Anna</contributorName></contributor>
 </contributors>
<subjects><subject>firn</subject></subjects><resourceType resourceTypeGeneral="Dataset">Cores</resourceType>
<relatedIdentifiers><relatedIdentifier relatedIdentifierType="DOI" relationType="Cites">10.1000/a</relatedIdentifier>
 <relatedIdentifier relatedIdentifierType="DOI" relationType="IsPartOf">10.1000/b</relatedIdentifier>
 </relatedIdentifiers>
<descriptions><description descriptionType="Methods">Drilled.</description>
 <description descriptionType="Abstract">Cores of<br/>ice.</description></descriptions></resource>"""
MARC = """<?xml version="1.0" encoding="UTF-8"?>
<marc:collection xmlns:marc="http://www.loc.gov/MARC21/slim">
<marc:record><marc:leader>00000nam a2200000 a 4500</marc:leader><marc:controlfield tag="001">ocm77</marc:controlfield>
<marc:controlfield tag="008">850320s1984    nyuabf   b    001 0 eng  </marc:controlfield>
<marc:datafield tag="020" ind1=" " ind2=" "><marc:subfield code="a">9780000000002</marc:subfield></marc:datafield>
<marc:datafield tag="100" ind1="1" ind2=" "><marc:subfield code="a">Larsen, Ida B.,</marc:subfield>
 <marc:subfield code="d">1924-</marc:subfield></marc:datafield>
<marc:datafield tag="245" ind1="1" ind2="4"><marc:subfield code="a">The ice of the north :</marc:subfield>
 <marc:subfield code="b">a study /</marc:subfield><marc:subfield code="c">by Ida B. Larsen.</marc:subfield>
 </marc:datafield>
<marc:datafield tag="264" ind1=" " ind2="1"><marc:subfield code="a">Oslo :</marc:subfield>
 <marc:subfield code="b">Frost,</marc:subfield><marc:subfield code="c">[n.d.]</marc:subfield></marc:datafield>
<marc:datafield tag="520" ind1=" " ind2=" "><marc:subfield code="a">Of ice, and of how it melts.</marc:subfield>
 </marc:datafield>
<marc:datafield tag="650" ind1=" " ind2="0"><marc:subfield code="a">Glaciers.</marc:subfield></marc:datafield>
<marc:datafield tag="700" ind1="1" ind2=" "><marc:subfield code="a">Moe, Per,</marc:subfield>
 <marc:subfield code="e">author.</marc:subfield></marc:datafield>
<marc:datafield tag="700" ind1="1" ind2=" "><marc:subfield code="a">Dahl, Anna,</marc:subfield>
 <marc:subfield code="e">translator.</marc:subfield></marc:datafield>
<marc:datafield tag="700" ind1="1" ind2=" "><marc:subfield code="a">Sund, Q.</marc:subfield>
 <marc:subfield code="t">Another book.</marc:subfield></marc:datafield></marc:record>
<marc:record><marc:controlfield tag="001">99</marc:controlfield>
<marc:datafield tag="024" ind1="7" ind2=" "><marc:subfield code="2">DOI</marc:subfield>
 <marc:subfield code="a">10.1000/firn.1</marc:subfield></marc:datafield>
<marc:datafield tag="100" ind1=" " ind2=" "><marc:subfield code="a">Larsen, Ida</marc:subfield>
 <marc:subfield code="u">Oslo U.</marc:subfield></marc:datafield>
<marc:datafield tag="245" ind1=" " ind2=" "><marc:subfield code="a">Melt of firn</marc:subfield></marc:datafield>
<marc:datafield tag="773" ind1=" " ind2=" "><marc:subfield code="p">Ice Lett.</marc:subfield>
 <marc:subfield code="v">3</marc:subfield><marc:subfield code="y">2018</marc:subfield></marc:datafield>
<marc:datafield tag="999" ind1="C" ind2="5"><marc:subfield code="o">1</marc:subfield>
 <marc:subfield code="a">doi:10.1000/snow.1</marc:subfield></marc:datafield></marc:record>
<marc:record><marc:controlfield tag="001">1</marc:controlfield><marc:datafield tag="020" ind1=" " ind2=" ">
<marc:subfield code="a">1</marc:subfield></marc:datafield></marc:record>
</marc:collection>"""
UNIMARC = """<srw:searchRetrieveResponse xmlns:srw="http://www.loc.gov/zing/srw/"><srw:records><srw:record>
 <srw:recordData>
<mxc:record xmlns:mxc="info:lc/xmlns/marcxchange-v2"><mxc:controlfield tag="001">FR1</mxc:controlfield>
<mxc:datafield tag="100" ind1=" " ind2=" "><mxc:subfield code="a">19990401d1998    m  y0frey50      ba</mxc:subfield>
</mxc:datafield><mxc:datafield tag="200" ind1="1" ind2=" "><mxc:subfield code="a">&#x98;La &#x9C;glace</mxc:subfield>
<mxc:subfield code="e">essai</mxc:subfield><mxc:subfield code="f">Ida Larsen</mxc:subfield></mxc:datafield>
<mxc:datafield tag="330" ind1=" " ind2=" "><mxc:subfield code="a">La glace fond.</mxc:subfield></mxc:datafield>
<mxc:datafield tag="700" ind1=" " ind2="1"><mxc:subfield code="a">Larsen</mxc:subfield>
 <mxc:subfield code="b">Ida</mxc:subfield>
<mxc:subfield code="4">070</mxc:subfield></mxc:datafield><mxc:datafield tag="702" ind1=" " ind2="1">
 <mxc:subfield code="a">Moe
</mxc:subfield><mxc:subfield code="4">730</mxc:subfield></mxc:datafield></mxc:record>
</srw:recordData></srw:record></srw:records></srw:searchRetrieveResponse>"""


SLIM = '<record xmlns="http://www.loc.gov/MARC21/slim">'


def rows(folder, content, name="export.xml"):
    (folder / name).write_text(content, encoding="utf-8")
    return list(read_papers(find_sources([name], folder), CorpusConfig(files=(name,))))


def test_rss_2_of_journals_of_arxiv_and_of_pubmed(tmp_path):
    journal, arxiv, pubmed, elsevier, citation = rows(tmp_path, RSS2)
    assert (journal.id, journal.title, journal.abstract, journal.year, journal.format) == (
        *("10.1000/Firn.1", "On firn", "Firn melts.", 2026, "RSS"),
    )
    assert [journal.extra[name] for name in ("doi", "volume", "issue", "pages")] == [
        "10.1000/Firn.1",
        "3",
        "2",
        "11-19",
    ]
    assert (arxiv.id, arxiv.abstract, arxiv.format) == ("2605.00001", "Snow falls for $p < 0.05$.", "arXiv")
    assert arxiv.authors == ("Ida Larsen", "Per Moe", "Anna Dahl")
    assert arxiv.extra["keywords"] == ["cs.LG", "stat.ML"]
    assert (pubmed.id, pubmed.abstract) == ("10.1000/med.1", "BACKGROUND: Ice cools. RESULTS: It did.")
    assert (pubmed.authors, pubmed.extra["journal"]) == (("Ida Larsen", "Per Moe"), "Ice medicine")
    assert pubmed.extra["pmid"] == "31000001"
    assert (elsevier.abstract, elsevier.authors) == ("", ("Ida Larsen", "Per Moe"))
    assert elsevier.extra["journal"] == "Glacier Journal"
    assert (citation.title, citation.abstract, citation.authors) == ("A citation alone", "", ("Ida Larsen",))


@pytest.mark.parametrize("name", ["feed.xml", "feed.rdf", "feed.rss"])
def test_rss_1(tmp_path, name):
    [paper] = rows(tmp_path, RSS1, name)
    assert (paper.id, paper.title, paper.abstract, paper.year) == (
        *("10.1000/firn.2", "Melt of Firn", "Firn melts from below.", 2026),
    )
    assert (paper.authors, paper.extra["journal"]) == (("Ida Larsen", "Per Moe"), "Ice")


def test_a_feed_without_papers_is_no_broken_file(tmp_path):
    with pytest.raises(CorpusError, match="RSS, Crossref, DataCite, MARCXML"):
        rows(tmp_path, "<collection><document/></collection>")
    assert rows(tmp_path, '<rss version="2.0"><channel><title>None today</title></channel></rss>') == []


def test_crossref_with_whole_records(tmp_path):
    article, chapter, book, nothing = rows(tmp_path, UNIXREF)
    assert (article.id, article.title, article.abstract, article.year) == (
        *("10.1000/firn.1", "Melt of Firn at 10⁵ Pa: A study", "Aims: Firn melts.", 2018),
    )
    assert article.authors == ("Ida Larsen", "Ice Core Office")
    told = ("journal", "volume", "issue", "pages", "issn", "doi", "url", "type")
    assert [article.extra[name] for name in told] == [
        *("Ice & Snow", "3", "2", "11-19", "12345678", "10.1000/firn.1", "https://example.org/firn", "journal_article")
    ]
    assert [one["id"] for one in article.extra["references"]] == ["doi:10.1000/snow.1", ""]
    assert "Moe P, 2001, On snow" in article.extra["references"][1]["raw"]
    assert (chapter.title, chapter.year, chapter.extra["journal"]) == ("Ice in books", 2001, "All of ice")
    assert (book.id, book.title, book.authors) == ("10.1000/book", "All of ice", ("Anna Dahl",))
    assert isinstance(nothing, Rejected)
    assert nothing.reason == "Crossref found no work for this query (unresolved)"


def test_crossref_with_flat_answers_and_deposits(tmp_path):
    [paper] = rows(tmp_path, FLAT)
    assert (paper.id, paper.title, paper.authors, paper.year) == (
        *("10.1000/firn.1", "Melt of firn", ("I. Larsen", "P. Moe"), 2018),
    )
    assert (paper.extra["journal"], paper.extra["pages"]) == ("Ice Letters", "11")
    preprint, talk = rows(tmp_path, DEPOSIT)
    assert (preprint.id, preprint.title, preprint.authors, preprint.year) == (
        *("10.1000/pre.1", "On firn", ("Ida Larsen",), 2024),
    )
    assert (talk.title, talk.extra["journal"]) == ("On snow", "Ice 2024")


def oai(content):
    return (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header><identifier>oai:x:1</identifier>'
        f"</header><metadata>{content}</metadata></record></ListRecords></OAI-PMH>"
    )


@pytest.mark.parametrize("harvested", [False, True])
def test_datacite(tmp_path, harvested):
    payload = DATACITE.partition("?>")[2]
    [paper] = rows(
        tmp_path, oai(f"<oai_datacite><payload>{payload}</payload></oai_datacite>") if harvested else DATACITE
    )
    assert (paper.title, paper.abstract, paper.year) == ("Ice of Norway: Cores", "Cores of ice.", 2019)
    assert paper.authors == ("Ida Larsen", "Per Moe", "Ice Core Office, Oslo")
    assert paper.extra["doi"] == "10.5072/ice.1"
    assert [one["id"] for one in paper.extra["references"]] == ["doi:10.1000/a"]
    assert (paper.extra["other_titles"], paper.extra["editors"]) == (["Is i Norge"], ["Anna Dahl"])
    assert paper.extra["keywords"] == ["firn"]
    assert paper.format == ("OAI-PMH" if harvested else "DataCite")


def test_marcxml_of_a_catalogue_and_of_inspire(tmp_path):
    book, article, untitled = rows(tmp_path, MARC)
    assert (book.id, book.title, book.abstract, book.year, book.format) == (
        *("ocm77", "The ice of the north: a study", "Of ice, and of how it melts.", 1984, "MARCXML"),
    )
    assert book.authors == ("Ida B. Larsen", "Per Moe")
    told = ("publisher", "isbn", "language", "keywords")
    assert [book.extra[name] for name in told] == ["Frost", "9780000000002", "eng", ["Glaciers"]]
    assert (article.id, article.authors, article.year) == ("10.1000/firn.1", ("Ida Larsen",), 2018)
    assert (article.extra["journal"], article.extra["references"][0]["id"]) == ("Ice Lett.", "doi:10.1000/snow.1")
    assert isinstance(untitled, Rejected)
    assert (untitled.id, "without a title" in untitled.reason) == ("1", True)


def test_marcxml_without_a_namespace_in_oai_and_unimarc(tmp_path):
    plain = MARC.replace("marc:", "")
    assert [row.title for row in rows(tmp_path, plain)[:2]] == ["The ice of the north: a study", "Melt of firn"]
    one = plain[plain.index("<record>") : plain.index("</record>") + 9]
    assert [row.title for row in rows(tmp_path, one)] == ["The ice of the north: a study"]
    assert [row.title for row in rows(tmp_path, oai(one.replace("<record>", SLIM)))] == [
        "The ice of the north: a study"
    ]
    [paper] = rows(tmp_path, UNIMARC)
    assert (paper.id, paper.title, paper.abstract, paper.authors, paper.year) == (
        *("FR1", "La glace: essai", "La glace fond.", ("Ida Larsen",), 1998),
    )
