"""The facts of the letters about what was wrong, and how it is put right."""

from datetime import datetime
from typing import Any

from returns import empathy, formats, texts
from returns.codes import AS_CREDIT, CLAIM_REASONS, PAYS_BACK, DeclineReason, Kind, Reason
from returns.models.authorization import ReturnAuthorization
from returns.models.order import OrderLine
from returns.models.return_line import ReturnLine

# What the buyer does not have stays with nobody.
NOT_HERE = frozenset({Reason.MISSING, Reason.NEVER_CAME})


def of_claim(rma: ReturnAuthorization, rows: list[ReturnLine]) -> dict[str, Any]:
    """What every letter about a claim tells beside what every return does; rows: its lines."""
    if rma.kind != Kind.CLAIM:
        return {"claim": False}
    currency, reasons = rma.order.currency, {row.reason for row in rows}
    gives = rma.wish in PAYS_BACK and rma.estimated_total
    return {
        "claim": True,
        "sorry": empathy.of_claim(next(iter(sorted(reasons)), "")),
        "amount": formats.money(rma.estimated_total, currency) if gives else "",
        "voucher": formats.money(rma.voucher, currency) if rma.voucher else "",
        "has_goods": rma.keeps_goods and bool(reasons - NOT_HERE),
    }


def granted(rma: ReturnAuthorization) -> dict[str, Any]:
    """What the buyer gets, as it is decided or sent by now."""
    made = list(rma.resolutions.live().select_related("authorization__order"))
    methods = dict.fromkeys(
        row.method for row in made if row.is_money and row.kind not in AS_CREDIT
    )
    return {
        "awards": [(texts.outcome(row), row.words) for row in made],
        "bank_days": [texts.BANK_DAYS[method] for method in methods],
    }


def told_until(rma: ReturnAuthorization) -> datetime | None:
    """Of one that was told too late: the last day on which it could be."""
    if rma.kind != Kind.CLAIM or rma.decline_reason != DeclineReason.OUT_OF_WARRANTY:
        return None
    lines = {line.pk: line for line in rma.order.with_goods().lines.all()}
    ends = [
        _end(lines[row.line_id], row.reason)
        for row in rma.lines.all()
        if row.reason in CLAIM_REASONS
    ]
    return max((end for end in ends if end), default=None)


def _end(line: OrderLine, reason: str) -> datetime | None:
    return line.rules.claim_end(reason, line.window_start, line.order.where)
