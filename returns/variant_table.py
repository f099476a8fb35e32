"""Kinds of products as a table: one row each, with a heading. Pure; the admin writes them."""

import csv
import io
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

NEEDED = ("product", "sku", "title")
COLUMNS = (*NEEDED, "price", "available")
LONGEST = {"product": 120, "sku": 120, "title": 300}
NO = frozenset({"no", "n", "0", "false", "off", "否", "无"})
MOST_ROWS = 20_000


@dataclass(frozen=True)
class Row:
    product: str
    sku: str
    title: str
    price: Decimal | None
    available: bool


def read(text: str) -> tuple[list[Row], list[str]]:
    """The rows, and what is wrong, as sentences for the desk. Nothing is to be written when
    something is. text: CSV with commas, semicolons or tabs."""
    text = text.removeprefix("\ufeff")
    head = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    names = {(name or "").strip().casefold(): name for name in reader.fieldnames or ()}
    if missing := [name for name in NEEDED if name not in names]:
        return [], [f"The first row has no column {', '.join(missing)}."]
    rows: list[Row] = []
    problems: list[str] = []
    seen: set[str] = set()
    for number, raw in enumerate(reader, 2):
        cells = {name: (raw.get(names[name]) or "").strip() for name in COLUMNS if name in names}
        if not any(cells.values()):
            continue
        found = _problems(cells, seen)
        problems += [f"Row {number}: {problem}" for problem in found]
        seen.add(cells["sku"])
        if not found:
            price = cells.get("price", "")
            rows.append(
                Row(
                    cells["product"],
                    cells["sku"],
                    cells["title"],
                    Decimal(price.replace(",", ".")) if price else None,
                    cells.get("available", "").casefold() not in NO,
                )
            )
        if len(rows) + len(problems) > MOST_ROWS:
            return [], [f"At most {MOST_ROWS} rows can be taken in at once."]
    return rows, problems


def _problems(cells: dict[str, str], seen: set[str]) -> list[str]:
    found = [f"{name} is empty." for name in NEEDED if not cells[name]]
    found += [
        f"{name} is longer than {most} characters."
        for name, most in LONGEST.items()
        if len(cells[name]) > most
    ]
    if cells["sku"] and cells["sku"] in seen:
        found.append(f"the SKU {cells['sku']} stands above already.")
    if price := cells.get("price", ""):
        try:
            amount = Decimal(price.replace(",", "."))
        except InvalidOperation:
            amount = Decimal(-1)
        exponent = amount.as_tuple().exponent
        fits = amount.is_finite() and isinstance(exponent, int) and exponent >= -3
        if not fits or not 0 <= amount < 10**9:
            found.append(f"{price} is no price.")
    return found
