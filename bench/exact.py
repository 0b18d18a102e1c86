"""Is what a run says what Transformers says? An independent reading of the same study, one row at a time.

Shares nothing with farfield but the study file and the model's folder: prompts are worded here, tokenised by
`AutoTokenizer`, read by a plain forward and continued by `generate` at batch 1.

    python -m bench.exact study.yaml --rows 40 --domain tweetqa        # after `farfield run study.yaml`

Prints one JSON line for each domain and number of shots of the untrained arm; exits with 1 where one differs.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import torch
import yaml
from transformers import AutoModelForCausalLM, AutoTokenizer

from farfield import open_results
from farfield.models import resolve

NEAR_TIE = 0.05  # nats between the two best tokens: rounding decides such a choice


class Reader:
    """A plain model: what it thinks of labels, and what it writes."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    @torch.inference_mode()
    def labels(self, prompt: str, labels: list[str]) -> list[float]:
        """Log-probability of each label's first own token."""
        asked = self.tokenizer(prompt)["input_ids"]
        whole = [self.tokenizer(prompt + label)["input_ids"] for label in labels]
        start = min(_common(asked, ids) for ids in whole)
        logp = self.model(torch.tensor([asked[:start]])).logits[0, -1].double().log_softmax(-1)
        return [float(logp[ids[start]]) for ids in whole]

    @torch.inference_mode()
    def text(self, prompt: str, task: dict[str, Any]) -> str:
        """The greedy continuation up to the stop text."""
        ids = torch.tensor([self.tokenizer(prompt)["input_ids"]])
        out = self.model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=task.get("max_new_tokens", 60),
            repetition_penalty=1.0, pad_token_id=self.tokenizer.eos_token_id,
        )  # fmt: skip
        written = self.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
        return str(written.split(task.get("stop", "\n\n"))[0].strip())

    @torch.inference_mode()
    def margin(self, prompt: str, one: str, other: str) -> float:
        """Nats between the two tokens at which two continuations of a prompt part."""
        asked = self.tokenizer(prompt)["input_ids"]
        a, b = (self.tokenizer(prompt + text + "\n\n")["input_ids"] for text in (one, other))
        start = max(len(asked), _common(a, b))
        logp = self.model(torch.tensor([a[:start]])).logits[0, -1].double().log_softmax(-1)
        return abs(float(logp[a[start]] - logp[b[start]])) if start < min(len(a), len(b)) else float("inf")


def main() -> None:
    """Compares and prints."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("study", type=Path)
    options.add_argument("--rows", type=int, default=100, help="rows of each test set, from its first")
    options.add_argument("--domain", action="append", help="only these test sets; may be repeated")
    given = options.parse_args()
    study = yaml.safe_load(given.study.read_text(encoding="utf-8"))
    kept = open_results(given.study).predictions.filter((pl.col("arm") == "base") & (pl.col("template") == 0))
    reader = Reader(resolve(study["model"]).path)
    holds = True
    for name, task in study["tasks"].items():
        for domain, source in {**task["in_domain"], **task.get("out_of_domain", {})}.items():
            if given.domain and domain not in given.domain:
                continue
            rows, demos = (json.loads((given.study.parent / source[key]).read_text()) for key in ("path", "demos"))
            for shots in task["shots"]:
                said = kept.filter(task=name, domain=domain, shots=shots, metric=kept.filter(task=name)["metric"][0])
                told = _compare(reader, task, rows, demos[:shots], said.head(given.rows).to_dicts())
                print(json.dumps({"task": name, "domain": domain, "shots": shots, **told}), flush=True)
                holds &= bool(told["equal"])
    sys.exit(0 if holds else 1)


def _compare(
    reader: Reader, task: dict[str, Any], rows: list[Any], demos: list[Any], said: list[dict[str, Any]]
) -> dict[str, Any]:
    head = "".join(_filled(task["prompts"][0], demo) + _filled(task["target"], demo) + "\n\n" for demo in demos)
    prompts = [head + _filled(task["prompts"][0], rows[row["row"]]) for row in said]
    if task["kind"] == "classification":
        worst = max(
            abs(a - b)
            for prompt, row in zip(prompts, said, strict=True)
            for a, b in zip(reader.labels(prompt, task["labels"]), row["label_logprobs"], strict=True)
        )
        return {"rows": len(said), "worst_nats": worst, "equal": worst < 1e-3}
    differ = []
    for prompt, row in zip(prompts, said, strict=True):
        text = reader.text(prompt, task)
        if text != row["prediction"]:
            differ.append(reader.margin(prompt, text, row["prediction"]))
    equal = len(differ) <= 0.02 * len(said) and all(margin < NEAR_TIE for margin in differ)
    return {"rows": len(said), "differ": len(differ), "margins": differ, "equal": equal}


def _filled(template: str, row: dict[str, Any]) -> str:
    for name, value in row.items():
        template = template.replace(f"{{{name}}}", str(value))
    return template


def _common(left: list[int], right: list[int]) -> int:
    return next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


if __name__ == "__main__":
    main()
