"""The recordings of shops, and the store facts that they are read with."""

from datetime import UTC, datetime
from pathlib import Path

from returns.sources import OrderData, Reading, Shop, read

FOLDER = Path(__file__).parent.parent / "recordings"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SHOP = Shop("USD", "GB", "Europe/London", "en", NOW)


def path(name: str) -> Path:
    return FOLDER / name


def reading(name: str, shop: Shop = SHOP) -> Reading:
    return read(path(name).read_bytes(), shop)


def only(name: str, shop: Shop = SHOP) -> OrderData:
    """The one order of a recording without problems."""
    found = reading(name, shop)
    assert not found.problems
    [(_, data)] = found.orders
    return data
