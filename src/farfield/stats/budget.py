"""One alpha for ever: how it is shared out among rules, and over the restarts of each.

An alarm rings falsely with probability at most its level (`sequential.py`). After an alarm, or when a model was trained
again, a rule starts anew and needs a level of its own. The k-th start of a rule gets the share 1 / (k (k + 1)) of what
the rule has; these shares sum to 1, and so, by the union bound, no rule ever rings falsely in any of its lives with
probability at least 1 - alpha.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

__all__ = ["Allotment", "AlphaBudget"]


@dataclass(frozen=True, slots=True)
class Allotment:
    """A level that was given out.

    Attributes:
        rule: to which rule.
        start: for its how many-th start, from 1.
        level: the probability of a false alarm that it may use.
        reason: why it started: "deployed", "retrained", "alarm looked into".
    """

    rule: str
    start: int
    level: float
    reason: str


@dataclass(frozen=True, slots=True)
class AlphaBudget:
    """What may be spent on false alarms, and what was.

    Attributes:
        alpha: the probability that any of the rules ever rings falsely.
        shares: of each rule; they sum to at most 1, and what is left is for rules to come.
        given: all levels that were given out, in order.
    """

    alpha: float
    shares: tuple[tuple[str, float], ...]
    given: tuple[Allotment, ...] = ()

    def __post_init__(self) -> None:
        rules = [rule for rule, _ in self.shares]
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha must lie strictly between 0 and 1, not {self.alpha}")
        if len(set(rules)) != len(rules):
            raise ValueError(f"a rule that stands twice: {rules}")
        if any(share <= 0 for _, share in self.shares) or math.fsum(share for _, share in self.shares) > 1 + 1e-12:
            raise ValueError(f"shares must be above 0 and sum to at most 1: {self.shares}")

    @classmethod
    def equal(cls, alpha: float, rules: Sequence[str]) -> "AlphaBudget":
        """The same share for every rule."""
        return cls(alpha, tuple((rule, 1 / len(rules)) for rule in rules))

    def level(self, rule: str) -> float:
        """The level that the rule's next start will get.

        Raises:
            KeyError: there is no such rule.
        """
        return self._next(rule, "").level

    def allot(self, rule: str, reason: str) -> tuple["AlphaBudget", Allotment]:
        """Gives out the level of a rule's next start.

        Raises:
            KeyError: there is no such rule.
        """
        one = self._next(rule, reason)
        return AlphaBudget(self.alpha, self.shares, (*self.given, one)), one

    def with_rule(self, rule: str, share: float) -> "AlphaBudget":
        """A further rule, out of what no rule has yet."""
        return AlphaBudget(self.alpha, (*self.shares, (rule, share)), self.given)

    @property
    def spent(self) -> float:
        """The sum of all levels that were given out; below alpha for ever."""
        return math.fsum(one.level for one in self.given)

    def record(self) -> str:
        """What was spent, as text: a line for each level given out, and the sum."""
        lines = [f"{one.rule}, start {one.start} ({one.reason}): {one.level:.3g}" for one in self.given]
        return "\n".join([*lines, f"spent {self.spent:.3g} of {self.alpha:g}"])

    def to_json(self) -> str:
        """The budget as JSON text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "AlphaBudget":
        """The budget that `to_json` wrote."""
        fields = json.loads(text)
        shares = tuple((rule, share) for rule, share in fields["shares"])
        return cls(fields["alpha"], shares, tuple(Allotment(**one) for one in fields["given"]))

    def _next(self, rule: str, reason: str) -> Allotment:
        start = 1 + sum(one.rule == rule for one in self.given)
        return Allotment(rule, start, self.alpha * dict(self.shares)[rule] / (start * (start + 1)), reason)
