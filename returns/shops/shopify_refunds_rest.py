"""Shopify: money given back over the older REST interface, where GraphQL has no such refund.

Built from its public documentation, not verified with the live service. Documented (REST Admin
API, Refund): `refunds/calculate.json`, whose `transactions` (kind `suggested_refund`) name each
payment with `parent_id`, `gateway` and `maximum_refundable`; `refunds.json` with these
transactions, their kind changed to `refund`; the list of an order's refunds with their notes and
transactions; 422 with `errors`. There is no key against repeats here, so only the look-up by
our note keeps a second one away.

UNSURE: that a calculation without lines names all payments; where it names none, nothing is
asked for and a person does it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from returns.shops import Access, Error, shopify
from returns.shops.refunding import (
    PAYS,
    READS,
    Payment,
    RefundAnswer,
    RefundAsk,
    amount,
    in_another_currency,
    judged,
    nothing_asked_yet,
    reference,
    refused,
    spread,
    too_much,
)
from returns.shops.writing import document, part, without_keys
from tracking import http
from tracking.providers import reading

ENDS = {"success": True, "failure": False, "error": False}
# Paid outside Shopify, which would only note that it is given back.
BY_HAND = frozenset(
    {"manual", "cash_on_delivery", "cash on delivery (cod)", "bank deposit", "money order"}
)
REFUSALS = (400, 404, 406, 422)


def refund(ask: RefundAsk, access: Access) -> RefundAnswer:
    with nothing_asked_yet():
        status, answer = _call("POST", "/refunds/calculate.json", ask, access, READS, CALCULATE)
        if status in REFUSALS:
            return refused(_told(answer, access) or "Shopify does not know this order.")
        if found := find_refund(ask, access):
            return found
    rows = reading.parts(part(answer, "refund"), "transactions")
    for row in rows:
        if (code := str(row.get("currency") or ask.currency)) != ask.currency:
            return in_another_currency(code, ask)
    payments = [_payment(row) for row in rows]
    parts = spread(ask.amount, payments)
    if parts is None:
        return too_much(sum((payment.most for payment in payments), Decimal(0)), ask)
    if any(payment.gateway.casefold() in BY_HAND for payment, _ in parts):
        return refused(
            "It was paid by hand (cash or bank transfer): no money can go back through Shopify."
        )
    given = {
        "currency": ask.currency,
        "notify": False,
        "note": ask.note,
        "transactions": [
            {
                "parent_id": int(payment.parent),
                "amount": f"{share:f}",
                "kind": "refund",
                "gateway": payment.gateway,
            }
            for payment, share in parts
        ],
    }
    status, answer = _call("POST", "/refunds.json", ask, access, PAYS, {"refund": given})
    if status in REFUSALS:
        return refused(_told(answer, access) or f"Shopify refused it ({status}).")
    if not (made := part(answer, "refund")):
        raise Error("Shopify does not say what became of the refund.")
    return _read(made, ask)


def find_refund(ask: RefundAsk, access: Access) -> RefundAnswer | None:
    status, answer = _call("GET", "/refunds.json?limit=250", ask, access, READS)
    if status != 200 or not isinstance(answer.get("refunds"), list):
        raise Error(f"Shopify does not show the order’s refunds ({status}).")
    for row in reading.parts(answer, "refunds"):
        if ask.mark in str(row.get("note") or ""):
            return _read(row, ask)
    return None


CALCULATE = {"refund": {"shipping": {"full_refund": True}, "refund_line_items": []}}


def _call(
    method: str,
    path: str,
    ask: RefundAsk,
    access: Access,
    total: float,
    json: Mapping[str, Any] | None = None,
) -> tuple[int, dict[str, Any]]:
    number = reference(ask.source_id)
    reply = http.call(
        method,
        f"{shopify.address_of(access)}/orders/{number}{path}",
        json=json,
        headers=shopify.headers(access),
        total=total,
    )
    if reply.status not in (200, 201, *REFUSALS):
        shopify.refuse(reply.status)
    return reply.status, document(reply)


def _payment(row: Mapping[str, Any]) -> Payment:
    parent = str(row.get("parent_id") or "")
    most = amount(row.get("maximum_refundable")) if parent.isdecimal() else Decimal(0)
    return Payment(parent, str(row.get("gateway") or ""), most)


def _read(row: Mapping[str, Any], ask: RefundAsk) -> RefundAnswer:
    parts = [one for one in reading.parts(dict(row), "transactions") if one.get("kind") == "refund"]
    states = [str(one.get("status") or "") for one in parts]
    paid = sum((amount(one.get("amount")) for one in parts), Decimal(0))
    return judged(paid, states, ENDS, ask, reference(row.get("id")))


def _told(answer: Mapping[str, Any], access: Access) -> str:
    """`errors` is a text, or a list of texts for each field."""
    errors = answer.get("errors")
    if isinstance(errors, dict):
        parts = [f"{name} {one}" for name, many in errors.items() for one in _listed(many)]
        errors = ". ".join(parts)
    return without_keys(errors, access) if isinstance(errors, str) else ""


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
