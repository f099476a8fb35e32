"""Whose number it may be, whether it is mistyped, and what kind of posting it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracking.numbers.formats import POSTAL, Format, Strength, looking_like

MOST_GUESSES = 4
# How much it counts that the shop has recommended the carrier: more than a check digit that
# may be right by chance, less than one that can hardly be.
EXPECTED = 2
# Equal to returns.codes.Avoid.UNTRACKED, which tracking does not import.
UNTRACKED = "untracked"


@dataclass(frozen=True)
class Guess:
    """carrier: a code of carriers.py; '' when the number shows its kind only (`format`, e.g.
    "postal" for the post of a country we know no carrier of). checked: its check digit is
    right, which is no proof for a number of digits only."""

    carrier: str
    format: str
    checked: bool


@dataclass(frozen=True)
class Reading:
    """One format that a number looks like; strength None: its check digit is wrong."""

    format: Format
    carrier: str
    strength: Strength | None
    expected: bool

    @property
    def weight(self) -> int:
        return (self.strength or 0) + EXPECTED * self.expected


def readings(number: str, expected: Sequence[str] = ()) -> list[Reading]:
    """All formats that a normalised number looks like, in the order of the table."""
    return [
        Reading(format, carrier, format.strength(number), carrier in expected)
        for format in looking_like(number)
        for carrier in [format.carrier_of(number)]
    ]


def recognise(number: str, expected: Sequence[str] = ()) -> list[Guess]:
    """The likely carriers of a normalised number, the likeliest first, at most four, each
    once. `expected`: codes of carriers that are recommended here; they come earlier when the
    number fits them. Beside what is proven only these remain."""
    fitting = [reading for reading in readings(number, expected) if reading.strength]
    proven = any(reading.strength == Strength.PROVEN for reading in fitting)
    best: dict[str, Reading] = {}
    for reading in sorted(fitting, key=lambda one: (-one.weight, not one.expected)):
        if reading.strength == Strength.PROVEN or reading.expected or not proven:
            best.setdefault(reading.carrier, reading)
    return [
        Guess(reading.carrier, reading.format.name, reading.format.check is not None)
        for reading in list(best.values())[:MOST_GUESSES]
    ]


def wrong(number: str, expected: Sequence[str] = ()) -> list[Format]:
    """The formats whose check digit says that a normalised number is mistyped; [] when it is
    not, or nobody can tell.

    A format without check digit that fits as well is an excuse: there are carriers with any
    number of digits. Where a carrier is expected, the look of another one's is not.
    """
    found = readings(number, expected)
    failing = [reading for reading in found if reading.strength is None]
    fitting = [reading for reading in found if reading.strength is not None]
    if not fitting:
        return [reading.format for reading in failing]
    if any(reading.expected for reading in fitting):
        return []
    return [reading.format for reading in failing if reading.expected]


def avoid(number: str) -> str:
    """Why the kind of posting that a normalised number shows is unwise: a value of
    `returns.codes.Avoid`, or ''.

    Only one kind can be read from a number: postal numbers whose service begins with U are
    letters and small packets that are neither registered nor insured; the number is there for
    customs, and many posts never scan it (some do, so this is advice). That a service gives
    no proof or no help at customs (NO_PROOF, NO_CUSTOMS_HELP) no number tells.
    """
    proven = [guess.format for guess in recognise(number) if guess.checked]
    return UNTRACKED if POSTAL in proven and number.startswith("U") else ""
