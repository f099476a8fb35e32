"""What carriers write, and a forwarded link must not tell.

Carriers put into their reports whatever the driver typed: a street, a name, a telephone
number. The page masks all of these until a code was entered, so it leaves out the words
or the place of a report that give one of them away.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from returns.models import Order, Shipment

# Fewer digits in a row are times, numbers of parcels and the like.
DIGITS_OF_A_PHONE = 6


def keep_to_yourself(order: "Order", shipments: "Iterable[Shipment] | None" = None) -> None:
    """Empties words and place of the reports that tell who or where the buyer is, and the
    place of what is wrong, which is read from them. `order` is loaded by
    `Order.objects.with_story()` and changed in memory only. shipments: those whose scans
    and incidents are loaded, where that is not all."""
    for shipment in order.shipments.all() if shipments is None else shipments:
        parcel = shipment.parcel
        for scan in parcel.scans.all() if parcel else ():
            if gives_away(order, scan.words):
                scan.words = ""
            if gives_away(order, scan.place):
                scan.place = ""
        for incident in parcel.incidents.all() if parcel else ():
            if gives_away(order, str(incident.detail.get("place", ""))):
                incident.detail = {**incident.detail, "place": ""}


def gives_away(order: "Order", text: str) -> bool:
    """Whether `text` holds the buyer's street, postcode, phone or a part of the name."""
    if not text.strip():
        return False
    said = f" {_plain(text)} "
    found = any(part in said for part in _parts(order))
    postcode = _joined(order.postcode)
    phone = "".join(filter(str.isdecimal, order.phone))[-DIGITS_OF_A_PHONE:]
    digits = re.sub(r"[\s()+./-]", "", text)
    return (
        found
        or (len(postcode) >= 4 and postcode in _joined(text))
        or (len(phone) == DIGITS_OF_A_PHONE and phone in digits)
    )


def _parts(order: "Order") -> list[str]:
    """Each with blanks around it where words have blanks between them."""
    streets = [_plain(re.sub(r"\d+\w?\b", " ", street)) for street in (order.street, order.street2)]
    words = [*_plain(order.name).split(), _plain(order.name), _plain(order.company), *streets]
    return [
        word if _has_no_blanks(word) else f" {word} "
        for word in words
        if len(word) > 2 or (len(word) == 2 and _has_no_blanks(word))
    ]


def _has_no_blanks(word: str) -> bool:
    """Chinese and Japanese are written without them."""
    return any("\u3040" <= sign <= "\u9fff" for sign in word)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split())


def _joined(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())
