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
    """Empties answers to what we asked; that there is one may be told."""
    for case in cases:
        for contact in case.contacts.all():
            if private.is_told_by(contact.answer):
                contact.answer, contact.is_kept_back = "", True


def gives_away(order: "Order", text: str) -> bool:
    """Whether `text` holds the buyer's street, postcode, phone, email or a part of the name."""
    return Private.of(order).is_told_by(text)


@dataclass(frozen=True)
class Private:
    """What is not told of one buyer, made ready once for all the texts of a page.

    parts: of name, company and street, with blanks around each where words have blanks
    between them. phone: its last digits, whole_phone: more of them. Each '' where there is
    none. emails: the address, and the one before it.
    """

    parts: tuple[str, ...]
    postcode: str
    phone: str
    whole_phone: str
    emails: tuple[str, ...]

    @classmethod
    def of(cls, order: "Order") -> Self:
        postcode = _joined(one_form(order.postcode))
        digits = "".join(filter(str.isdecimal, one_form(order.phone)))
        has_phone = len(digits) >= DIGITS_OF_A_PHONE
        return cls(
            parts=tuple(dict.fromkeys(_parts(order))),
            postcode=postcode if len(postcode) >= 4 else "",
            phone=digits[-DIGITS_OF_A_PHONE:] if has_phone else "",
            whole_phone=digits[-DIGITS_OF_A_WHOLE_PHONE:] if has_phone else "",
            emails=tuple(filter(None, map(one_form, (order.email, order.previous_email)))),
        )

    def is_told_by(self, text: str) -> bool:
        text = one_form(text)
        if not text.strip():
            return False
        said, joined = f" {_plain(text)} ", _joined(text)
        return (
            any(part in said for part in self.parts)
            or bool(self.postcode and self.postcode in joined)
            or bool(self.phone and self.phone in BETWEEN_DIGITS.sub("", text))
            or bool(self.whole_phone and self.whole_phone in joined)
            or any(email in text for email in self.emails)
        )


def _parts(order: "Order") -> list[str]:
    name, company = _plain(one_form(order.name)), _plain(one_form(order.company))
    lines = [one_form(line) for line in (order.street, order.street2)]
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
