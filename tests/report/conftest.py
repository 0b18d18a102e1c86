"""One small run with a report in each language, made once."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from farfield.findings import Findings, build
from farfield.report import write_report
from farfield.report.words import LANGUAGES
from farfield.spec import load_study
from farfield.study import Results, predictions_frame
from tests.report.page import Element, parsed
from tests.small import rewrite_study, run_fake, small_study, study_parts, write_rows

HOSTILE_NAMES = (
    "<i>everything_that_is_said_about_pumps_and_valves",
    "mood & {{ 7*7 }}",
    'a"><img src=x onerror=alert(1)>',
    "ft<script>{gain}",
)
"""Of a study, its task, a domain and a trained arm."""
_LABELS = ("<b>good</b>", "bad & 'worse'")


def hostile_text(domain: str, row: int) -> str:
    """What a row asks."""
    place = "here" if domain == HOSTILE_NAMES[2] else "there"
    return f'<script>alert({row})</script> & {{{{ 7*7 }}}} "><img src=x onerror=alert({row})> &amp; {place} {row}'


@dataclass(frozen=True)
class Reported:
    """A run and its pages by language."""

    results: Results
    findings: Findings
    pages: dict[str, Element]
    html: dict[str, str]


def reported(results: Results) -> Reported:
    """Writes the reports of a run."""
    findings = build(results.study, results.predictions, predictions_frame(results.run, split="dev"))
    html = {language: write_report(results, language=language).read_text("utf-8") for language in LANGUAGES}
    return Reported(results, findings, {language: parsed(text) for language, text in html.items()}, html)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path) -> Reported:
    """The small study with cross-task evaluation, through the fake engine."""
    study = small_study(tmp_path_factory.mktemp("reported"), tiny_folder, cross_task=True)
    return reported(run_fake(study)[0])


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path) -> Reported:
    """A run whose rows, labels and names would do harm on a careless page."""
    folder = tmp_path_factory.mktemp("hostile")
    study, task, domain, arm = HOSTILE_NAMES
    parts = study_parts(tiny_folder)
    assert isinstance(parts["tasks"], dict)
    mood = parts["tasks"]["mood"] | {
        "labels": list(_LABELS),
        "in_domain": {domain: {"path": "test.jsonl", "demos": "demos.jsonl"}},
        "out_of_domain": {"b": {"path": "other.jsonl", "demos": "demos.jsonl"}},
        "train": {"train": {"path": "train.jsonl", "demos": "demos.jsonl"}},
    }
    files = {"test": (domain, 0, 14), "other": ("b", 0, 14), "demos": ("demo", 50, 53), "train": ("train", 100, 120)}
    for name, (place, start, end) in files.items():
        rows = [{"text": hostile_text(place, n), "mood": _LABELS[n % 2]} for n in range(end)]
        write_rows(folder / f"{name}.jsonl", rows[start:])
    arms = {"base": {}, arm: {"trained": True}, "fticl": {"trained": True, "train_shots": 2}}
    made = rewrite_study(folder, parts | {"study": study, "tasks": {task: mood}, "arms": arms})
    return reported(run_fake(load_study(made))[0])
