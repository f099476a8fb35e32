"""What gateways say, for the desk: without our keys, and without whom it is about."""

import re
from collections.abc import Iterable, Iterator, Mapping

from tracking.gateways import Address, Task
from tracking.providers import reading

# Of an address what tells who lives where; towns may be named.
PRIVATE = ("name", "company", "phone", "street", "street2")
# What is shorter stands in too many other words.
SHORTEST, SHORTEST_HANZI = 4, 2


def words(
    value: object, keys: Iterable[object] = (), task: Task | None = None, limit: int = 200
) -> str:
    """keys: secrets, also within objects and lists. task: the one that it answers."""
    about = [*_private(task.before), *_private(task.after)] if task else []
    return reading.without(value, [*_texts(keys), *about], limit)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if len(value.strip()) >= SHORTEST:
            yield value
    elif isinstance(value, Mapping):
        yield from _texts(value.values())
    elif isinstance(value, Iterable):
        for one in value:
            yield from _texts(one)


def _private(address: Address) -> Iterator[str]:
    for field in PRIVATE:
        value = getattr(address, field).strip()
        least = SHORTEST if value.isascii() else SHORTEST_HANZI
        if len(value) >= least:
            yield value
    digits = re.sub(r"\D", "", address.phone)
    # With and without the country's code, as it may have been sent.
    yield from {digits, digits[-11:], digits[-10:]} if len(digits) >= SHORTEST else ()
