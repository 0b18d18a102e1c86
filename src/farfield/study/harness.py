"""A study's tasks and a run's predictions in the form of lm-evaluation-harness (0.4.13), for others to repeat.

README.md                                how to run them, and what the harness does otherwise
tasks/TASK.DOMAIN.Kshot.tN.yaml          one task: prompts as farfield builds them, demos as the run showed them
tasks/TASK.DOMAIN.tN.jsonl               the rows that it asks
tasks/rows.py                            reads them
samples/MODEL/samples_TASK…_DATE.jsonl   what the run's models said, as `lm_eval --log_samples` writes it
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from farfield.data import Example
from farfield.errors import RunError
from farfield.models import Tokenizer
from farfield.prompts import BLANK_LINE, Prompter
from farfield.runs import Run
from farfield.study.card import ModelName
from farfield.study.cells import EvaluateCell
from farfield.study.entries import Keys
from farfield.study.exporting import Exported, write_new
from farfield.study.plan import Plan
from farfield.study.running import Prepared, Results, prepare
from farfield.study.searching import asked_as_found

if TYPE_CHECKING:
    from farfield.runs.address import Part

__all__ = ["export_tasks"]

Doc = dict[str, str | int]

# Metrics that the harness has without a network, under the names that both give them.
_GENERATION = ("bleu", "chrf", "exact_match")

# `dataset_path: json` would take a path from wherever the harness is started, and a column of dates for timestamps.
_READER = '''\
"""Reads the rows of a task from beside this file, every text as it was written."""

import json
from pathlib import Path

from datasets import Dataset


def read(file, **_):
    """The rows of one file as the split `test`."""
    with (Path(__file__).parent / file).open(encoding="utf-8") as lines:
        return {"test": Dataset.from_list([json.loads(line) for line in lines])}
'''

_README = """\
# The study {study} for lm-evaluation-harness

`tasks/` holds one task for each task, test set, number of shots and template of the study; `samples/` holds what the
run's models said to them, a folder a model, in the form that `--log_samples` writes. Made for version 0.4.13.

{commands}

MODEL is a folder: that of the base model, `{base}` (SHA-256 {fingerprint}), or one that `farfield export` wrote.

Prompts, demos and rows are the run's own, so `prompt_hash` agrees line by line. What the harness does otherwise:

- It scores labels whole. farfield scores the first token of each unless the study says `label_scoring: whole_label` or
  two labels begin alike; where one label begins another, farfield also asks for the label's end. `scoring` in each
  task's `metadata` says what the run did. Between labels of one token each there is no difference.
- It scores a label from as many tokens on as its prompt has alone. farfield starts where the tokens of prompt and label
  part, which differs where a tokenizer joins the end of a prompt with a label.
- It moves white space at a prompt's end over to the label, and scores it.
- It reads control tokens inside a row's text as such; farfield reads them as text.
- With a chat template it drops an `answer_prefix` of one space before a scored label.
- Its BLEU and chrF go from 0 to 100 and split words alike in all scripts; it has no ROUGE-L and no macro F1 of its own,
  for which accuracy and exact match stand in. The tasks strip white space around a text, as farfield does.
- It holds no answer to a format; where an arm has one, only the samples do.
- It has no way to choose demos as farfield does for each row: where a study does, they stand in the rows' prompts.
- Whether a label was the greedy answer is not kept by farfield: the second part of a scored label's response says None.
"""


def export_tasks(results: Results, *, out: Path | None = None) -> Exported:
    """Writes the folder; by default `lm-eval` in the run's folder.

    Raises:
        UsageError: the folder is there already.
        RunError: nothing that the run has finished belongs to its study any more.
    """
    run, prepared = results.run, prepare(results.study)
    forms = _forms(prepared.plan, run)
    if not any(run.has(cell.address) for asked in forms.values() for _, cell in asked):
        raise RunError(
            "no finished cell of this run fits its study any more",
            where=str(run.folder),
            mend="the data or the model changed; run the study again first",
        )
    # The harness puts a time into a file's name; that of the manifest keeps a second export the same.
    changed = datetime.fromtimestamp((run.folder / "manifest.json").stat().st_mtime, UTC).replace(tzinfo=None)
    date = changed.isoformat().replace(":", "-")

    def write(folder: Path) -> None:
        (folder / "tasks").mkdir()
        (folder / "tasks" / "rows.py").write_text(_READER, encoding="utf-8")
        (folder / "README.md").write_text(_readme(prepared), encoding="utf-8")
        for name, asked in forms.items():
            task = _HarnessTask(name, asked[0][1], prepared.tokenizer)
            (folder / "tasks" / f"{name}.yaml").write_text(task.yaml(), encoding="utf-8")
            _write_lines(folder / "tasks" / task.file, task.docs())
            for keys, cell in asked:
                if run.has(cell.address):
                    model = folder / "samples" / _safe(_model_name(keys))
                    model.mkdir(parents=True, exist_ok=True)
                    _write_lines(model / f"samples_{name}_{date}.jsonl", task.samples(run, cell.address))

    return write_new(out or run.folder / "lm-eval", write)


def _forms(plan: Plan, run: Run) -> dict[str, list[tuple[Keys, EvaluateCell]]]:
    """The names of the tasks, and which models were asked each; a searched form has its task once it is found."""
    asked = [cell for cell in plan.cells if isinstance(cell, EvaluateCell)]
    known = [cell for cell in asked if cell.search is None or run.has(cell.search.address)]
    cells = {cell.address: asked_as_found(cell, run) for cell in known}
    forms: dict[str, list[tuple[Keys, EvaluateCell]]] = {}
    for entry in plan.entries:
        if entry.split == "test" and entry.address in cells and not entry.universe:
            keys, cell = entry.keys, cells[entry.address]
            found = f".{cell.search.address[:8]}" if cell.search else ""
            name = f"{_safe(keys.task)}.{_safe(keys.domain)}.{cell.shots}shot.t{cell.template}{found}"
            forms.setdefault(name, []).append((keys, cell))
    return forms


@dataclass(frozen=True, slots=True)
class _HarnessTask:
    """One task of the harness: a test set in one form, whichever model is asked."""

    name: str
    cell: EvaluateCell
    tokenizer: Tokenizer

    @property
    def file(self) -> str:
        """The name of its rows' file, which all numbers of shots share unless each row has its own demos."""
        cell = self.cell
        shots = "" if self._fixed else f".{cell.shots}shot"
        return f"{_safe(cell.task.name)}.{_safe(cell.domain.name)}{shots}.t{cell.template}.jsonl"

    @property
    def prompter(self) -> Prompter:
        """What words its prompts."""
        return Prompter(self.tokenizer, self.cell.task.spec, self.cell.task.protocol, self.cell.template)

    def yaml(self) -> str:
        """The task's file."""
        task, spec = self.cell.task, self.cell.task.spec
        parts: dict[str, Part] = {
            "task": self.name,
            "tag": _tag(chat=task.protocol.chat),
            "dataset_kwargs": {"file": self.file},
            "test_split": "test",
            "doc_to_text": "prompt",
            "doc_to_target": "target",
            "target_delimiter": task.protocol.answer_prefix,
            "fewshot_delimiter": BLANK_LINE,
            "num_fewshot": len(self._everywhere),
            "metadata": {"version": 1, "scoring": self.cell.scoring.name, "shots": self.cell.shots},
            "metric_list": [
                {"metric": name, "aggregation": "mean" if name in ("acc", "exact_match") else name,
                 "higher_is_better": True}
                for name in self._metrics()
            ],
        }  # fmt: skip
        if self._everywhere:
            parts["fewshot_config"] = {"sampler": "first_n", "samples": [self._doc(demo) for demo in self._everywhere]}
        if spec.labels:
            parts |= {"output_type": "multiple_choice", "doc_to_choice": list(spec.labels)}
        else:
            strip = {"function": "regex", "regex_pattern": "(?s).*"}  # this filter strips what it finds
            parts |= {
                "output_type": "generate_until",
                "generation_kwargs": self._generation(),
                "filter_list": [{"name": "strip", "filter": [strip, {"function": "take_first"}]}],
            }
        text = yaml.safe_dump(parts, allow_unicode=True, sort_keys=False, width=120)
        return f"custom_dataset: !function rows.read\n{text}"

    def docs(self) -> list[Doc]:
        """Its rows."""
        return [self._doc(example) for example in self.cell.domain.examples]

    def samples(self, run: Run, address: str) -> "Iterator[Mapping[str, Part]]":
        """A model's predictions, a sample a row."""
        kept = run.predictions(address).iter_rows(named=True)
        for number, (example, said) in enumerate(zip(self.cell.domain.examples, kept, strict=True)):
            doc, context = self._doc(example), self._context(example)
            parts = self._classified(context, said) if self.cell.task.spec.labels else self._generated(context, said)
            yield {
                "doc_id": number,
                "doc": doc,
                "target": example.target,
                **parts,
                "metrics": list(self._metrics()),
                "doc_hash": _sha256(json.dumps(doc, indent=2, ensure_ascii=False)),
                "prompt_hash": _sha256(context),
                "target_hash": _sha256(example.target),
            }

    def _classified(self, context: str, said: Mapping[str, Any]) -> "dict[str, Part]":
        prefix, labels = self.cell.task.protocol.answer_prefix, self.cell.task.spec.labels
        responses = [[str(logp), "None"] for logp in said["label_logprobs"]]
        return {
            "arguments": _arguments([(context, prefix + label) for label in labels]),
            "resps": [[response] for response in responses],
            "filtered_resps": responses,
            "filter": "none",
            "acc": float(said["prediction"] == said["target"]),
        }

    def _generated(self, context: str, said: Mapping[str, Any]) -> "dict[str, Part]":
        text, target = said["prediction"], said["target"]
        scores = {name: float(text == target) if name == "exact_match" else [target, text] for name in self._metrics()}
        return {
            "arguments": _arguments([(context, self._generation())]),
            "resps": [[text]],
            "filtered_resps": [text],
            "filter": "strip",
            **scores,
        }

    def _generation(self) -> "dict[str, Part]":
        spec = self.cell.task.spec
        return {"until": [spec.stop], "do_sample": False, "max_gen_toks": spec.max_new_tokens}

    def _metrics(self) -> Sequence[str]:
        spec = self.cell.task.spec
        if spec.labels:
            return ("acc",)
        return [name for name in _GENERATION if name in spec.scored_by] or ["exact_match"]

    @property
    def _fixed(self) -> bool:
        return self.cell.domain.demos.choice == "fixed"

    @property
    def _everywhere(self) -> tuple[Example, ...]:
        """The demos of every prompt; where rows have their own, none, and the rows' prompts hold them."""
        return self.cell.domain.demos.first(self.cell.shots) if self._fixed else ()

    def _shown(self, example: Example) -> tuple[Example, ...]:
        return self.cell.domain.demos.shown(example, self.cell.shots)

    def _doc(self, example: Example) -> Doc:
        own = () if self._fixed else self._shown(example)
        return {"row": example.row, "prompt": self.prompter.text(example, own), "target": example.target}

    def _context(self, example: Example) -> str:
        text = self.prompter.text(example, self._shown(example))
        if not self.cell.task.protocol.chat:
            return text
        before, after = self.tokenizer.chat(text)
        return before + text + after


def _readme(prepared: Prepared) -> str:
    """The commands that run the tasks, and what differs."""
    plan, model = prepared.plan, prepared.model
    precision = {"fp32": "float32", "bf16": "bfloat16"}[plan.study.precision]
    commands = [
        f"```sh\nlm_eval run --model hf --model_args pretrained=MODEL,dtype={precision} --include_path tasks "
        f"--tasks {_tag(chat=chat)}{' --apply_chat_template' if chat else ''} --log_samples --output_path out\n```"
        for chat in sorted({task.protocol.chat for task in plan.tasks.values()})
    ]
    return _README.format(
        study=plan.study.study, commands="\n\n".join(commands), base=model.name, fingerprint=model.fingerprint
    )


def _tag(*, chat: bool) -> str:
    """One name for all tasks that are run by one command."""
    return "farfield_chat" if chat else "farfield"


def _model_name(keys: Keys) -> str:
    if keys.trained_on is None or keys.train_rows is None or keys.seed is None or keys.strength is None:
        return keys.arm
    return str(ModelName(keys.arm, keys.trained_on, keys.train_rows, keys.seed, keys.strength))


def _safe(name: str) -> str:
    """A name for files and for the harness's lists of tasks, and never the same one for two."""
    return re.sub(r"[^\w-]", lambda found: f"%{ord(found[0]):02x}", name)


def _arguments(requests: "Sequence[tuple[str, Part]]") -> "dict[str, Part]":
    """As the harness writes what a model was asked."""
    return {f"gen_args_{n}": {"arg_0": context, "arg_1": other} for n, (context, other) in enumerate(requests)}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _write_lines(path: Path, lines: "Sequence[Mapping[str, Part]] | Iterator[Mapping[str, Part]]") -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
