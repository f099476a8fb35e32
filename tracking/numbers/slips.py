"""The slips of whoever reads a number from paper and types it, taken back one at a time."""

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

# Signs that look alike, on paper or in type.
ALIKE = {
    sign: group.replace(sign, "")
    for group in ("0OQ", "1IL", "8B", "5S", "2Z", "6G")
    for sign in group
}


class Slip(IntEnum):
    """Kinds of mistakes, the commonest first."""

    LETTER_FOR_DIGIT = 1
    EXTRA_LETTER = 2
    SWAPPED = 3
    DIGIT_FOR_LETTER = 4
    DOUBLED = 5
    LEFT_OUT = 6
    LETTER_FOR_LETTER = 7


class Edit(NamedTuple):
    """One slip taken back: the number without it, and where (as in Correction)."""

    number: str
    slip: Slip
    changed: tuple[int, ...]
    instead_of: tuple[int, ...]


def undone(number: str, of_other_lengths: bool) -> Iterator[Edit]:
    """Every number from which one slip leads to this one."""
    yield from _look_alikes(number)
    yield from _look_alikes_throughout(number)
    yield from _swapped(number)
    if of_other_lengths:
        yield from _extra(number)
        yield from _left_out(number)


def _look_alikes(number: str) -> Iterator[Edit]:
    for place, sign in enumerate(number):
        for meant in ALIKE.get(sign, ""):
            yield Edit(
                number[:place] + meant + number[place + 1 :],
                _slip(sign, meant),
                (place,),
                (place,),
            )


def _slip(sign: str, meant: str) -> Slip:
    if meant.isdigit():
        return Slip.LETTER_FOR_DIGIT
    return Slip.DIGIT_FOR_LETTER if sign.isdigit() else Slip.LETTER_FOR_LETTER


def _look_alikes_throughout(number: str) -> Iterator[Edit]:
    """Who writes one zero as O writes all of them so, perhaps also a one as I; letters that
    begin or end a number may be meant."""
    letters = [place for place, sign in enumerate(number) if sign.isalpha() and sign in ALIKE]
    inside = [place for place in letters if 2 <= place < len(number) - 2]
    same = [
        [place for place in among if number[place] == sign]
        for among in (letters, inside)
        for sign in sorted({number[place] for place in among})
    ]
    for where in {tuple(places) for places in (*same, inside) if len(places) > 1}:
        signs = [min(ALIKE[sign]) if place in where else sign for place, sign in enumerate(number)]
        yield Edit("".join(signs), Slip.LETTER_FOR_DIGIT, where, where)


def _extra(number: str) -> Iterator[Edit]:
    """A letter that looks like a digit and stands beside one, or a sign typed twice."""
    for place, sign in enumerate(number):
        beside = number[max(place - 1, 0) : place] + number[place + 1 : place + 2]
        without = number[:place] + number[place + 1 :]
        if sign.isalpha() and sign in ALIKE and any(one.isdigit() for one in beside):
            yield Edit(without, Slip.EXTRA_LETTER, (), (place,))
        elif any(one == sign or one in ALIKE.get(sign, "") for one in beside):
            yield Edit(without, Slip.DOUBLED, (), (place,))


def _swapped(number: str) -> Iterator[Edit]:
    for place in range(len(number) - 1):
        both = (place, place + 1)
        turned = number[place + 1] + number[place]
        if turned[0] != turned[1]:
            yield Edit(number[:place] + turned + number[place + 2 :], Slip.SWAPPED, both, both)


def _left_out(number: str) -> Iterator[Edit]:
    """One of two signs that are the same or look alike."""
    for place, sign in enumerate(number):
        for missing in sign + ALIKE.get(sign, ""):
            for where in (place, place + 1) if missing != sign else (place + 1,):
                yield Edit(number[:where] + missing + number[where:], Slip.LEFT_OUT, (where,), ())
