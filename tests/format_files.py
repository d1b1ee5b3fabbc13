"""Files as reference managers and services write them, made up by us after each format's documentation.

Each: name of the file, its bytes. What every paper in them is, field by field, stands in format_files.json.
"""


def text(content: str, encoding: str = "utf-8") -> bytes:
    return content.lstrip("\n").encode(encoding)


NBIB_INPUTS = [
    (
        "usual.nbib",
        text("""
PMID- 31000001
OWN - NLM
STAT- MEDLINE
DCOM- 20200101
IS  - 1234-5678 (Electronic)
VI  - 12
IP  - 3
DP  - 2019 Aug 27
TI  - Ice sheets that melt from below.
PG  - 101-12
LID - 10.1000/ice.1 [doi]
AB  - Warm water reaches the ice. We measure how fast.
FAU - Larsen, Ida
AU  - Larsen I
FAU - Moe, Per
AU  - Moe P
LA  - eng
PT  - Journal Article
PL  - Norway
TA  - Ice Lett
JT  - Letters on ice
"""),
    ),
    (
        "wrapped.nbib",
        text("""
PMID- 31000002
TI  - A title so long that it does not fit on one line of the file and is
      wrapped with six spaces.
AB  - BACKGROUND: First part of a long abstract that is wrapped
      too. METHODS: Second part.
      CONCLUSIONS: Third part.
DP  - 2020
AU  - Moe P
"""),
    ),
    (
        "two.nbib",
        text("""
PMID- 31000003
TI  - First of two.
DP  - 2018

PMID- 31000004
TI  - Second of two.
DP  - 2017
"""),
    ),
    (
        "no_blank_line.nbib",
        text("""
PMID- 31000005
TI  - First.
PMID- 31000006
TI  - Second.
"""),
    ),
    (
        "doi_in_aid.nbib",
        text("""
PMID- 31000007
TI  - Its DOI stands among article ids.
AID - S0000-0000(20)30001-2 [pii]
AID - 10.1000/aid.7 [doi]
DP  - 2020 Jan-Feb
"""),
    ),
    (
        "season.nbib",
        text("""
PMID- 31000008
TI  - Dated by a season.
DP  - 1999 Spring
"""),
    ),
    (
        "years.nbib",
        text("""
PMID- 31000009
TI  - Dated over the new year.
DP  - 1998 Dec-1999 Jan
"""),
    ),
    (
        "group.nbib",
        text("""
PMID- 31000010
TI  - Signed by a group.
FAU - Larsen, Ida
AU  - Larsen I
CN  - Ice Core Consortium
DP  - 2015
"""),
    ),
    (
        "short_names.nbib",
        text("""
PMID- 31000011
TI  - Older records have initials alone.
AU  - van der Berg JH
AU  - Plato
DP  - 1975 Mar
"""),
    ),
    (
        "keywords.nbib",
        text("""
PMID- 31000012
TI  - With its terms.
OT  - calving
OT  - melt ponds
MH  - *Ice Cover
MH  - Seawater/chemistry
PMC - PMC7000001
DP  - 2021
"""),
    ),
    ("crlf.nbib", text("\r\nPMID- 31000013\r\nTI  - Line ends of Windows,\r\n      wrapped.\r\nDP  - 2011\r\n\r\n")),
    (
        "book.nbib",
        text("""
PMID- 31000014
BTI - A Handbook of Ice
TI  - A chapter of it
AB  - Says what a chapter says.
DP  - 2013
LA  - ger
"""),
    ),
    (
        "other_language.nbib",
        text("""
PMID- 31000015
TI  - [On glaciers].
TT  - Über Gletscher.
AB  - Kurz gesagt: sie schmelzen.
LA  - ger
DP  - 2008 Feb 3
"""),
    ),
]

CSV_INPUTS = [
    ("plain.csv", text("id,title,abstract,authors,year,doi\np1,On ice,It melts.,Ida Larsen; Per Moe,2020,10.1000/a\n")),
    ("semicolons.csv", text('Title;Abstract;Authors;Year\n"Ice; and more";It melts.;"Larsen, Ida; Moe, Per";2019\n')),
    ("tabs.tsv", text('title\tabstract\tyear\nA "quoted" word\tIt\'s here.\t2018\n')),
    ("lines_in_fields.csv", text('title,abstract\n"On\nice","First line.\nSecond, with a comma."\n')),
    ("mark.csv", text("\ufefftitle,abstract\nBegins with a mark,Yes.\n")),
    ("wide.csv", text("\ufefftitle,abstract\nIn sixteen bits,Größe.\n", "utf-16")),
    ("windows.csv", text('title,abstract\r\n"Line ends",of Windows.\r\n')),
    (
        "zotero.csv",
        text(
            '"Key","Item Type","Publication Year","Author","Title","Publication Title","DOI","Url","Abstract Note",'
            '"Manual Tags","Automatic Tags","Library Catalog"\n'
            '"AB12CD34","journalArticle","2020","Larsen, Ida; Moe, Per","On ice","Ice Letters","10.1000/b",'
            '"https://example.org/b","It melts.","to read; melt","ice","Crossref"\n'
        ),
    ),
    (
        "scopus.csv",
        text(
            '"Authors","Author full names","Author(s) ID","Title","Year","Source title","Volume","Issue","Page start",'
            '"Page end","DOI","Link","Abstract","Author Keywords","Document Type","EID"\n'
            '"Larsen I.; Moe P.","Larsen, Ida (5700000001); Moe, Per (5700000002)","5700000001; 5700000002","On ice",'
            '"2021","Ice Letters","7","2","11","19","10.1000/c","https://www.scopus.com/x","[No abstract available]",'
            '"ice; melt","Article","2-s2.0-1"\n'
        ),
    ),
    (
        "old_scopus.csv",
        text(
            "\ufeffAuthors,Title,Year,Source title,DOI,Abstract,EID\n"
            '"Larsen, I., van der Moe, P.",On older ice,2012,Ice Letters,10.1000/d,It melted.,2-s2.0-2\n'
        ),
    ),
    (
        "web_of_science.txt",
        text(
            "PT\tAU\tAF\tTI\tSO\tDT\tDE\tID\tAB\tVL\tIS\tBP\tEP\tDI\tPY\tUT\n"
            "J\tLarsen, I; Moe, P\tLarsen, Ida; Moe, Per\tOn ice\tICE LETTERS\tArticle\tice; melt\tSEA LEVEL"
            "\tIt melts.\t3\t1\t5\t9\t10.1000/e\t2022\tWOS:000000000000001\n"
        ),
    ),
    (
        "web_of_science.csv",
        text(
            '"Publication Type","Authors","Author Full Names","Article Title","Source Title","Author Keywords","Abstract",'
            '"Publication Year","DOI","UT (Unique WOS ID)"\n'
            '"J","Larsen, I; Moe, P","Larsen, Ida; Moe, Per","On ice","ICE LETTERS","ice; melt","It melts.","2022",'
            '"10.1000/f","WOS:000000000000002"\n'
        ),
    ),
    (
        "pubmed.csv",
        text(
            "PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,NIHMS ID,DOI\n"
            '31000016,On ice.,"Larsen I, Moe P.",Ice Lett. 2020 Jan;1(1):1-2.,Larsen I,Ice Lett,2020,2020/01/02,,,10.1000/g\n'
        ),
    ),
    (
        "ieee.csv",
        text(
            '"Document Title",Authors,"Author Affiliations","Publication Title","Publication Year","Abstract","DOI"\n'
            '"On ice","I. Larsen; P. Moe","A; B","Ice Letters","2023","It melts.","10.1000/h"\n'
        ),
    ),
    ("missing_cells.csv", text("title,abstract,year\nShort row\nNo year,Text.,\nNaN,Only text.,2001\n")),
]

BIBTEX_INPUTS = [
    (
        "usual.bib",
        text("""
@article{larsen2020,
  title = {On {ICE} that melts},
  author = {Larsen, Ida and Moe, Per},
  journal = {Ice Letters},
  year = {2020},
  volume = 3,
  pages = {1--9},
  doi = {10.1000/bib.1},
  abstract = {It melts.}
}
"""),
    ),
    (
        "accents.bib",
        text(r"""
@article{a, title = {{\"U}ber Gletscher in {\O}vre {\AA}rdal}, author = {M{\"u}ller, J{\'o}zef and {\L}ukasz \v{C}apek},
  year = 1999, abstract = {50\% of \textit{all} ice \& snow, $x^2$ --- gone.}}
"""),
    ),
    (
        "macros.bib",
        text("""
@string{il = "Ice Letters"}
@string(vol = {Volume})
@article{m, title = "Quoted " # "and joined", journal = il, note = vol # " 3", month = jan, year = "2001"}
"""),
    ),
    (
        "crossref.bib",
        text("""
@inproceedings{talk, title = {A talk on ice}, author = {Ida Larsen}, crossref = {conf}}
@proceedings{conf, title = {Proceedings of the Ice Conference}, year = 2016, editor = {Moe, Per}, publisher = {Frost}}
"""),
    ),
    (
        "biblatex.bib",
        text("""
@online{web, title = {Ice online}, date = {2021-03-04}, author = {{Ice Core Consortium}},
  url = {https://example.org/a_b%20c}, eprint = {2103.00001}, eprinttype = {arxiv}}
"""),
    ),
    (
        "same_key.bib",
        text("""
@article{same, title = {First of one key}, abstract = {A.}}
@article{same, title = {Second of one key}, abstract = {B.}}
"""),
    ),
    ("parentheses.bib", text("@article(p, title = {In parentheses}, year = 2004)\n")),
    (
        "comments.bib",
        text("""
This line is no entry, and neither is this one.
% a comment of LaTeX's kind
@comment{jabref-meta: databaseType:bibtex;}
@article{yes, title = {Between comments}, year = {2011}}
"""),
    ),
    ("capitals.bib", text("@ARTICLE{Up, TITLE={Names in capitals}, Author={MOE, PER}, YEAR={1987}}\n")),
    (
        "suffix.bib",
        text(
            "@book{s, title={A book of ice}, author={King, Jr, Martin and de la Cruz, Juan and others}, year={2003}}\n"
        ),
    ),
    (
        "zotero.bib",
        text(r"""
@article{larsen_ice_2020,
	title = {On ice},
	volume = {3},
	issn = {1234-5678},
	url = {https://example.org/ice},
	doi = {10.1000/bib.2},
	abstract = {It melts{\textless}sub{\textgreater}fast{\textless}/sub{\textgreater}.},
	language = {en},
	urldate = {2021-01-01},
	journal = {Ice Letters},
	author = {Larsen, Ida},
	month = jan,
	year = {2020},
	keywords = {ice, melt},
	file = {PDF:/home/ida/ice.pdf:application/pdf},
}
"""),
    ),
    (
        "broken.bib",
        text("""
@article{good1, title = {Before the break}, year = 2001}
@article{bad, title = {Never closed, year = 2002

@article{good2, title = {After the break}, year = 2003}
"""),
    ),
    ("mark.bib", text("\ufeff@article{m, title = {Begins with a mark}, year = {2010}}\n")),
]

RIS_INPUTS = [
    (
        "usual.ris",
        text("""
TY  - JOUR
AU  - Larsen, Ida
AU  - Moe, Per
TI  - On ice
T2  - Ice Letters
PY  - 2020
VL  - 3
IS  - 1
SP  - 1
EP  - 9
DO  - 10.1000/ris.1
UR  - https://example.org/ris1
KW  - ice
KW  - melt
AB  - It melts.
ER  - 
"""),
    ),
    (
        "endnote.ris",
        text("""
TY  - JOUR
A1  - Larsen,I.
T1  - On older ice
JO  - Ice Letters
Y1  - 2001/05/03/
N2  - It melted.
SP  - 5
L3  - 10.1000/ris.2
ER  -
"""),
    ),
    (
        "two.ris",
        text("""
TY  - JOUR
TI  - First
ER  - 

TY  - CONF
TI  - Second
T2  - Proceedings of the Ice Conference
PY  - 2015
ER  - 
"""),
    ),
    (
        "wrapped.ris",
        text("""
TY  - JOUR
TI  - A title that goes
 on in the next line
AB  - An abstract that does
so too.
PY  - 2012
ER  - 
"""),
    ),
    ("no_end.ris", text("TY  - JOUR\nTI  - No end\nPY  - 2009\nTY  - JOUR\nTI  - Nor here\nPY  - 2010\n")),
    ("wide.ris", text("\ufeffTY  - JOUR\nTI  - Größe in sixteen bits\nPY  - 2013\nER  - \n", "utf-16")),
    ("windows.ris", text("TY  - JOUR\r\nTI  - Line ends of Windows\r\nPY  - 2014\r\nER  - \r\n")),
    ("mark.ris", text("\ufeffTY  - JOUR\nTI  - Begins with a mark\nER  - \n")),
    (
        "scopus.ris",
        text("""
TY  - JOUR
TI  - On ice
T2  - Ice Letters
J2  - Ice Lett.
VL  - 7
PY  - 2021
DO  - 10.1000/ris.3
UR  - https://www.scopus.com/inward/record.uri?eid=2-s2.0-3
AU  - Larsen, I.
AD  - University of Frost
AB  - It melts. © 2021 The Authors.
KW  - ice
DB  - Scopus
ER  - 
"""),
    ),
    (
        "web_of_science.ris",
        text("""
TY  - JOUR
AU  - Larsen, I
TI  - On ice
T2  - ICE LETTERS
AN  - WOS:000000000000003
PY  - 2022
DO  - 10.1000/ris.4
AB  - It melts.
ER  - 
"""),
    ),
    (
        "chapter.ris",
        text("""
TY  - CHAP
AU  - King, Martin, Jr
TI  - A chapter on ice
BT  - A book of ice
PB  - Frost
PY  - 2003
ER  - 
"""),
    ),
    ("report.ris", text("TY  - RPRT\nTI  - A report without its year\nPB  - Ministry of Ice\nER  - \n")),
    ("doi_address.ris", text("TY  - JOUR\nTI  - Its DOI is an address\nDO  - https://doi.org/10.1000/ris.5\nER  - \n")),
]

OTHER_INPUTS = [
    (
        "pubmed.xml",
        text("""
<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2019//EN" "https://dtd.nlm.nih.gov/x.dtd">
<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID Version="1">31000020</PMID><Article>
<Journal><JournalIssue><Volume>3</Volume><Issue>1</Issue><PubDate><Year>2020</Year><Month>Jan</Month></PubDate>
</JournalIssue><Title>Ice Letters</Title></Journal>
<ArticleTitle>On <i>cold</i> H<sub>2</sub>O.</ArticleTitle><Pagination><MedlinePgn>1-9</MedlinePgn></Pagination>
<ELocationID EIdType="doi">10.1000/xml.1</ELocationID>
<Abstract><AbstractText Label="AIM">To see.</AbstractText><AbstractText Label="RESULTS">It melts &amp; runs.</AbstractText>
</Abstract><AuthorList><Author><LastName>Larsen</LastName><ForeName>Ida</ForeName></Author>
<Author><CollectiveName>Ice Core Consortium</CollectiveName></Author></AuthorList><Language>eng</Language>
<PublicationTypeList><PublicationType>Journal Article</PublicationType></PublicationTypeList></Article>
<MeshHeadingList><MeshHeading><DescriptorName>Ice Cover</DescriptorName></MeshHeading></MeshHeadingList>
<KeywordList><Keyword>melt</Keyword></KeywordList></MedlineCitation></PubmedArticle></PubmedArticleSet>
"""),
    ),
    (
        "atom.xml",
        text("""
<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>ArXiv Query</title><entry><id>http://arxiv.org/abs/2101.00001v2</id>
<published>2021-01-01T00:00:00Z</published><title>On
  ice</title><summary>  It
melts. </summary><author><name>Ida Larsen</name></author><author><name>Per Moe</name></author>
<arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">10.1000/atom.1</arxiv:doi>
<arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="physics.ao-ph"/>
<category term="cs.LG"/><category term="physics.ao-ph"/></entry></feed>
"""),
    ),
    (
        "openalex.json",
        text("""
{"meta": {"count": 1}, "results": [{"id": "https://openalex.org/W1", "doi": "https://doi.org/10.1000/oa.1",
 "title": "On ice", "display_name": "On ice", "publication_year": 2020, "language": "en",
 "authorships": [{"author": {"display_name": "Ida Larsen"}}],
 "primary_location": {"landing_page_url": "https://example.org/oa", "source": {"display_name": "Ice Letters"}},
 "abstract_inverted_index": {"It": [0], "melts": [1, 3], "and": [2]}}]}
"""),
    ),
    (
        "openalex.jsonl",
        text(
            '{"id": "https://openalex.org/W2", "display_name": "No abstract", "authorships": [], "publication_year": 2021,'
            ' "abstract_inverted_index": null}\n'
        ),
    ),
    (
        "crossref.json",
        text("""
{"status": "ok", "message": {"items": [{"DOI": "10.1000/CR.1", "prefix": "10.1000", "type": "journal-article",
 "title": ["On ice"], "subtitle": ["A study"], "container-title": ["Ice Letters"], "volume": "3", "page": "1-9",
 "author": [{"given": "Ida", "family": "Larsen"}, {"name": "Ice Core Consortium"}], "publisher": "Frost",
 "issued": {"date-parts": [[2020, 5]]}, "URL": "https://doi.org/10.1000/cr.1",
 "abstract": "<jats:title>Abstract</jats:title><jats:p>It melts.</jats:p>"}]}}
"""),
    ),
    (
        "semantic_scholar.jsonl",
        text(
            '{"paperId": "abc1", "externalIds": {"DOI": "10.1000/s2.1", "ArXiv": "2101.00002"}, "title": "On ice",'
            ' "abstract": "It melts.", "year": 2020, "venue": "Ice Letters", "authors": [{"authorId": "1", "name":'
            ' "Ida Larsen"}]}\n'
        ),
    ),
    (
        "csl.json",
        text("""
[{"id": "larsen2020", "type": "article-journal", "title": "On ice", "container-title": "Ice Letters",
 "author": [{"family": "Larsen", "given": "Ida"}, {"literal": "Ice Core Consortium"}],
 "issued": {"date-parts": [["2020", 5, 1]]}, "DOI": "10.1000/csl.1", "page": "1-9", "abstract": "It melts."}]
"""),
    ),
    (
        "arxiv.json",
        text(
            '{"id":"0704.0001","submitter":"X","authors":"Ida Larsen, Per Moe","title":"On\\n  ice","comments":"9 pages",'
            '"journal-ref":"Ice Lett. 3","doi":"10.1000/kg.1","categories":"hep-ph cs.LG","abstract":"  It\\nmelts.\\n",'
            '"versions":[{"version":"v1","created":"Mon, 2 Apr 2007 19:18:42 GMT"}],"update_date":"2008-11-26",'
            '"authors_parsed":[["Larsen","Ida",""],["Moe","Per","Jr"]]}\n'
            '{"id":"0704.0002","title":"Second","categories":"cs.LG","abstract":"B.","authors_parsed":[],'
            '"update_date":"2009-01-01"}\n'
        ),
    ),
    (
        "note.md",
        text("""
---
title: On ice
authors: [Ida Larsen, Per Moe]
year: 2020
tags: [ice, melt]
doi: 10.1000/md.1
---
# Notes on it

Read **twice**.

## Abstract

It [melts](https://example.org), *fast*.

## My thoughts

Good.
"""),
    ),
    ("plain.md", text("# A note without front matter\n\nIt has prose\nin lines.\n\n* and a list\n")),
]

EXAMPLES = dict([*NBIB_INPUTS, *CSV_INPUTS, *BIBTEX_INPUTS, *RIS_INPUTS, *OTHER_INPUTS])
