"""The plan of a study (a graph of cells) and what executes it on this machine."""

from farfield.study.beginning import Beginning, Begun, begin_study
from farfield.study.cells import Cell
from farfield.study.checking import check
from farfield.study.choosing import Chosen, chosen_of
from farfield.study.drafting import Draft, draft_study
from farfield.study.execute import RunSettings
from farfield.study.exporting import Exported, Wanted, export_model
from farfield.study.harness import export_tasks
from farfield.study.interview import Ask, Question, Unattended
from farfield.study.mending import Change, mend
from farfield.study.moving import divergences_frame, movements_frame
from farfield.study.notes import NOTES, Note
from farfield.study.plan import Plan, make_plan
from farfield.study.planning import Planned, plan_study
from farfield.study.ready import Fault, Needs, Ready, look_at
from farfield.study.results import predictions_frame, results_frame
from farfield.study.running import Prepared, Results, default_folder, open_results, prepare, run
from farfield.study.searching import Searched, searched_of
from farfield.study.showing import Shown, found_by, shown
from farfield.study.spaces import SpaceFrames, space_frames
from farfield.study.took import Took, took_of
from farfield.study.universes import Known, Lapse, lapses_of, universes_of
from farfield.study.verifying import Verified, verify
from farfield.study.worth import NextLabels, more_labels, more_labels_of

__all__ = [
    "NOTES",
    "Ask",
    "Beginning",
    "Begun",
    "Cell",
    "Change",
    "Chosen",
    "Draft",
    "Exported",
    "Fault",
    "Known",
    "Lapse",
    "Needs",
    "NextLabels",
    "Note",
    "Plan",
    "Planned",
    "Prepared",
    "Question",
    "Ready",
    "Results",
    "RunSettings",
    "Searched",
    "Shown",
    "SpaceFrames",
    "Took",
    "Unattended",
    "Verified",
    "Wanted",
    "begin_study",
    "check",
    "chosen_of",
    "default_folder",
    "divergences_frame",
    "draft_study",
    "export_model",
    "export_tasks",
    "found_by",
    "lapses_of",
    "look_at",
    "make_plan",
    "mend",
    "more_labels",
    "more_labels_of",
    "movements_frame",
    "open_results",
    "plan_study",
    "predictions_frame",
    "prepare",
    "results_frame",
    "run",
    "searched_of",
    "shown",
    "space_frames",
    "took_of",
    "universes_of",
    "verify",
]
