"""Withdrawals for a court, an auditor or another system: word for word, with their hashes, and
what became of each."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from returns.models import Withdrawal

# Columns of the table; a cell that begins like a formula is only text to a spreadsheet.
COLUMNS = (
    "number",
    "store",
    "received_at",
    "name",
    "contract",
    "what",
    "email",
    "language",
    "made_on",
    "status",
    "order",
    "verified",
    "verified_at",
    "returns",
    "acknowledged_at",
    "previous",
    "hash",
    "intact",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rows_of(withdrawals: Iterable[Withdrawal]) -> list[dict[str, Any]]:
    """One plain row each, the oldest first."""
    return [_row(row) for row in sorted(withdrawals, key=lambda row: row.pk)]


def as_json(withdrawals: Iterable[Withdrawal]) -> str:
    """`record` is what was declared and hashed, whole; the rest stands beside it."""
    found = [
        {"record": row.content, "hash": row.digest, "intact": row.is_intact, "outcome": _after(row)}
        for row in sorted(withdrawals, key=lambda row: row.pk)
    ]
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def as_csv(withdrawals: Iterable[Withdrawal]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for row in rows_of(withdrawals):
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return text.getvalue()


def _row(row: Withdrawal) -> dict[str, Any]:
    after = _after(row)
    goods = "; ".join(f"{item['quantity']} × {item['what']}" for item in row.goods)
    return {
        **{name: row.content[name] for name in COLUMNS if name in row.content},
        "what": goods or row.parts or "all of it",
        "status": after["status"],
        "order": after["order"],
        "verified": after["verified"],
        "verified_at": after["verified_at"],
        "returns": " ".join(after["returns"]),
        "acknowledged_at": after["acknowledged_at"],
        "hash": row.digest,
        "intact": "yes" if row.is_intact else "no",
    }


def _after(row: Withdrawal) -> dict[str, Any]:
    outcome, receipt = row.outcome, row.receipt
    return {
        "status": outcome.status,
        "why": outcome.why,
        "order": outcome.order.number if outcome.order else "",
        "verified": outcome.verified_how,
        "verified_at": _moment(outcome.verified_at),
        "returns": [rma.number for rma in row.returns.all()],
        "acknowledged_at": _moment(receipt.done_at if receipt.state == "done" else None),
    }


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else ""


def _cell(value: Any) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
