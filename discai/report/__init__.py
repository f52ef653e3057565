"""A report in sentences: what is known of each disc, and whether a person or the model says it.

May import `records` and the rooms below it.
"""

from discai.report.report import RESEARCH_USE, Line, Report, write_report

__all__ = ["RESEARCH_USE", "Line", "Report", "write_report"]
