"""What the page of the tracking number says about a number: whose it may be, what may have
been meant, and what speaks against such a posting.

Pure functions; the knowledge about numbers is in `tracking/numbers`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from returns import texts
from returns.codes import PhotoKind
from tracking import carriers, numbers
from tracking.numbers.formats import FORMATS

if TYPE_CHECKING:
    from returns.models import CarrierAdvice, Photo, ReturnAuthorization

# Formats whose look alone is telling, though they have no check digit.
STRICT = frozenset(one.name for one in FORMATS if one.strict)
# On a slip there are other barcodes as well: the post code, an account.
MOST_READ = 2


@dataclass(frozen=True)
class Suggestion:
    """A number that may have been meant. parts: (signs, whether they differ from what was
    typed). difference: the same in words."""

    number: str
    parts: tuple[tuple[str, bool], ...]
    difference: str


@dataclass(frozen=True)
class Likely:
    """A carrier to choose. hint: that we recommend it, or why better not."""

    code: str
    name: str
    hint: str


@dataclass(frozen=True)
class Reading:
    """number: as carriers write it. carrier: whose it is, when that is `sure`; then there is
    nothing to ask. warnings: why such a posting is better avoided, whole sentences."""

    number: str
    is_plausible: bool
    carrier: str
    sure: bool
    mistyped: bool
    suggestions: tuple[Suggestion, ...]
    likely: tuple[Likely, ...]
    warnings: tuple[str, ...]

    @property
    def is_doubtful(self) -> bool:
        """Worth a second look, whoever its carrier is."""
        return self.mistyped or bool(self.suggestions)


def read(text: str, advice: "Sequence[CarrierAdvice]") -> Reading:
    """`text`: as somebody typed it. advice: of the store, for where the parcel comes from."""
    good = [row.carrier for row in advice if row.carrier and not row.avoid]
    found = numbers.assess(text, good)
    warnings = tuple(_warnings(found, advice, good))
    first = found.guesses[0] if found.guesses else None
    alone = len(found.guesses) == 1
    telling = first is not None and (first.checked or first.format in STRICT)
    sure = telling and alone and not (found.corrections or found.mistyped or warnings)
    # Of several the first is only the likelier one: it stands first, and nobody chose it.
    convincing = first is not None and (alone or first.format in STRICT or first.carrier in good)
    return Reading(
        number=found.number,
        is_plausible=numbers.is_plausible(found.number),
        carrier=first.carrier if first and convincing else "",
        sure=sure,
        mistyped=found.mistyped,
        suggestions=tuple(_suggestion(found.number, one) for one in found.corrections),
        likely=tuple(_likely([guess.carrier for guess in found.guesses], advice, good)),
        warnings=warnings,
    )


def _warnings(
    found: numbers.Assessment, advice: "Sequence[CarrierAdvice]", good: list[str]
) -> Iterable[str]:
    if found.avoid:
        yield str(texts.AVOIDED[found.avoid])
    guessed = {guess.carrier for guess in found.guesses}
    for row in advice:
        # Where one service of a carrier is fine, its number does not tell that it is the other.
        if row.avoid and row.carrier and row.carrier in guessed and row.carrier not in good:
            name = " ".join(filter(None, [carriers.called(row.carrier), row.service]))
            yield _("{carrier}: {why}").format(carrier=name, why=texts.AVOIDED[row.avoid])


def _likely(
    guessed: list[str], advice: "Sequence[CarrierAdvice]", good: list[str]
) -> Iterable[Likely]:
    """By the number first, then what the store recommends, each once."""
    avoided = {row.carrier: row.avoid for row in advice if row.avoid and row.carrier not in good}
    best = [row.carrier for row in advice if row.recommended and not row.avoid]
    for code in dict.fromkeys([*guessed, *good]):
        if code:
            hint = str(texts.AVOIDED[avoided[code]]) if code in avoided else ""
            hint = hint or (_("We recommend this") if code in best else "")
            yield Likely(code, carriers.called(code), hint)


# --- What may have been meant -----------------------------------------------------------------


def _suggestion(typed: str, meant: numbers.Correction) -> Suggestion:
    signs = [(sign, at in meant.changed) for at, sign in enumerate(meant.number)]
    parts = tuple(
        ("".join(sign for sign, _new in group), new)
        for new, group in groupby(signs, key=lambda pair: pair[1])
    )
    return Suggestion(meant.number, parts, _difference(typed, meant))


def _difference(typed: str, meant: numbers.Correction) -> str:
    old = "".join(dict.fromkeys(typed[at] for at in meant.instead_of))
    new = "".join(dict.fromkeys(meant.number[at] for at in meant.changed))
    if not meant.changed:
        return _("without the extra {sign}").format(sign=old)
    if not meant.instead_of:
        return _("with one more {sign}").format(sign=new)
    if len(meant.changed) == 2 and sorted(old) == sorted(new):
        return _("{first} and {second} in the other order").format(first=new[0], second=new[-1])
    return _("{new} instead of {old}").format(new=new, old=old)


# --- What was read on a photo -----------------------------------------------------------------


def read_on(rma: "ReturnAuthorization", photos: "Iterable[Photo]") -> list[str]:
    """The numbers on photos of the carrier's receipt that may be the parcel's, the newest
    photo first; none when its number is known, or not asked for."""
    if not rma.takes_number or rma.parcel_back:
        return []
    slips = [photo for photo in photos if photo.kind == PhotoKind.WAYBILL]
    slips.sort(key=lambda photo: (photo.taken_at, photo.pk), reverse=True)
    texts_read = [text for photo in slips for text in photo.codes]
    return list(dict.fromkeys(filter(None, map(_number_in, texts_read))))[:MOST_READ]


def _number_in(code: str) -> str:
    """A barcode's text as a tracking number; '' when no carrier's number looks so."""
    number = numbers.normalise(code)
    known = numbers.is_plausible(number) and numbers.recognise(number)
    return number if known else ""
