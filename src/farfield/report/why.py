"""What the page says of declared claims, and of how far models moved."""

from dataclasses import dataclass

from farfield.findings import Declared, Findings, Holding, MovedLine
from farfield.report.numbers import gain_text, range_text
from farfield.report.words import Words
from farfield.spec import TIERS
from farfield.stats import Estimate, Number, Undefined

__all__ = ["DeclaredRow", "MovedRow", "declared_rows", "foretold_rows", "moved_rows", "moved_tiers"]

_SHOWN = {
    Holding.holds: ("✔", "good"),
    Holding.does_not: ("✘", "bad"),
    Holding.cant_tell: ("?", "open"),
    Holding.not_tested: ("–", "plain"),
}


@dataclass(frozen=True, slots=True)
class DeclaredRow:
    """One declared claim: the statement, where it was looked at, the number, the verdict with its symbol and tone."""

    says: str
    on: str
    value: str
    verdict: str
    symbol: str
    tone: str


@dataclass(frozen=True, slots=True)
class MovedRow:
    """One trained model: mean |Δw| over changed and over all weights, relative size, rank, and KL by `moved_tiers`."""

    model: str
    adapted: str
    whole: str
    relative: str
    rank: str
    kl: list[str]


def declared_rows(findings: Findings, say: Words) -> list[DeclaredRow]:
    """The declared claims in their order."""
    return [_declared(claim, say) for claim in findings.declared]


def _declared(claim: Declared, say: Words) -> DeclaredRow:
    # A claim of the user's own may be worded in one language only.
    said = {str(language): words for language, words in claim.says.items()}
    words = said.get(say.language) or next(iter(said.values()))
    symbol, tone = _SHOWN[claim.verdict]
    if claim.verdict is Holding.not_tested:
        return DeclaredRow(words, "", "", say(f"declared.reason.{claim.reason}"), symbol, tone)
    verdict = say(f"declared.{claim.verdict}")
    if claim.more:
        verdict = say("declared.more", verdict=verdict, more=range_text(claim.more, say))
    value = gain_text(claim.value, say, relative=claim.measure == "weights")
    return DeclaredRow(words, say("list.comma").join(claim.on), value, verdict, symbol, tone)


def moved_rows(findings: Findings, say: Words) -> list[MovedRow]:
    """Every trained model, in the order of the study."""
    tiers = moved_tiers(findings)
    return [_moved(line, tiers, say) for line in findings.moved]


def moved_tiers(findings: Findings) -> list[str]:
    """The tiers whose KL is told: later times only where a study tests them."""
    later = any(isinstance(line.kl["later_time"], Estimate) for line in findings.moved)
    return [tier for tier in TIERS if tier != "later_time" or later]


def _moved(line: MovedLine, tiers: list[str], say: Words) -> MovedRow:
    return MovedRow(
        say("moved.model", arm=line.arm, task=line.trained_on, rows=line.train_rows),
        f"{line.adapted:.2e}",
        f"{line.whole:.2e}",
        f"{100 * line.relative:.2f}",
        f"{line.rank:.1f}",
        [_nats(line.kl[tier], say) for tier in tiers],
    )


def _nats(number: Number, say: Words) -> str:
    if isinstance(number, Undefined):
        return "–"
    return f"{number.value:.2f} {say('interval', low=f'{number.low:.2f}', high=f'{number.high:.2f}')}"


def foretold_rows(findings: Findings, say: Words) -> list[tuple[str, str, str]]:
    """Task, measure, and how well it ranks the task's models as their gains in new domains do."""
    rows = []
    for each in findings.foretold:
        found = each.correlation
        if isinstance(found, Undefined):
            told = say(f"reason.{found.reason}")
        else:
            told = say("foretold.value", value=f"{found.value:+.2f}".replace("-", "−"), p=f"{found.p:.3f}", n=found.n)
        rows.append((each.task, say(f"foretold.{each.measure}"), told))
    return rows
