"""What several gateways need before they ask."""

from collections.abc import Mapping
from typing import Any

from tracking.gateways import Address


def missing(keys: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    """One sentence for each key that is not there."""
    return [
        f"“{name}” is missing."
        for name in names
        if not (isinstance(keys.get(name), str) and keys[name].strip())
    ]


def whole(address: Address) -> str:
    """A Chinese address in one line; a city that is its own province is told once."""
    parts = address.region, address.city, address.district, address.street, address.street2
    return "".join(dict.fromkeys(part.strip() for part in parts))
