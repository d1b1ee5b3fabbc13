"""Atlas -> report.md and its charts: what was read, which topics there are, how sure each is, what it cost."""

from pipeline.report.document import describe_reducer, reject_reasons, write_report
from pipeline.report.files import draw_files, report_file
from pipeline.report.notes import cleaned_in_words, notes

__all__ = [
    "cleaned_in_words",
    "describe_reducer",
    "draw_files",
    "notes",
    "reject_reasons",
    "report_file",
    "write_report",
]
