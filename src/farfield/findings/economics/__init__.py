"""From scores to money: what a task is worth, in which order to try, and what it asks of people."""

from farfield.findings.economics.assumptions import Assumption
from farfield.findings.economics.model import (
    Burden,
    BurdenLine,
    Choice,
    Counsel,
    DomainMoney,
    Economics,
    Gate,
    RoleCard,
    Stage,
    StagedPlan,
    Swing,
    TaskMoney,
)
from farfield.findings.economics.weighing import weigh

__all__ = [
    "Assumption",
    "Burden",
    "BurdenLine",
    "Choice",
    "Counsel",
    "DomainMoney",
    "Economics",
    "Gate",
    "RoleCard",
    "Stage",
    "StagedPlan",
    "Swing",
    "TaskMoney",
    "weigh",
]
