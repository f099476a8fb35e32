"""Tracking numbers: what was typed, whose it may be, and what may have been meant.

    reading.py      from typed, pasted or scanned text to the number
    checks.py       the check digits
    formats.py      how carriers' numbers look: the table
    guesses.py      likely carriers, mistyped numbers, unwise kinds of posting
    slips.py        look-alikes, swapped neighbours, a sign too many or too few
    corrections.py  what may have been meant

Nothing here refuses a number: whoever typed it may keep it. Pure functions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tracking.numbers.corrections import Correction, corrections
from tracking.numbers.guesses import UNTRACKED, Guess, avoid, recognise, wrong
from tracking.numbers.reading import is_plausible, normalise

__all__ = [
    "UNTRACKED",
    "Assessment",
    "Correction",
    "Guess",
    "assess",
    "avoid",
    "corrections",
    "is_mistyped",
    "is_plausible",
    "normalise",
    "recognise",
]


@dataclass(frozen=True)
class Assessment:
    """All that a page needs to know about a number that somebody gave.

    number: normalised. guesses: likely carriers, the likeliest first, at most four.
    corrections: what may have been meant, at most three, never `number` itself; there may be
    some though no check digit is wrong. mistyped: a check digit is. avoid: a value of
    `returns.codes.Avoid`, or ''."""

    number: str
    guesses: list[Guess]
    corrections: list[Correction]
    mistyped: bool
    avoid: str


def is_mistyped(number: str, expected: Sequence[str] = ()) -> bool:
    """Whether a check digit says so; see `guesses.wrong` for when it may."""
    return bool(wrong(number, expected))


def assess(text: str, expected: Sequence[str] = ()) -> Assessment:
    """`expected`: codes of the carriers that the shop has recommended."""
    number = normalise(text)
    return Assessment(
        number=number,
        guesses=recognise(number, expected),
        corrections=corrections(number, expected),
        mistyped=is_mistyped(number, expected),
        avoid=avoid(number),
    )
