"""Receipts in, `reports/latest.md` and `latest.html` out; nothing else is read."""

from distill.report.latest import write_report

__all__ = ["write_report"]
