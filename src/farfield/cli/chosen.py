"""What `farfield sample` prints: how well the chosen rows stand for all, beside random samples."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from farfield.cli.options import Style
from farfield.stats import Undefined

if TYPE_CHECKING:
    from farfield.data import Beside, Representation, SmallSet
    from farfield.stats import Number

__all__ = ["print_small_set"]

_SHOWN = 20  # parts and labels that are listed


def print_small_set(done: "SmallSet", form: Style) -> None:
    """The file, its parts and the comparison; as JSON all of it, with each row's place."""
    if form is Style.json:
        print(json.dumps({**asdict(done), "path": str(done.path)}, ensure_ascii=False, indent=1))
        return
    print(f"{done.path}: {done.rows} of {done.of} rows, compared by {', '.join(done.text)}")
    print(f"parts by {', '.join(done.by)}:")
    for stratum in done.sampled.strata[:_SHOWN]:
        print(f"  {stratum.chosen:>7} of {stratum.rows:>8}  {' | '.join(stratum.values)}")
    if len(done.sampled.strata) > _SHOWN:
        print(f"  … and {len(done.sampled.strata) - _SHOWN} more parts")
    _print_representation(done.representation)
    for note in done.sampled.notes:
        print(f"note: {note}")


def _print_representation(found: "Representation") -> None:
    print(f"beside {found.draws} random samples of as many rows (mean, least to greatest), over {found.judges} rows:")
    print(f"  cosine to the nearest chosen row      {_beside(found.nearness)}")
    print(f"  rows with one at {found.threshold:g} or more            {_beside(found.near)}")
    energy = found.energy
    if isinstance(energy, Undefined):
        print(f"  energy distance to the other rows     undefined: {energy.reason}")
    else:
        print(
            f"  energy distance to the other rows     {energy.distance:.4f}   random {energy.expected:.4f}, 95 % below "
            f"{energy.high:.4f}; p = {energy.p:.3f} ({energy.n} against {energy.m} rows)"
        )
        print(f"  {_meaning(energy.p)}")
    for share in found.shares[:_SHOWN]:
        print(
            f"  label {share.label!r}: {_number(share.chosen)}; all rows {share.everywhere:.3f}, "
            f"random samples {share.low:.3f} to {share.high:.3f}"
        )
    if len(found.shares) > _SHOWN:
        print(f"  … and {len(found.shares) - _SHOWN} more labels")


def _meaning(p: float) -> str:
    if p > 0.95:
        return "closer to the other rows than random ones are as a rule: spread more evenly than chance would"
    if p > 0.05:
        return "no difference found, which is no proof that there is none: few rows tell little apart"
    return "the chosen rows are another mixture than all: look at them and train on them, but measure on random ones"


def _beside(number: "Beside") -> str:
    return f"{number.value:.3f}   random {number.random:.3f} ({number.low:.3f} to {number.high:.3f})"


def _number(number: "Number") -> str:
    if isinstance(number, Undefined):
        return f"undefined: {number.reason}"
    return f"{number.value:.3f} ({number.low:.3f} to {number.high:.3f})"
