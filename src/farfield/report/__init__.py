"""Findings -> one HTML file that needs no network, in English and Japanese; also Markdown, PDF and charts alone."""

from farfield.report.between import write_comparison
from farfield.report.demo import run_demo
from farfield.report.formats import Form, japanese_font
from farfield.report.gather import write_report
from farfield.report.html import render_html
from farfield.report.ready import ready_page
from farfield.report.view import RunFacts

__all__ = [
    "Form",
    "RunFacts",
    "japanese_font",
    "ready_page",
    "render_html",
    "run_demo",
    "write_comparison",
    "write_report",
]
