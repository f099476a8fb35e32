"""What the adapters share: an address in a shop's words, and whether the shop shows it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from returns.postal import book
from returns.postal.address import PostalAddress
from returns.shops import Access, Update
from tracking import http
from tracking.providers import Error, reading

# Kana, ideographs and Hangul: names that begin with the family, mostly without a blank.
ONE_NAME = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
# What is shorter stands in too many other words.
SHORTEST = 4
LONGEST_WORDS = 300


def first_and_last(name: str) -> tuple[str, str]:
    """For shops that want two names. Put together again they read as they were typed, and no
    more is claimed: nobody knows where a name is to be split. Names of China, Japan and Korea
    stay whole, as the last name, which is the one that shops need."""
    name = " ".join(name.split())
    if ONE_NAME.search(name):
        return "", name
    first, _, last = name.rpartition(" ")
    return first, last


def flat(address: PostalAddress) -> PostalAddress:
    """Without a field for the district, which shops do not have, nor for a copy in Latin
    letters."""
    return PostalAddress(phone=address.phone, **address.order_values())


def same(one: PostalAddress, other: PostalAddress) -> bool:
    """Whether a label would say the same, however a shop writes it. The phone does not count:
    shops write it anew, and have several."""
    return (
        one.same_place(other)
        and _same_name(one.name, other.name)
        and book.fold(one.company) == book.fold(other.company)
    )


def _same_name(one: str, other: str) -> bool:
    """Shops that keep two names may put the last one first."""
    words = [sorted(map(book.fold, name.split())) for name in (one, other)]
    return words[0] == words[1] or book.fold(one) == book.fold(other)


def document(reply: http.Reply) -> dict[str, Any]:
    """The object in an answer. Raises Error."""
    found = http.json_of(reply)
    if not isinstance(found, dict):
        raise Error("The answer is not what it should be.")
    return found


def part(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def moment(text: object, *, zone: Any = None) -> datetime | None:
    """zone: where it names none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found.replace(tzinfo=zone or UTC) if found.tzinfo is None else found


def words(value: object, update: Update, access: Access) -> str:
    """What a shop says, for the desk: without our keys, and without who lives where."""
    address = update.address
    private = (address.name, address.company, address.phone, address.street, address.street2)
    return without_keys(value, access, *private)


def without_keys(value: object, access: Access, *private: str) -> str:
    """What a shop says, for the desk: without our keys, nor what is private."""
    secrets = [*(str(key) for key in access.keys.values()), *private]
    return reading.without(
        value, [one for one in secrets if len(one.strip()) >= SHORTEST], LONGEST_WORDS
    )
