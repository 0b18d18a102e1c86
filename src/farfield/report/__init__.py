"""Findings -> one HTML file that needs no network, in English and Japanese."""

from farfield.report.demo import run_demo
from farfield.report.gather import write_report
from farfield.report.html import render_html
from farfield.report.ready import ready_page
from farfield.report.view import RunFacts

__all__ = ["RunFacts", "ready_page", "render_html", "run_demo", "write_report"]
