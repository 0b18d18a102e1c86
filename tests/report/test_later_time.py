"""Test sets of a later time: from the dates of rows to the tier in results, findings, claims and report."""

import json
from pathlib import Path

import pytest

from farfield.cli.main import run_command
from farfield.report.words import LANGUAGES, words
from farfield.spec import load_study
from tests.report.conftest import Reported, reported
from tests.small import rewrite_study, run_fake, study_parts, write_rows, write_study

_CLAIM = """
claims:
  - name: lasts
    says: {en: The gain lasts., ja: 効果は続く。}
    terms: [{of: {arm: ft}, over: {arm: comparator}, tier: later_time}]
    expects: above
"""


@pytest.fixture(scope="module")
def run_later(tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path) -> Reported:
    """One task whose only other test set is a later one, with a dial, a claim and other ways to ask."""
    folder = tmp_path_factory.mktemp("later")
    parts = study_parts(tiny_folder)
    write_study(folder, tiny_folder)
    assert isinstance(parts["tasks"], dict)
    mood = parts["tasks"]["mood"] | {"shots": [0]}
    mood["later_time"] = {"b": mood.pop("out_of_domain")["b"]}
    (folder / "claims.yaml").write_text(_CLAIM, encoding="utf-8")
    changes = {
        "tasks": {"mood": mood}, "arms": {"base": {}, "ft": {"trained": True, "strengths": [0, 0.5, 1]}},
        "claims": "claims.yaml", "multiverse": {"label_scoring": ["first_token", "whole_label"]},
    }  # fmt: skip
    return reported(run_fake(load_study(rewrite_study(folder, parts | changes)))[0])


def test_the_tier_goes_from_the_study_file_to_results_and_findings(run_later: Reported) -> None:
    frame = run_later.results.frame
    assert set(frame.select("domain", "tier").iter_rows()) == {("a", "in_domain"), ("b", "later_time")}
    (task,) = run_later.findings.tasks
    assert {claim.tier for claim in task.claims} == {"in_domain", "later_time"}
    assert {(line.domain, line.tier) for line in task.lines} == {("a", "in_domain"), ("b", "later_time")}
    (dial,) = run_later.findings.dials
    assert set(dial.points[-1].scores) == {"in_domain", "later_time"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_of_later_times_and_of_no_new_domain(run_later: Reported, language: str) -> None:
    say, page, text = words(language), run_later.pages[language], run_later.html[language]
    assert any(e.text() == say("tier.later_time") for e in page.all("span") if e.has_class("tier"))
    assert say("moved.kl.later_time") in text
    assert {"en": "The gain lasts.", "ja": "効果は続く。"}[language] in text
    charts = [e.attributes.get("aria-label", "") for e in page.all("svg")]
    assert say("dial.chart.title", arm="ft", task="mood", places=say("places.later")) in charts
    (answer,) = [e.text() for e in page.all("p") if e.has_class("answer")]
    assert say("places.new") not in answer


def test_two_commands_train_on_a_year_and_test_on_the_next(
    tmp_path: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [
        {"text": f"message {n}: the pump of site {n * 7919} leaks", "mood": ("good", "bad")[n % 2],
         "day": f"{2023 + n // 40}-{n % 12 + 1:02}-{n % 28 + 1:02}"} for n in range(80)
    ]  # fmt: skip
    write_rows(Path("old.jsonl"), rows)
    mapping = ("--map", "text=text,target=mood,date=day")
    assert run_command(["import", "old.jsonl", "--to", "years", *mapping, "--domain", "period:year"]) == 0
    assert sorted(path.name for path in Path("years/domains").iterdir()) == ["2023.jsonl", "2024.jsonl"]
    made = ["init", "--train", "years/domains/2023.jsonl", "--later", "years/domains/2024.jsonl", "--target", "target"]
    assert run_command([*made, "--model", str(tiny_folder), "--out", "study.yaml"]) == 0
    study = load_study("study.yaml")
    (task,) = study.tasks.values()
    assert list(task.later_time) == ["2024"]
    assert task.fields == ("text",)
    capsys.readouterr()
    code = run_command(["check", "study.yaml", "--format", "json"])
    codes = {issue["code"] for issue in json.loads(capsys.readouterr().out)}
    assert (code, "day_straddles" in codes) == (0, False)
    assert set(run_fake(study)[0].frame["tier"]) == {"later_time"}
