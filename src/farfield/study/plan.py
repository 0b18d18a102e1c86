"""StudySpec -> the graph of cells. Needs a tokenizer and no model: planning takes under a second."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from farfield.data import Demos, Example
from farfield.errors import SpecError, UsageError
from farfield.metrics import metric
from farfield.prompts import Scoring, TokenizerLike
from farfield.spec import ArmSpec, StudySpec, Tier
from farfield.study.addressed import (
    baseline_cell,
    choose_cell,
    evaluate_cell,
    move_cell,
    narrowed_cell,
    space_cell,
    train_cell,
    unique,
)
from farfield.study.baselines import baselines_of
from farfield.study.cells import (
    BaselineCell,
    Candidate,
    Cell,
    EvaluateCell,
    Share,
    Trained,
)
from farfield.study.entries import AboutBase, AboutModel, Entry, Keys, SplitName
from farfield.study.fitting import fits_of
from farfield.study.forms import SearchCell, as_found, search_cell
from farfield.study.mixing import own_share, shares_of
from farfield.study.notes import Note
from farfield.study.remarks import remarks
from farfield.study.tasks import Domain, TaskData, load_task
from farfield.study.universes import Laid, Lapse, lay_out, scoring_of

__all__ = ["Plan", "make_plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """All cells of a study, each once, in the order in which they run; and what each line of the results needs.

    Attributes:
        searches: what finds the prompts of an arm on a task.
    """

    study: StudySpec
    tasks: dict[str, TaskData]
    cells: tuple[Cell, ...]
    entries: tuple[Entry, ...]
    moves: tuple[AboutModel, ...]
    spaces: tuple[AboutModel | AboutBase, ...]
    choices: tuple[AboutModel, ...]
    searches: Mapping[tuple[str, str], SearchCell]
    notes: tuple[Note, ...]
    universes: tuple[Laid, ...]
    lapses: tuple[Lapse, ...]


@dataclass(frozen=True, slots=True)
class _Model:
    """Who is asked: an arm, as trained by a cell, with a share of what it learnt."""

    arm: str
    trained: Trained | None = None
    strength: float = 1.0

    def primary(self, task: TaskData) -> int:
        """The number of shots that the model is judged by."""
        return task.spec.nearest_shots(self.trained.shots if self.trained else 0)

    def told_by(self, cell: Cell) -> AboutModel:
        """The cell as one that tells something of this trained model."""
        assert self.trained is not None
        return AboutModel(self.arm, self.trained.task.name, len(self.trained.rows), self.trained.seed, cell.address)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Collects cells, entries and measures while a study is walked through, in its own universe or another."""

    study: StudySpec
    tokenizer: TokenizerLike
    weights: str
    cells: list[Cell]
    entries: list[Entry]
    moves: list[AboutModel]
    spaces: list[AboutModel | AboutBase]
    choices: list[AboutModel]
    searches: dict[tuple[str, str], SearchCell]
    scoring: dict[str, Scoring]
    universes: tuple[Laid, ...]
    universe: str = ""

    def ask(self, model: _Model, task: TaskData, domain: Domain, tier: Tier, split: SplitName) -> None:
        """Asks a model a test set, with every number of shots and every template.

        A part of what was learnt is asked in the primary form alone: a point of a curve, not a model of its own.
        So is an arm whose prompts are searched: in the form that is found. In other universes no trained model is
        asked with other shots, which no verdict looks at; nor is it on rows that only tell how sure it is.
        """
        every = model.strength == 1.0 and (model.arm, task.name) not in self.searches
        every &= split == "test" or not model.trained
        primary = model.primary(task)
        asked = [primary] if self.universe and model.trained else task.spec.shots
        forms = product(asked, range(len(task.spec.prompts)))
        for shots, template in forms if every else [(primary, 0)]:
            cell = self.cell(model, task, domain, shots, template)
            if form := self.study.arms[model.arm].format.get(task.name):
                cell = narrowed_cell(cell, form.pattern)
            self.add(cell, _keys(model, cell, tier), split)

    def add(self, cell: EvaluateCell | BaselineCell, keys: Keys, split: SplitName) -> None:
        """Adds a cell, and the line of the results that it answers."""
        spec, left_out = cell.task.spec, len(cell.domain.left_out)
        self.cells.append(cell)
        self.entries.append(Entry(keys, split, cell.address, spec.scored_by, spec.labels, left_out, self.universe))

    def cell(self, model: _Model, task: TaskData, domain: Domain, shots: int, template: int) -> EvaluateCell:
        """The cell that asks a model a test set in one form, or in the one that a search finds."""
        search = self.searches.get((model.arm, task.name))
        form = (0, 0, self.scoring[task.name]) if search else (shots, template, self.scoring[task.name])
        if search:  # its templates are numbered as in the study
            task = replace(task, spec=search.task.spec)
        told = task.begun(shots, by_itself=bool(self.tokenizer.bos))
        precision = self.study.precision
        cell = evaluate_cell(self.weights, model.trained, told, domain, form, precision, strength=model.strength)
        return as_found(cell, search) if search else cell

    def elsewhere(self) -> Iterator[tuple["_Lines", dict[str, TaskData]]]:
        """The same lists in each other universe, and the tasks that are asked anew there."""
        for laid in self.universes:
            scoring = {name: scoring for name, (_, scoring) in laid.tasks.items()}
            tasks = {name: task for name, (task, _) in laid.tasks.items()}
            yield replace(self, scoring=scoring, universe=laid.universe.name), tasks

    def taught(self, arm: str, share: Share) -> Share:
        """What an arm learns, in the form that a search finds where it has one."""
        search = self.searches.get((arm, share.task.name))
        return replace(share, search=search, form=search.longest) if search else share

    def said_by_base(self, task: TaskData, rows: tuple[Example, ...]) -> EvaluateCell:
        """The cell that asks the base model for its own answers to training rows."""
        domain = Domain("/replayed", "in_domain", rows, Demos((), task.spec), ())
        return self.cell(_Model(""), task, domain, 0, 0)


def make_plan(study: StudySpec, tokenizer: TokenizerLike, weights: str) -> Plan:
    """Lays out the work.

    Args:
        study: the study.
        tokenizer: of the model; decides which rows fit and how labels are scored.
        weights: fingerprint of the model's weights.

    Raises:
        DataError: files that can't be read or don't fit the study.
        SpecError: a metric that does not exist or does not fit its task.
    """
    tasks = {name: load_task(study, name, fits_of(study, name, tokenizer)) for name in study.tasks}
    scoring = {name: scoring_of(tokenizer, task) for name, task in tasks.items()}
    universes, lapses = lay_out(study, tasks, tokenizer)
    lines = _Lines(study, tokenizer, weights, [], [], [], [], [], {}, scoring, universes)
    for task in tasks.values():
        _check_metrics(task)
        _check_bos(task, tokenizer)
        _add_searches(lines, task)
        _add_untrained(lines, task)
        for there, told in lines.elsewhere():
            if task.name in told:
                _add_untrained(there, told[task.name])
        _add_baselines(lines, task)
    _look(lines, _Model(""), [(task, task.first) for task in tasks.values()])
    for task in tasks.values():
        for name, arm in study.arms.items():
            if arm.trained and task.name in (arm.tasks or tasks):
                _add_trained(lines, tasks, task, name, arm)
    return Plan(
        study,
        tasks,
        tuple(unique(lines.cells)),
        tuple(lines.entries),
        tuple(lines.moves),
        tuple(lines.spaces),
        tuple(lines.choices),
        lines.searches,
        tuple(remarks(study, tasks)),
        universes,
        lapses,
    )


def _add_searches(lines: _Lines, task: TaskData) -> None:
    for name, arm in lines.study.arms.items():
        if arm.search is None:
            continue
        held = _dev(task)
        if held is None:
            raise SpecError(
                f"arm {name!r} searches for its prompts, and task {task.name!r} has no development rows",
                where=f"arms.{name}.search",
                mend="raise `dev:`, or give more rows in `train:`",
            )
        shots = arm.searched_shots(task.spec.shots)
        templates = range(len(task.spec.prompts))
        own = [lines.cell(_Model(""), task, held, each, number) for each, number in product(shots, templates)]
        cell = search_cell(own, shots, arm.search, task.protocol.balance_demos)
        if not cell.drawn:
            raise SpecError(
                f"arm {name!r} searches for its prompts, and task {task.name!r} has too few demos to choose from",
                where=f"arms.{name}.search",
                mend="add rows to the `demos:` file of its `train:`",
            )
        lines.cells.extend([*own, cell])
        lines.searches[name, task.name] = cell


def _add_untrained(lines: _Lines, task: TaskData) -> None:
    held = _dev(task)
    for arm in (name for name, arm in lines.study.arms.items() if not arm.trained):
        if held:
            lines.ask(_Model(arm), task, held, "in_domain", "dev")
        for domain in task.domains:
            lines.ask(_Model(arm), task, domain, domain.tier, "test")
        for domain in task.unlabelled:
            lines.ask(_Model(arm), task, domain, domain.tier, "unlabelled")


def _add_baselines(lines: _Lines, task: TaskData) -> None:
    for domain in task.domains:
        for name in baselines_of(task):
            cell = baseline_cell(name, task, domain)
            keys = Keys(name, None, None, None, None, task.name, domain.name, domain.tier, 0, "fixed", 0)
            lines.add(cell, keys, "test")


def _add_trained(lines: _Lines, tasks: dict[str, TaskData], task: TaskData, name: str, arm: ArmSpec) -> None:
    study = lines.study
    if study.training is None or not task.split.train:  # the rows may all be left out
        return
    sizes = task.sizes(study.training.train_rows)
    others = [other for other in tasks.values() if other is not task and other.name not in arm.tasks]
    for seed, (size, asked) in product(study.seeds, sizes.items()):
        own = own_share(study, arm, task, size)
        shares = [lines.taught(name, each) for each in shares_of(study, arm, tasks, own, asked, lines.said_by_base)]
        lines.cells.extend(share.answers for share in shares if share.answers)
        cell = _trained(lines, name, own, shares, seed)
        for strength in arm.dial:
            _ask_trained(lines, [task], others, _Model(name, cell, strength), cross=size == max(sizes))
        for there, told in lines.elsewhere() if size in (min(sizes), max(sizes)) else ():  # those that claims compare
            at_home = [told[task.name]] if task.name in told else []
            beyond = [told[other.name] for other in others if other.name in told]
            _ask_trained(there, at_home, beyond, _Model(name, cell), cross=size == max(sizes))
        model, crossed = _Model(name, cell), study.cross_task and size == max(sizes)
        _ask_held(lines, task, model, largest=size == max(sizes))
        _look(lines, model, [(task, task.first), *_elsewhere(others if crossed else [])])
        _measure(lines, others, model)


def _trained(lines: _Lines, name: str, own: Share, shares: list[Share], seed: int) -> Trained:
    """The training of an arm, or the choice among its recipes by development rows."""
    study = lines.study
    shots = max((study.arms[name].train_shots, *(share.form.shots for share in shares if share.form)))
    shares = [replace(each, task=each.task.begun(shots, by_itself=bool(lines.tokenizer.bos))) for each in shares]
    trained = [
        train_cell(lines.weights, own, shares, shots, seed, recipe, study.precision) for recipe in study.recipes(name)
    ]
    lines.cells.extend(trained)
    if len(trained) == 1:
        return trained[0]
    held = _dev(own.task)
    if held is None:
        raise SpecError(
            f"arm {name!r} has {len(trained)} recipes to choose from, and task {own.task.name!r} no development rows",
            where="training",
            mend="raise `dev:`, give more rows in `train:`, or name one learning rate and number of epochs",
        )
    models = [_Model(name, each) for each in trained]
    asked = [lines.cell(model, own.task, held, model.primary(own.task), 0) for model in models]
    cell = choose_cell([Candidate(each, dev) for each, dev in zip(trained, asked, strict=True)])
    lines.cells.extend([*asked, cell])
    lines.choices.append(_Model(name, cell).told_by(cell))
    return cell


def _ask_trained(lines: _Lines, own: list[TaskData], others: list[TaskData], model: _Model, *, cross: bool) -> None:
    for task in own:
        for domain in task.domains:
            lines.ask(model, task, domain, domain.tier, "test")
    if lines.study.cross_task and cross:
        for other, domain in _elsewhere(others, every=lines.study.cross_task == "all"):
            lines.ask(model, other, domain, "cross_task", "test")


def _ask_held(lines: _Lines, task: TaskData, model: _Model, *, largest: bool) -> None:
    """Asks rows that no score is about: those that set a dial, and those that tell how sure a classifier may be."""
    strengths, held = lines.study.arms[model.arm].dial, _dev(task)
    sure = largest and task.spec.kind == "classification"
    choosing = task.dev_domains if len(strengths) > 1 else ()
    asked = [*([held] if held and (sure or len(strengths) > 1) else []), *choosing]
    for strength, domain in product(strengths, asked):
        lines.ask(replace(model, strength=strength), task, domain, domain.tier, "dev")
    for domain in task.unlabelled if sure else ():
        lines.ask(model, task, domain, domain.tier, "unlabelled")


def _measure(lines: _Lines, others: list[TaskData], model: _Model) -> None:
    """How far the model moved, seen on its own test sets and on the first one of each other task."""
    assert model.trained is not None
    task = model.trained.task
    asked = [(task, domain) for domain in task.domains]
    asked += [(other, domain) for other, domain in _elsewhere(others)]
    cell = move_cell(model.trained, [lines.cell(model, on, domain, model.primary(on), 0) for on, domain in asked])
    lines.cells.append(cell)
    lines.moves.append(model.told_by(cell))


def _look(lines: _Lines, model: _Model, on: list[tuple[TaskData, Domain]]) -> None:
    """What the model writes to these test sets, asked as it is judged; nothing of it is a line of the results."""
    whole = [lines.cell(model, task, domain, model.primary(task), 0) for task, domain in on]
    lines.cells.extend(cell for cell in whole if cell.task.spec.kind == "generation")  # whose texts are looked at
    cell = space_cell(model.trained, whole)
    lines.cells.append(cell)
    lines.spaces.append(model.told_by(cell) if model.trained else AboutBase(cell.address))


def _dev(task: TaskData) -> Domain | None:
    """The development rows as a test set, with the training domain's demos."""
    if not task.split.dev:
        return None
    name = next(iter(task.train_demos))
    return Domain(name, "in_domain", task.split.dev, task.train_demos[name], ())


def _elsewhere(others: list[TaskData], *, every: bool = False) -> Iterator[tuple[TaskData, Domain]]:
    """Test sets of other tasks: the first in-domain one of each, or all."""
    for other in others:
        known = [domain for domain in other.domains if domain.tier == "in_domain"]
        for domain in other.domains if every else known[:1]:
            yield other, domain


def _keys(model: _Model, cell: EvaluateCell, tier: Tier) -> Keys:
    trained = model.trained
    return Keys(
        model.arm,
        model.strength if trained else None,
        trained.task.name if trained else None,
        len(trained.rows) if trained else None,
        trained.seed if trained else None,
        cell.task.name,
        cell.domain.name,
        tier,
        cell.shots,
        "searched" if cell.search else cell.task.protocol.demo_choice,
        cell.template,
    )


def _check_metrics(task: TaskData) -> None:
    for name in task.spec.scored_by:
        try:
            found = metric(name, task.spec.labels)
        except UsageError as error:
            raise SpecError(error.what, where=f"tasks.{task.name}.metrics", mend=error.mend) from None
        if found.kind not in (None, task.spec.kind):
            raise SpecError(
                f"the metric {name!r} is for {found.kind}, and the task {task.name!r} is {task.spec.kind}",
                where=f"tasks.{task.name}.metrics",
                mend="choose a metric of the task's kind",
            )


def _check_bos(task: TaskData, tokenizer: TokenizerLike) -> None:
    if task.protocol.bos and not tokenizer.named_bos:
        raise SpecError(
            f"`bos: {str(task.protocol.bos).lower()}` is asked for, and the model has no BOS token",
            where=f"task {task.name}",
            mend="leave `bos:` out",
        )
