"""JSON of services that keep titles, people and identifiers in objects: planted papers come out whole.

Fixtures of our own wording.
"""

import json

import pytest

from pipeline.config import CorpusConfig
from pipeline.corpus import Rejected, find_sources, read_papers

TEXT = "We counted the lichens of a wall. There were many."
SERVICES = {
    "DataCite": {
        "data": [
            {
                "id": "10.1000/lichen",
                "type": "dois",
                "attributes": {
                    "doi": "10.1000/lichen",
                    "creators": [
                        {"name": "Larsen, Ida", "givenName": "Ida", "familyName": "Larsen"},
                        {"name": "Moe, Per"},
                    ],
                    "titles": [{"title": "Lichens of a wall"}, {"title": "A view", "titleType": "Subtitle"}],
                    "publicationYear": 2019,
                    "descriptions": [
                        {"description": "1 Walls", "descriptionType": "TableOfContents"},
                        {"description": TEXT, "descriptionType": "Abstract"},
                    ],
                },
            }
        ],
        "meta": {"total": 1},
    },
    "INSPIRE": {
        "hits": {
            "hits": [
                {
                    "id": "77",
                    "links": {},
                    "metadata": {
                        "control_number": 77,
                        "titles": [{"source": "arXiv", "title": "Lichens of a wall"}, {"title": "Flechten"}],
                        "abstracts": [{"value": TEXT}],
                        "authors": [{"full_name": "Larsen, Ida"}, {"full_name": "Moe, Per"}],
                        "publication_info": [{"year": 2019, "journal_title": "Walls"}],
                        "dois": [{"value": "10.1000/lichen"}],
                        "references": [{"reference": {"label": "1", "dois": ["10.1000/ref"]}}],
                    },
                }
            ]
        }
    },
    "DOAJ": {
        "total": 1,
        "results": [
            {
                "id": "abc",
                "bibjson": {
                    "title": "Lichens of a wall",
                    "abstract": TEXT,
                    "year": "2019",
                    "author": [{"name": "Ida Larsen", "affiliation": "X"}, {"name": "Per Moe"}],
                    "identifier": [{"id": "1234-5678", "type": "eissn"}, {"id": "10.1000/lichen", "type": "DOI"}],
                    "journal": {"title": "Walls"},
                },
            }
        ],
    },
    "CORE": {
        "totalHits": 1,
        "results": [
            {
                "authors": [{"name": "Larsen, Ida"}, {"name": "Moe, Per"}],
                "abstract": TEXT,
                "doi": "10.1000/lichen",
                "downloadUrl": "https://example.org/1.pdf",
                "id": 1,
                "title": "Lichens of a wall",
                "yearPublished": 2019,
            }
        ],
    },
    "Crossref": {
        "status": "ok",
        "message-type": "work",
        "message": {
            "DOI": "10.1000/lichen",
            "prefix": "10.1000",
            "title": ["Lichens of a wall"],
            "abstract": f"<jats:p>{TEXT}</jats:p>",
            "author": [{"given": "Ida", "family": "Larsen"}, {"given": "Per", "family": "Moe"}],
            "issued": {"date-parts": [[2019, 5]]},
            "reference": [{"key": "1", "article-title": "Ref"}, {"key": "2", "article-title": "Other"}],
        },
    },
    "Springer Nature": {
        "apiMessage": "x",
        "records": [
            {
                "title": "Lichens of a wall",
                "creators": [{"creator": "Larsen, Ida"}, {"creator": "Moe, Per"}],
                "publicationName": "Walls",
                "publicationDate": "2019-02-03",
                "doi": "10.1000/lichen",
                "abstract": TEXT,
                "url": [{"format": "", "value": "https://example.org"}],
            }
        ],
        "facets": [{"name": "subject", "values": [{"value": "Lichens", "count": "1"}]}],
    },
    "IEEE Xplore": {
        "total_records": 1,
        "articles": [
            {
                "doi": "10.1000/lichen",
                "title": "Lichens of a wall",
                "abstract": TEXT,
                "authors": {"authors": [{"full_name": "Ida Larsen"}, {"full_name": "Per Moe"}]},
                "publication_title": "Walls",
                "publication_year": 2019,
            }
        ],
    },
    "Lens": {
        "total": 1,
        "data": [
            {
                "lens_id": "000-1",
                "title": "Lichens of a wall",
                "abstract": TEXT,
                "authors": [{"first_name": "Ida", "last_name": "Larsen"}, {"first_name": "Per", "last_name": "Moe"}],
                "year_published": 2019,
                "external_ids": [{"type": "doi", "value": "10.1000/lichen"}],
                "source": {"title": "Walls"},
            }
        ],
    },
    "Mendeley": [
        {
            "id": "u-1",
            "title": "Lichens of a wall",
            "authors": [{"first_name": "Ida", "last_name": "Larsen"}, {"first_name": "Per", "last_name": "Moe"}],
            "year": 2019,
            "source": "Walls",
            "identifiers": {"doi": "10.1000/lichen"},
            "abstract": TEXT,
        }
    ],
    "HAL": {
        "response": {
            "docs": [
                {
                    "docid": "1",
                    "title_s": ["Lichens of a wall"],
                    "abstract_s": [TEXT],
                    "authFullName_s": ["Ida Larsen", "Per Moe"],
                    "producedDateY_i": 2019,
                    "doiId_s": "10.1000/lichen",
                }
            ]
        }
    },
    "Zenodo": {
        "hits": {
            "hits": [
                {
                    "id": 1,
                    "metadata": {
                        "title": "Lichens of a wall",
                        "doi": "10.1000/lichen",
                        "publication_date": "2019-01-01",
                        "description": f"<p>{TEXT}</p>",
                        "creators": [{"name": "Larsen, Ida"}, {"name": "Moe, Per"}],
                    },
                }
            ]
        }
    },
    "Scopus": {
        "search-results": {
            "entry": [
                {
                    "dc:identifier": "SCOPUS_ID:1",
                    "dc:title": "Lichens of a wall",
                    "dc:description": TEXT,
                    "author": [{"given-name": "Ida", "surname": "Larsen"}, {"given-name": "Per", "surname": "Moe"}],
                    "prism:coverDate": "2019-05-01",
                    "prism:doi": "10.1000/lichen",
                }
            ]
        }
    },
    "CORD-19": {
        "paper_id": "0a1b",
        "metadata": {
            "title": "Lichens of a wall",
            "authors": [
                {"first": "Ida", "middle": [], "last": "Larsen"},
                {"first": "Per", "middle": [], "last": "Moe"},
            ],
        },
        "abstract": [{"text": "We counted the lichens of a wall."}, {"text": "There were many."}],
        "body_text": [{"text": "On walls.", "section": "Introduction"}],
        "bib_entries": {"b0": {"title": "Cited", "authors": [], "year": 2001}},
    },
    "ADS": {
        "response": {
            "docs": [
                {
                    "bibcode": "2019Walls...1..1L",
                    "title": ["Lichens of a wall"],
                    "abstract": TEXT,
                    "author": ["Larsen, Ida", "Moe, Per"],
                    "year": "2019",
                    "doi": ["10.1000/lichen"],
                }
            ]
        }
    },
    "BibSonomy": {
        "types": {"Publication": {"pluralLabel": "Publications"}},
        "items": [
            {
                "type": "Publication",
                "id": "https://www.example.org/bibtex/2a/moss",
                "tags": ["lichen", "walls"],
                "intraHash": "2a",
                "label": "Lichens of a wall",
                "pub-type": "article",
                "journal": "Walls",
                "year": "2019",
                "author": ["Ida Larsen", "Per Moe"],
                "authors": [{"first": "Ida", "last": "Larsen"}, {"first": "Per", "last": "Moe"}],
                "abstract": TEXT,
                "doi": "10.1000/lichen",
                "bibtexKey": "larsen2019",
            }
        ],
    },
}
WITHOUT_A_YEAR, WITHOUT_A_DOI = ("CORD-19",), ("CORD-19",)


def read(folder, content, name="answer.json"):
    (folder / name).write_text(json.dumps(content))
    rows = list(read_papers(find_sources([name], folder), CorpusConfig(files=(name,))))
    assert not [row for row in rows if isinstance(row, Rejected)]
    return rows


@pytest.mark.parametrize("service", SERVICES)
def test_a_paper_of_every_service_is_whole_and_alone(tmp_path, service):
    (paper,) = read(tmp_path, SERVICES[service])
    assert (paper.title, paper.format) == ("Lichens of a wall", service)
    assert paper.abstract.removeprefix("<jats:p>").removeprefix("<p>").partition("<")[0] == TEXT
    assert paper.authors == ("Ida Larsen", "Per Moe")
    assert paper.year == (None if service in WITHOUT_A_YEAR else 2019)
    assert paper.extra.get("doi") == (None if service in WITHOUT_A_DOI else "10.1000/lichen")


def test_what_inspire_and_crossref_say_is_cited_is_kept(tmp_path):
    for service, ids in (("INSPIRE", ["doi:10.1000/ref"]), ("Crossref", ["", ""])):
        (paper,) = read(tmp_path, SERVICES[service])
        assert len(paper.extra["references"]) == len(ids)


def test_summaries_of_pubmed_and_works_of_orcid(tmp_path):
    summaries = {
        "result": {
            "uids": ["1", "2"],
            "1": {
                "uid": "1",
                "pubdate": "2019 Jan",
                "title": "On ice.",
                "authors": [{"name": "Larsen IB"}],
                "articleids": [{"idtype": "pubmed", "value": "1"}, {"idtype": "doi", "value": "10.1000/ice"}],
            },
            "2": {"uid": "2", "pubdate": "2018", "title": "On snow.", "authors": [{"name": "Moe P"}]},
        }
    }
    ice, snow = read(tmp_path, summaries)
    assert (ice.id, ice.authors, ice.year, ice.extra["doi"]) == ("pmid:1", ("IB Larsen",), 2019, "10.1000/ice")
    assert (snow.id, snow.title, snow.format) == ("pmid:2", "On snow.", "PubMed")
    works = {
        "group": [
            {"work-summary": [{"put-code": one, "title": {"title": {"value": title}}}]}
            for one, title in enumerate(["On ice", "On snow", "On rain"])
        ]
    }
    assert [paper.title for paper in read(tmp_path, works)] == ["On ice", "On snow", "On rain"]


def test_values_in_boxes_as_openreview_writes_them(tmp_path):
    content = {
        "title": {"value": "On ice"},
        "abstract": {"value": TEXT},
        "authors": {"value": ["Ida Larsen", "Per Moe"]},
    }
    (paper,) = read(tmp_path, {"notes": [{"id": "x1", "content": content}], "count": 1})
    assert (paper.id, paper.title, paper.abstract, paper.authors) == ("x1", "On ice", TEXT, ("Ida Larsen", "Per Moe"))


def test_papers_in_several_lists_of_one_kind_are_all_read_and_others_are_not(tmp_path):
    papers = [{"title": f"Paper {number}", "abstract": TEXT, "year": 2000 + number} for number in range(5)]
    content = {"kept": papers[:2], "left out": papers[2:], "journals": [{"title": "Walls", "issn": "1234-5678"}]}
    assert [paper.title for paper in read(tmp_path, content)] == [f"Paper {number}" for number in range(5)]


def test_people_in_objects_of_a_service_that_is_not_known(tmp_path):
    people = [
        *({"first_name": "Pia", "last_name": "Aho"}, {"firstName": "Mar", "lastName": "Suarez"}, {"name": "Moe, Per"}),
        *({"fullName": "Li Wu"}, {"author": {"display_name": "Ida Larsen"}}, {"name": "Ice Core Group"}),
    ]
    (paper,) = read(tmp_path, [{"title": "On ice", "colour": "red", "authors": people}])
    assert paper.authors == ("Pia Aho", "Mar Suarez", "Per Moe", "Li Wu", "Ida Larsen", "Ice Core Group")
    (paper,) = read(tmp_path, [{"title": "On ice", "colour": "red", "authors": ["Aho, Pia", "Moe, Per"]}])
    assert paper.authors == ("Pia Aho", "Per Moe")


def test_people_as_deep_as_a_file_likes(tmp_path):
    deep: object = "Pia Aho"
    for _ in range(400):
        deep = {"author": deep}
    (paper,) = read(tmp_path, [{"title": "On ice", "colour": "red", "authors": [deep, {"name": "Per Moe"}]}])
    assert paper.authors == ("Per Moe",)


def test_another_date_counts_where_the_first_has_no_year(tmp_path):
    paper = {"title": "On ice", "published": "NA", "date": "2020-05-06", "abstract": TEXT}
    assert [one.year for one in read(tmp_path, [paper, {**paper, "published": "2018"}])] == [2020, 2018]


def test_publish_or_perish_without_addresses(tmp_path):
    result = {"title": "On ice", "rank": 1, "ecc": 0, "year": 0, "volume": 0, "source": "Walls", "authors": ["P Moe"]}
    (paper,) = read(tmp_path, [result])
    assert (paper.format, paper.year, paper.extra["journal"]) == ("Publish or Perish", None, "Walls")
    assert "volume" not in paper.extra
