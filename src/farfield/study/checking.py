"""`check`: what to mind before anything runs, put together from the rows, the prompts and the plan."""

from collections.abc import Callable, Iterator

from farfield.data import Issue, Place, balance, conflicts, duplicates, leaks
from farfield.errors import DownloadError, PromptError
from farfield.spec import StudySpec
from farfield.study.asking import Reader, prompts_of
from farfield.study.cells import EvaluateCell
from farfield.study.detecting import detectable
from farfield.study.inspecting import inspected
from farfield.study.lengths import ByteTokenizer
from farfield.study.plan import Plan, make_plan
from farfield.study.running import prepare
from farfield.study.tasks import Domain, TaskData

__all__ = ["check"]

_RANK = {"error": 0, "warning": 1, "note": 2}


def check(study: StudySpec, *, say: Callable[[str], None] = lambda _: None) -> list[Issue]:
    """All issues of a study, the worst first; without the model at hand, lengths of prompts come from bytes.

    Args:
        study: the study.
        say: told what takes long, or is not there.

    Raises:
        FarfieldError: what makes the study impossible.
    """
    plan, tokenizer = _laid_out(study, say)
    found = [issue for task in plan.tasks.values() for issue in _task(task, tokenizer)]
    found += [issue for task in plan.tasks.values() for issue in inspected(study, task)]
    found += _prompts(plan, tokenizer)
    found += [Issue("rows", Place(), (), {**note.values, "note": note.code}) for note in plan.notes]
    return sorted(found, key=lambda issue: _RANK[issue.severity])


def _laid_out(study: StudySpec, say: Callable[[str], None]) -> tuple[Plan, Reader]:
    try:
        prepared = prepare(study, say=say)
    except DownloadError as error:
        say(f"{error.what}; lengths are estimated from bytes, and how labels begin is not looked at")
        return make_plan(study, ByteTokenizer(), "unknown"), ByteTokenizer()
    return prepared.plan, prepared.tokenizer


def _task(task: TaskData, tokenizer: Reader) -> Iterator[Issue]:
    where = Place(task.name, "train")
    yield from duplicates(task.split.train, task.spec, where)
    yield from conflicts(task.split.train, task.spec, where)
    yield from balance(task.split.train, task.spec, where)
    in_demos = tuple(left.row for left in task.split.left_out if left.reason == "equals_demo")
    if in_demos:
        yield Issue("demo_in_training", where, in_demos)
    for domain in (*task.domains, *task.dev_domains):
        yield from _domain(task, domain, tokenizer)
    for told in detectable(task):
        yield Issue("power" if told.proportion else "power_of_scores", Place(task.name), (), told.values)


def _domain(task: TaskData, domain: Domain, tokenizer: Reader) -> Iterator[Issue]:
    where = Place(task.name, "domain", domain.name)
    asked = len(domain.examples)
    if asked == 0:
        yield Issue("no_rows", where)
        return
    yield from duplicates(domain.examples, task.spec, where)
    yield from conflicts(domain.examples, task.spec, where)
    yield from balance(domain.examples, task.spec, where)
    yield from leaks(domain.left_out, asked + len(domain.left_out), where)
    dropped = tuple(left.row for left in domain.left_out if left.reason == "dropped_label")
    if dropped:
        yield Issue("dropped_label", where, dropped)
    if task.spec.kind == "generation":
        limit = task.spec.max_new_tokens
        long = tuple(e.row for e in domain.examples if len(tokenizer.encode(e.target)) > limit)
        if long:
            yield Issue("long_reference", where, long, {"of": asked, "limit": limit})


def _prompts(plan: Plan, tokenizer: Reader) -> Iterator[Issue]:
    """Prompts that the model can't read; each form of prompt is looked at once, whichever model reads it."""
    seen = set()
    for cell in plan.cells:
        if not isinstance(cell, EvaluateCell):
            continue
        if cell.form in seen or not cell.domain.examples:
            continue
        seen.add(cell.form)
        try:
            prompts_of(cell, tokenizer)
        except PromptError as error:
            yield Issue("prompt_too_long", Place(beyond=error.where), (), {"what": error.what, "mend": error.mend})
