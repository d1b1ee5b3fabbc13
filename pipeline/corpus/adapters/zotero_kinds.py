"""Items of Zotero that are no papers, however they come: from its web API, its table, its RDF."""

from collections.abc import Mapping

from pipeline.corpus.record import RawRow

NO_PAPERS: Mapping[str, str] = {
    "attachment": "an attachment, not a paper",
    "note": "a note, not a paper",
    "annotation": "an annotation, not a paper",
}
KINDS = (("itemType", "key"), ("Item Type", "Key"))  # where JSON and tables say what an item is, and its id


def why_no_paper(fields: RawRow) -> tuple[str, str | None]:
    """Why an item is no paper, and its id; ("", None) for all that may be one.

    >>> why_no_paper({"Item Type": "attachment", "Key": "AB12"}), why_no_paper({"Item Type": "book"})
    (('an attachment, not a paper', 'AB12'), ('', None))
    """
    for kind_name, id_name in KINDS:
        kind = fields.get(kind_name)
        if isinstance(kind, str) and kind in NO_PAPERS:
            identifier = fields.get(id_name)
            return NO_PAPERS[kind], identifier if isinstance(identifier, str) else None
    return "", None
