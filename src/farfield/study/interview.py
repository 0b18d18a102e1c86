"""The questions of `farfield init`: each has an option that answers it, and mostly a proposal from the rows.

Who answers is somebody else's matter: a function from a question to an answer, which may sit at a terminal, take every
proposal, or collect what is missing (`Unattended`).
"""

import datetime
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from farfield.data.intake import parse_date
from farfield.errors import UsageError
from farfield.study.dividing import SPLITS, Division, days_of
from farfield.study.drafting import kind_of, labels_of
from farfield.study.mapping import Mapped, Proposed, propose_mapping, require_columns

__all__ = ["Ask", "Interview", "Question", "Unattended"]

_PREVIEW, _CELL = 3, 60
_NONE = "-"  # answers a question with nothing
_FEWEST = 20  # rows that make a value of the source a domain worth a test


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        flag: the option that answers it.
        text: in words.
        proposal: what the rows suggest; empty where they suggest nothing.
        choices: what may be answered; anything where there are none.
        must: whether somebody has to say it, even where there is a proposal.
        optional: whether nothing is an answer too.
    """

    flag: str
    text: str
    proposal: str = ""
    choices: tuple[str, ...] = ()
    must: bool = False
    optional: bool = False


Ask = Callable[[Question], str]


@dataclass(slots=True)
class Unattended:
    """Takes proposals and tells them; what must be said and was not is collected for one error that names all options.

    Attributes:
        say: is told what was taken.
        every: whether all proposals may be taken (`--yes`).
        missing: the options that are missing, with their proposals.
    """

    say: Callable[[str], None]
    every: bool = False
    missing: list[str] = field(default_factory=list)

    def __call__(self, question: Question) -> str:
        """The proposal; see above."""
        answer = question.proposal
        if question.must and (not self.every or not answer):
            self.missing.append(f"{question.flag} {_quoted(answer) if answer else '…'}")
            if not answer:
                self.settle()
        if answer:
            self.say(f"{question.flag} {_quoted(answer)}  (proposed)")
        return answer

    def settle(self) -> None:
        """Raises what is missing.

        Raises:
            UsageError: something is; the options stand in it as they can be typed.
        """
        if self.missing:
            take = "" if any(told.endswith("…") for told in self.missing) else "; or --yes to take what is proposed"
            mend = f"give {' '.join(self.missing)}{take}"
            raise UsageError("there is no terminal to ask on, and the options leave questions open", mend=mend)


class Interview:
    """Asks for what the options leave open.

    Args:
        given: answers by option, such as `{"--target": "department"}`.
        ask: answers the others.
        say: is told the preview.
    """

    def __init__(self, given: Mapping[str, str], ask: Ask, say: Callable[[str], None]) -> None:
        self._given, self._ask, self._say = given, ask, say

    def settle(self, question: Question) -> str:
        """The answer to one question.

        Raises:
            UsageError: an answer that is none of the choices, or none where one is needed.
        """
        answer = (self._given.get(question.flag) or self._ask(question)).strip()
        answer = "" if answer == _NONE and question.optional else answer
        if not answer and question.optional:
            return ""
        if not answer:
            raise UsageError("a question has no answer", where=question.flag, mend=question.text)
        if question.choices and answer not in question.choices:
            mend = f"answer one of: {', '.join(question.choices)}"
            raise UsageError(f"{answer!r} is no answer", where=question.flag, mend=mend)
        return answer

    def mapped(self, rows: Sequence[Mapping[str, str]], where: str, *, divided: bool = False) -> Mapped:
        """Which columns are what.

        Args:
            rows: the rows.
            where: the file's name.
            divided: whether rows come in files of their own, so that nothing is asked to divide them by.

        Raises:
            DataError: a column that is not there.
        """
        found = propose_mapping(rows)
        self._preview(rows, found)
        question = Question("--target", "Which column is the answer?", found.mapped.target, must=True)
        target = self.settle(question)
        require_columns(found.columns, [target], where)
        found = propose_mapping(rows, target=target)
        guess = found.mapped
        text = self.settle(
            Question("--text", "Which columns does the model read (commas between)?", ",".join(guess.text))
        )
        texts = guess.text if text == ",".join(guess.text) else tuple(part.strip() for part in text.split(","))
        chosen = {
            role: self.settle(Question(f"--{role}", asked, getattr(guess, role), optional=True))
            for role, asked in _ROLES.items()
            if not divided or role == "group"
        }
        # A group is kept together within one file too, and only somebody who knows the rows can tell one.
        require_columns(found.columns, [*texts, *filter(None, chosen.values())], where)
        if target in texts:
            raise UsageError("the answer's column is shown to the model", where="--text", mend=f"leave {target!r} out")
        return Mapped(texts, target, **chosen)

    def task(self, rows: Sequence[Mapping[str, str]], target: str) -> tuple[str, tuple[str, ...]]:
        """The kind of the task, and the label words of a classification."""
        kinds = ("classification", "generation")
        kind = self.settle(
            Question("--kind", "Is one of a few labels chosen, or a text written?", kind_of(rows, target), kinds)
        )
        if kind == "generation":
            return kind, ()
        found = labels_of(rows, target)
        proposal = ",".join(found)
        answer = self.settle(Question("--labels", "Which labels are there (rows with others are dropped)?", proposal))
        labels = found if answer == proposal else tuple(part.strip() for part in answer.split(",") if part.strip())
        if len(set(labels)) < 2 or len(set(labels)) < len(labels):
            raise UsageError(
                "a classification has two different labels or more", where="--labels", mend="name each once"
            )
        return kind, labels

    def division(self, rows: Sequence[Mapping[str, str]], mapped: Mapped) -> Division:
        """How rows are divided into those that train and those that test."""
        known = [row for row in rows if row.get(mapped.target, "").strip()]
        sources = Counter(row.get(mapped.source, "").strip() for row in known) if mapped.source else Counter()
        large = [name for name, count in sources.most_common() if name and count >= _FEWEST]
        days = sorted(day for day in days_of(known, mapped.date) if day) if mapped.date else []
        can = [by for by in SPLITS if by == "random" or (sources if by == "domain" else days)]
        best = "domain" if len(large) > 1 else "period" if len(days) > 1 and days[0] < days[-1] else "random"
        text = "Test on other domains (domain), on later rows (period), or on rows drawn from the same ones (random)?"
        by = self.settle(Question("--split", text, best, SPLITS, must=True))
        if by not in can:
            column = "--source" if by == "domain" else "--date"
            raise UsageError(f"rows can't be divided by {by} without that column", where=column, mend="name the column")
        share = self._share()
        seed = int(self._given.get("--seed") or 0)
        if by == "domain":
            names = tuple(name for name, _ in sources.most_common() if name)
            home = self.settle(Question("--train-on", "Which domain trains?", names[0] if names else "", names))
            return Division("domain", home, None, share, seed)
        if by == "period":
            day = self.settle(Question("--later-from", "From which day on are rows later ones?", _cut(days)))
            since = parse_date(f"{day}-01-01" if len(day) == 4 and day.isdecimal() else day)
            if since is None:
                raise UsageError(f"{day!r} is no day", where="--later-from", mend="write it as 2024-04-01, or 2024")
            return Division("period", "", since, share, seed)
        return Division("random", "", None, share, seed)

    def _share(self) -> float:
        text = "Which share of the training domain's rows tests at home?"
        answer = self.settle(Question("--test-share", text, "0.2"))
        try:
            share = float(answer)
        except ValueError:
            share = 0.0
        if not 0 < share < 1:
            raise UsageError(f"{answer!r} is no share", where="--test-share", mend="write a number between 0 and 1")
        return share

    def _preview(self, rows: Sequence[Mapping[str, str]], found: Proposed) -> None:
        for number, row in enumerate(rows[:_PREVIEW], 1):
            self._say(
                f"row {number}: " + ", ".join(f"{_plain(name)}: {_plain(row.get(name, ''))}" for name in found.columns)
            )
        told = {
            **{role: getattr(found.mapped, role) for role in ("target", *_ROLES)},
            "text": ", ".join(found.mapped.text),
        }
        for role, column in told.items():
            if column:
                self._say(f"{role} could be {_plain(column)}: {found.why.get(role, 'what is left')}")


_ROLES = {
    "date": "Which column is the day of a row (- for none)?",
    "source": "Which column says where a row comes from (- for none)?",
    "group": "Which column holds what must not be parted, such as a customer (- for none)?",
}


def _cut(days: Sequence[datetime.date]) -> str:
    """About the last fifth of rows are later; from the first of a month where that leaves a tenth on either side."""
    if not days:
        return ""
    day = days[int(0.8 * (len(days) - 1))]
    first = day.replace(day=1)
    earlier = sum(each < first for each in days) / len(days)
    if not 0.1 <= earlier <= 0.9:
        first = min((each for each in days if each >= day and each > days[0]), default=day)
    return first.isoformat()


def _plain(text: str) -> str:
    """One line without control characters: what stands in a file gives a terminal no orders."""
    return "".join(character if character.isprintable() else " " for character in text)[:_CELL]


def _quoted(answer: str) -> str:
    """As it can be typed; other than by `shlex`, Japanese words stay bare."""
    return f"'{answer}'" if re.search(r"[^\w,.:/@+-]", answer) else answer
