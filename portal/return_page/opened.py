"""What was in the parcel, how it was found, and what becomes of it: facts for both sides.

Pure functions over a ReturnAuthorization with its lines, receipts and surplus loaded.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from portal.order_page.words import say, say_counted
from portal.return_page import words
from returns import texts
from returns.states import Status

if TYPE_CHECKING:
    from returns.models import Receipt, ReturnAuthorization, ReturnLine, Surplus


@dataclass(frozen=True)
class Row:
    """One line of the return. count: what was counted. found: how it is, and what becomes of
    it, sentence by sentence. said: our own words about it."""

    line: "ReturnLine"
    count: str
    found: tuple[str, ...] = ()
    said: str = ""


@dataclass(frozen=True)
class Besides:
    """Something in the parcel that was not expected."""

    what: str
    words: str
    said: str = ""


@dataclass(frozen=True)
class Opened:
    """rows: what the return is about. besides: what else was inside. notes: paragraphs about
    the parcel as a whole."""

    rows: tuple[Row, ...]
    besides: tuple[Besides, ...]
    notes: tuple[str, ...]


def opened(rma: "ReturnAuthorization") -> Opened:
    receipts = [receipt for receipt in rma.receipts.all() if receipt.undone_at is None]
    rows = [row for row in rma.lines.all() if row.approved or row.received]
    return Opened(
        rows=tuple(_row(row, rma.status) for row in rows),
        besides=tuple(_besides(row) for row in rma.surplus.all()),
        notes=tuple(_missing(rma.status, rows, receipts)),
    )


def _row(row: "ReturnLine", status: str) -> Row:
    total = row.approved - row.waived if status == Status.RECEIVED else row.approved
    total = max(total, row.received)
    if not row.received:
        count = str(words.NONE_HERE)
    elif row.received < total:
        count = say_counted(words.SOME_HERE, count=row.received, total=total)
    else:
        count = say_counted(words.ALL_HERE, count=row.received)
    if status == Status.RECEIVED:
        return Row(row, count)
    return Row(row, count, tuple(_found(row, status)), row.finding if row.received else "")


def _found(row: "ReturnLine", status: str) -> list[str]:
    """From the inspection on."""
    found = []
    if row.received:
        if row.condition:
            found.append(str(texts.CONDITIONS[row.condition]))
        found += [_taken(row), *_not_taken(row)]
    if row.waived and status in {Status.RESOLVED, Status.CLOSED}:
        found.append(say_counted(words.MADE_GOOD, count=row.waived))
    return found


def _taken(row: "ReturnLine") -> str:
    if row.accepted == row.received:
        return say_counted(words.TAKEN, count=row.accepted)
    if row.accepted:
        return say(words.SOME_TAKEN, count=row.accepted, total=row.received)
    return str(words.NONE_TAKEN)


def _not_taken(row: "ReturnLine") -> list[str]:
    """What becomes of the units that we do not take; '' where there is nothing to say."""
    becomes = str(texts.DISPOSITIONS[row.rejected_to]) if row.rejected_to else ""
    if not row.rejected or not becomes:
        return []
    counted = _("{count} of {total}: {becomes}")
    facts = {"count": row.rejected, "total": row.received, "becomes": becomes}
    return [counted.format(**facts) if row.accepted else becomes]


def _besides(row: "Surplus") -> Besides:
    what = f"{row.quantity} × {row.title}"
    if row.is_open:
        return Besides(what, str(words.SURPLUS_OPEN))
    becomes = str(texts.DISPOSITIONS[row.disposition]) or str(words.SURPLUS_DECIDED)
    return Besides(what, becomes, row.words)


# --- The parcel as a whole ----------------------------------------------------------------------


def _missing(status: str, rows: "list[ReturnLine]", receipts: "list[Receipt]") -> list[str]:
    """While nothing is decided: what was not in it, without blaming anybody."""
    if status not in {Status.RECEIVED, Status.INSPECTED}:
        return []
    if receipts and all(receipt.was_empty for receipt in receipts):
        return [str(words.WAS_EMPTY)]
    return [str(words.NOT_ALL_HERE)] if any(row.missing for row in rows) else []
