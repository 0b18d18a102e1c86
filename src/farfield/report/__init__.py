"""Findings -> one HTML file that needs no network, in English and Japanese; also Markdown, PDF and charts alone."""

from farfield.report.between import write_comparison
from farfield.report.demo import run_demo
from farfield.report.formats import Form, japanese_font
from farfield.report.gather import write_report
from farfield.report.html import render_html
from farfield.report.issues import Worded, worded
from farfield.report.view import RunFacts
from farfield.report.words import words

__all__ = [
    "Form",
    "RunFacts",
    "Worded",
    "japanese_font",
    "render_html",
    "run_demo",
    "worded",
    "words",
    "write_comparison",
    "write_report",
]
