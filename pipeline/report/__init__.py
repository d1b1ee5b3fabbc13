"""Atlas -> report.md and its charts: papers, topics and how reliable they are, procedure, time, methods paragraph."""

from pipeline.report.document import reject_reasons, write_report
from pipeline.report.notes import cleaned_in_words, notes
from pipeline.report.report_files import draw_files, report_file

__all__ = [
    "cleaned_in_words",
    "draw_files",
    "notes",
    "reject_reasons",
    "report_file",
    "write_report",
]
