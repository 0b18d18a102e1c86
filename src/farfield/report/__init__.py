"""Findings -> one HTML file that needs no network, in English and Japanese."""

from farfield.report.demo import run_demo
from farfield.report.gather import write_report
from farfield.report.html import render_html
from farfield.report.issues import Worded, worded
from farfield.report.view import RunFacts
from farfield.report.words import words

__all__ = ["RunFacts", "Worded", "render_html", "run_demo", "worded", "words", "write_report"]
