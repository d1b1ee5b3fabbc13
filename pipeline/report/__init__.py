"""Atlas -> report.md: what was read, which topics there are and how sure each is, how they were found, what it cost."""

from pipeline.report.document import describe_reducer, reject_reasons, write_report

__all__ = ["describe_reducer", "reject_reasons", "write_report"]
