"""What somebody may have meant who typed a number with one mistake in it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tracking.numbers.formats import FORMATS, LONGEST, Format, Strength
from tracking.numbers.guesses import Reading, readings, wrong
from tracking.numbers.slips import Edit, Slip, undone

MOST_CORRECTIONS = 3


@dataclass(frozen=True)
class Correction:
    """A number that may have been meant, and whose it would be ('' as in Guess).

    changed: positions in `number` (from 0) of the signs that are new or have moved.
    instead_of: positions in the typed number of the signs that were wrong; an extra sign is
    only here, a missing one only in `changed`."""

    number: str
    carrier: str
    format: str
    changed: tuple[int, ...]
    instead_of: tuple[int, ...]


# Where one of these fits, other slips need not be thought of.
OBVIOUS = {Slip.LETTER_FOR_DIGIT, Slip.EXTRA_LETTER}
# So plain that the look of a strict format is enough, without a check digit.
PLAIN = {*OBVIOUS, Slip.SWAPPED, Slip.DIGIT_FOR_LETTER, Slip.DOUBLED}


class Family:
    """Formats that may speak for a suggestion; one pattern sorts out most numbers."""

    def __init__(self, formats: Iterable[Format]) -> None:
        self.formats = tuple(formats)
        either = "|".join(f"(?:{one.pattern.pattern})" for one in self.formats)
        self.look = re.compile(either or r"(?!)", re.ASCII)

    def speaking_for(self, number: str) -> Iterator[tuple[Format, Strength]]:
        if self.look.fullmatch(number):
            for format in self.formats:
                strength = format.strength(number) if format.looks_like(number) else None
                if strength is not None:
                    yield format, strength


class Candidate(NamedTuple):
    edit: Edit
    format: Format
    strength: Strength

    @property
    def carrier(self) -> str:
        return self.format.carrier_of(self.edit.number)

    def order(self, expected: Sequence[str]) -> tuple[object, ...]:
        edit = self.edit
        where = edit.instead_of
        return (edit.slip, self.carrier not in expected, -self.strength, len(where), where)

    def correction(self) -> Correction:
        number, _, changed, instead_of = self.edit
        return Correction(number, self.carrier, self.format.name, changed, instead_of)


NOBODY = Family(())
PROVING = Family(format for format in FORMATS if format.strict and format.check)
STRICT = Family(format for format in FORMATS if format.strict)
# All but the loose ones without check digit, which would suggest anything.
SUGGESTING = Family(format for format in FORMATS if format.strict or format.check)


def corrections(number: str, expected: Sequence[str] = ()) -> list[Correction]:
    """What a normalised number may have been meant to be, the likelier first, at most three;
    [] when it is fine. `expected`: as in `recognise`."""
    found = readings(number, expected)
    mistyped = wrong(number, expected)
    if len(number) > LONGEST or (not mistyped and any(map(_is_fine, found))):
        return []
    listened_to = _listened_to(mistyped, unknown=not found)
    candidates = [
        Candidate(edit, *speaking)
        for edit in undone(number, listened_to[Slip.LEFT_OUT] is not NOBODY)
        for speaking in listened_to[edit.slip].speaking_for(edit.number)
    ]
    if any(candidate.edit.slip in OBVIOUS for candidate in candidates):
        candidates = [candidate for candidate in candidates if candidate.edit.slip in OBVIOUS]
    best: dict[str, Candidate] = {}
    for candidate in sorted(candidates, key=lambda one: one.order(expected)):
        best.setdefault(candidate.edit.number, candidate)
    return [candidate.correction() for candidate in list(best.values())[:MOST_CORRECTIONS]]


def _is_fine(reading: Reading) -> bool:
    strength = reading.strength or 0
    return strength > Strength.LOOSE or (reading.expected and strength == Strength.LOOSE)


def _listened_to(mistyped: Sequence[Format], unknown: bool) -> dict[Slip, Family]:
    """Which formats may say that a slip has happened.

    A number with a wrong check digit has the right length for its format. One that looks
    like none has lost its look by the slip, so that less has to speak for what was meant.
    One that has the loose look of some carrier may be meant as typed: only a proof counts.
    """
    if mistyped:
        same = Family(mistyped)
        kept = {Slip.SWAPPED, Slip.DIGIT_FOR_LETTER, Slip.LETTER_FOR_LETTER}
        listened = {slip: same if slip in kept else NOBODY for slip in Slip}
        return listened | {Slip.LETTER_FOR_DIGIT: SUGGESTING}
    if unknown:
        listened = {slip: STRICT if slip in PLAIN else PROVING for slip in Slip}
        return listened | {Slip.LETTER_FOR_DIGIT: SUGGESTING}
    return dict.fromkeys(Slip, PROVING)
