"""The model card of an exported model: where it comes from, how it was trained, and what the run measured of it."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from farfield.models import ModelFolder
from farfield.runs import Run
from farfield.study.cells import TrainCell
from farfield.study.results import results_frame

if TYPE_CHECKING:
    import polars as pl

    from farfield.runs.address import Part

__all__ = ["ModelName", "model_card"]

_CARD = """\
---
base_model: {base_quoted}
library_name: {library}
pipeline_tag: text-generation
---

# {name}

`{base}`, fine-tuned on the task `{task}` by farfield.

{loading}

`prompt.json` holds the prompt that it was trained with: the texts of {demos}, one after another, then the template with
a row's fields filled in{chat}. {answering}

## Training

| | |
|---|---|
| base model | {base} ({source}) |
| its fingerprint | SHA-256 {fingerprint} |
| arm | {arm} |
| task | {task} |
| training rows | {learnt} |
| demos in each prompt | {shots} |
| seed | {seed} |
| strength | {strength} |

Its recipe:

```json
{recipe}
```

Rows of the training files that were left out: {left_out}.

## What the run measured of this very model

{scores}

## Licence

As the base model's.
"""

_DEMOS = {
    "fixed": "the demos",
    "random": "as many demos as it had shots, drawn for each row from those that are listed",
    "nearest": "as many of the listed rows as it had shots, those most like the row asked and the nearest last",
}


@dataclass(frozen=True, slots=True)
class ModelName:
    """What names a trained model in the results."""

    arm: str
    trained_on: str
    train_rows: int
    seed: int
    strength: float

    def __str__(self) -> str:
        share = "" if self.strength == 1 else f"-strength{self.strength:g}"
        return f"{self.arm}-{self.trained_on}-{self.train_rows}-seed{self.seed}{share}"


def model_card(run: Run, base: ModelFolder, cell: TrainCell, name: ModelName, *, adapter: bool) -> str:
    """The card as Markdown, with the header that model hubs read."""
    spec = cell.task.spec
    loading = (
        "An adapter: `PeftModel.from_pretrained(model, FOLDER)` puts it on the base model."
        if adapter
        else "`AutoModelForCausalLM.from_pretrained(FOLDER)` loads it, with the weights of training merged in."
    )
    answering = (
        f"The answer is the most probable of {', '.join(spec.labels)}."
        if spec.labels
        else f"The answer is what it writes, greedily, before {json.dumps(spec.stop)} or its own end."
    )
    return _CARD.format(
        base=base.name,
        base_quoted=json.dumps(base.name, ensure_ascii=False),
        library="peft" if adapter else "transformers",
        name=name,
        loading=loading,
        demos=_DEMOS[cell.task.protocol.demo_choice],
        chat=", wrapped in the model's chat template" if cell.task.protocol.chat else "",
        answering=answering,
        source=base.source,
        fingerprint=base.fingerprint,
        arm=name.arm,
        task=name.trained_on,
        learnt=_learnt(cell),
        shots=cell.shots,
        seed=name.seed,
        strength=f"{name.strength:g}",
        recipe=json.dumps(cell.recipe.parts, indent=1),
        left_out=_left_out(run, name.trained_on),
        scores=_scores(run, name),
    )


def _learnt(cell: TrainCell) -> str:
    """How many rows of each task, and whose answers they have."""
    whose = {False: "", True: ", with the base model's own answers"}
    return "; ".join(f"{len(s.rows)} of {s.task.name}{whose[s.answers is not None]}" for s in cell.shares)


def _left_out(run: Run, task: str) -> str:
    lines = cast("list[dict[str, Part]]", run.manifest().get("left_out", []))
    reasons = Counter(str(line["reason"]) for line in lines if (line["task"], line["domain"]) == (task, "training"))
    return ", ".join(f"{count} ({reason})" for reason, count in reasons.items()) or "none"


def _scores(run: Run, name: ModelName) -> str:
    """A table with a line for each test set, form and metric; a sentence where this strength was not asked."""
    import polars as pl

    frame = results_frame(run).filter(
        pl.col("arm") == name.arm,
        pl.col("trained_on") == name.trained_on,
        pl.col("train_rows") == name.train_rows,
        pl.col("seed") == name.seed,
        pl.col("strength") == name.strength,
    )
    if frame.is_empty():
        return "Nothing: the run has not asked it anything at this strength."
    head = "| task | test set | tier | shots | template | metric | value | 95 % interval | rows | left out |"
    return "\n".join([head, "|---" * 10 + "|", *_lines(frame)])


def _lines(frame: "pl.DataFrame") -> list[str]:
    return [
        f"| {row['task']} | {row['domain']} | {row['tier']} | {row['shots']} | {row['template']} | {row['metric']} | "
        + (
            "undefined | none"
            if row["value"] is None
            else f"{row['value']:.3f} | {row['low']:.3f} to {row['high']:.3f}"
        )
        + f" | {row['n']} | {row['left_out']} |"
        for row in frame.iter_rows(named=True)
    ]
