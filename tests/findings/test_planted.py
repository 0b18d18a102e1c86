"""A whole study whose truth is planted: 2,000 rows a domain, and a domain for each verdict."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import cast

from farfield.engine import FakeEngine
from farfield.engine.protocol import Ids
from farfield.findings import Findings, Verdict, build
from farfield.models import Tokenizer
from farfield.spec import load_study
from farfield.study import predictions_frame
from tests.small import MOODS, mood_rows, run_fake, study_parts, write_rows, write_study

BASE = 0.6
# By domain: rows, what training adds to the base model's share of right answers, and what must be found.
PLANTED = {
    "a": (2000, 0.20, Verdict.carries),  # at home nothing can be dropped on the way
    "fully": (2000, 0.20, Verdict.carries_fully),
    "partly": (2000, 0.08, Verdict.carries),
    "still": (2000, 0.0, Verdict.no_harm),
    "slips": (2000, -0.02, Verdict.no),
    "falls": (2000, -0.15, Verdict.harms),
    "few": (30, -0.03, Verdict.cant_tell),
}


def _unit(*names: object) -> float:
    return int(hashlib.sha256(repr(names).encode()).hexdigest()[:12], 16) / 16**12


def _planted(tokenizer: Tokenizer) -> Callable[[Path | None], Callable[[Ids], int]]:
    """Answers that are right as often as planted; a row that one model gets right, the better one does too."""

    def of(weights: Path | None) -> Callable[[Ids], int]:
        def prefer(asked: Ids) -> int:
            found = re.search(r"Text: (\w+) item (\d+):", tokenizer.decode(asked))
            assert found is not None
            domain, number = found[1], int(found[2])
            _, gain, _ = PLANTED.get(domain, (0, 0.0, None))
            right = _unit(domain, number) < BASE + (gain if weights else 0)
            gold = number % len(MOODS)
            return gold if right else 1 - gold

        return prefer

    return of


def _findings(folder: Path, model: Path) -> Findings:
    tasks = cast("dict[str, dict[str, object]]", study_parts(model)["tasks"])
    tests = {name: {"path": f"mood/{name}.jsonl"} for name in PLANTED}
    home = {"a": tests.pop("a")}
    mood = tasks["mood"] | {"in_domain": home, "out_of_domain": tests, "shots": [0]}
    path = write_study(folder, model, tasks={"mood": mood}, arms={"base": {}, "ft": {"trained": True}})
    for name, (rows, *_) in PLANTED.items():
        write_rows(folder / "mood" / f"{name}.jsonl", mood_rows(name, rows))
    results, _ = run_fake(load_study(path), engine=FakeEngine(prefer=_planted(Tokenizer(model))))
    return build(results.study, results.predictions, predictions_frame(results.run, split="dev"))


def test_each_verdict_is_found_where_it_was_planted(tmp_path: Path, tiny_folder: Path) -> None:
    (task,) = _findings(tmp_path, tiny_folder).tasks
    found = {line.domain: line.verdict for line in task.lines if line.arm == "ft"}
    assert found == {name: verdict for name, (*_, verdict) in PLANTED.items()}
