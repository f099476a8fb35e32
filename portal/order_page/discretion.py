"""What carriers write, and a forwarded link must not tell.

Carriers put into their reports whatever the driver typed: a street, a name, a telephone
number. The page masks all of these until a code was entered, so it leaves out the words
or the place of a report, and the answer to a question, that give one of them away, however
they are written: in full-width letters, with other blanks and dashes, or with signs that
nobody sees.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from returns.discreet import one_form
from returns.postal.address import PostalAddress

if TYPE_CHECKING:
    from returns.models import Case, Order, Shipment

# Fewer digits in a row are times, numbers of parcels and the like. What stands between the
# digits is what people put there; dates have colons and commas between theirs.
DIGITS_OF_A_PHONE = 6
BETWEEN_DIGITS = re.compile(r"[\s()+./\u00b7\u30fb\u2010-\u2015\u2212-]+")
# So many are no date any more, whatever stands between them.
DIGITS_OF_A_WHOLE_PHONE = 8
NO_LETTERS = re.compile(r"[\W_]+")


def keep_to_yourself(order: "Order", shipments: "Iterable[Shipment] | None" = None) -> None:
    """Takes away what reports and answers of carriers tell of who or where the buyer is.
    `order` is loaded by `Order.objects.with_story()` and changed in memory only. shipments:
    those whose scans and incidents are loaded, where that is not all."""
    private = Private.of(order)
    hide_reports(private, order.shipments.all() if shipments is None else shipments)
    hide_answers(private, order.cases.all())


def hide_reports(private: "Private", shipments: "Iterable[Shipment]") -> None:
    """Empties words and place of reports, and the place of what is wrong, which is read from
    them."""
    for shipment in shipments:
        parcel = shipment.parcel
        for scan in parcel.scans.all() if parcel else ():
            if private.is_told_by(scan.words):
                scan.words = ""
            if private.is_told_by(scan.place):
                scan.place = ""
        for incident in parcel.incidents.all() if parcel else ():
            if private.is_told_by(str(incident.detail.get("place", ""))):
                incident.detail = {**incident.detail, "place": ""}


def hide_answers(private: "Private", cases: "Iterable[Case]") -> None:
    """Empties what we asked, and the answers; that there are such may be told."""
    for case in cases:
        for contact in case.contacts.all():
            if private.is_told_by(contact.asked):
                contact.asked, contact.is_question_kept_back = "", True
            if private.is_told_by(contact.answer):
                contact.answer, contact.is_kept_back = "", True


def gives_away(order: "Order", text: str) -> bool:
    """Whether `text` holds the buyer's street, postcode, phone, email or a part of the name."""
    return Private.of(order).is_told_by(text)


@dataclass(frozen=True)
class Private:
    """What is not told of one buyer, made ready once for all the texts of a page.

    Of the order, and of every address that it went to or was to go to. parts: of name, company
    and street, with blanks around each where words have blanks between them. phones: their last
    digits, whole_phones: more of them. emails: the address, and the one before it.
    """

    parts: tuple[str, ...]
    postcodes: tuple[str, ...]
    phones: tuple[str, ...]
    whole_phones: tuple[str, ...]
    emails: tuple[str, ...]

    @classmethod
    def of(cls, order: "Order") -> Self:
        changes = order.address_changes.all() if order.pk else ()
        elsewhere = (place for row in changes for place in (row.was_before, row.wanted))
        places = list(dict.fromkeys([PostalAddress.of(order), *elsewhere]))
        postcodes = {_joined(one_form(place.postcode)) for place in places}
        numbers = {"".join(filter(str.isdecimal, one_form(place.phone))) for place in places}
        phones = sorted(digits for digits in numbers if len(digits) >= DIGITS_OF_A_PHONE)
        return cls(
            parts=tuple(dict.fromkeys(part for place in places for part in _parts(place))),
            postcodes=tuple(sorted(code for code in postcodes if len(code) >= 4)),
            phones=tuple(digits[-DIGITS_OF_A_PHONE:] for digits in phones),
            whole_phones=tuple(digits[-DIGITS_OF_A_WHOLE_PHONE:] for digits in phones),
            emails=tuple(filter(None, map(one_form, (order.email, order.previous_email)))),
        )

    def is_told_by(self, text: str) -> bool:
        text = one_form(text)
        if not text.strip():
            return False
        said, joined = f" {_plain(text)} ", _joined(text)
        return (
            any(part in said for part in self.parts)
            or any(code in joined for code in self.postcodes)
            or any(digits in BETWEEN_DIGITS.sub("", text) for digits in self.phones)
            or any(digits in joined for digits in self.whole_phones)
            or any(email in text for email in self.emails)
        )


def _parts(place: PostalAddress) -> list[str]:
    latin = (place.latin_name, place.latin_street)
    name, company = _plain(one_form(place.name)), _plain(one_form(place.company))
    lines = [one_form(line) for line in (place.street, place.street2, *latin)]
    streets = [_plain(re.sub(r"\d+\w?\b", " ", line)) for line in lines]
    return [
        word if _has_no_blanks(word) else f" {word} "
        for word in (*name.split(), name, company, *streets)
        if len(word) > 2 or (len(word) == 2 and _has_no_blanks(word))
    ]


def _has_no_blanks(word: str) -> bool:
    """Chinese and Japanese are written without them."""
    return any("\u3040" <= sign <= "\u9fff" for sign in word)


def _plain(text: str) -> str:
    return NO_LETTERS.sub(" ", text).strip()


def _joined(text: str) -> str:
    return NO_LETTERS.sub("", text)
