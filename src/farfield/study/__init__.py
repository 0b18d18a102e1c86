"""The plan of a study (a graph of cells) and what executes it on this machine."""

from farfield.study.plan import Plan, make_plan
from farfield.study.results import predictions_frame, results_frame
from farfield.study.running import Results, open_results, prepare, run

__all__ = ["Plan", "Results", "make_plan", "open_results", "predictions_frame", "prepare", "results_frame", "run"]
