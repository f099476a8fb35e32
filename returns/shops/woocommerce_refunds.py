"""WooCommerce: money given back with its REST API.

Built from its public documentation and source, not verified with a live shop. Documented (REST
API v3, order refunds): `POST …/orders/<id>/refunds` with `amount` as text, `reason`,
`api_refund` (true: the payment service pays it), `api_restock`; the list of an order's refunds
with `reason`, `amount` and `refunded_payment`; no key against repeats. In its source: the refund
is written before the payment service is called, `refunded_payment` after it has paid, and it is
deleted again when that refused, which is answered by 500 with a code of its own. So one that
stands there without `refunded_payment` is still being paid, or its server died over it.

First we read the order, for its currency, what is left of it, and whether our key stands there
already. Only an amount is refunded, without lines, and nothing goes back to stock: that is
decided at our desk. With `api_refund` set to “no” the refund is noted, and a person pays it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from returns.shops import Access, Error, NoAccess
from returns.shops.refunding import (
    PAYS,
    READS,
    RefundAnswer,
    RefundAsk,
    Refunded,
    amount,
    in_another_currency,
    nothing_asked_yet,
    reference,
    refused,
    too_much,
)
from returns.shops.woocommerce import NO_ROUTE, address_of, headers
from returns.shops.writing import document, without_keys
from tracking import http
from tracking.providers import reading

# 500 with this code says that nothing was paid.
CANNOT = "woocommerce_rest_cannot_create_order_refund"
NOT_A_NUMBER = "This order has no number of WooCommerce’s."
NOTED = (
    "The refund stands in the shop’s books, and its payment service was not asked: send the "
    "money by hand, then press “It is sent”."
)


def refund(ask: RefundAsk, access: Access) -> RefundAnswer:
    if not ask.source_id.isdecimal():
        return refused(NOT_A_NUMBER)
    with nothing_asked_yet():
        status, order = _call("GET", "", ask, access, READS)
    if status != 200:
        return refused(_told(order, access) or f"The shop refused it ({status}).")
    currency = str(order.get("currency") or ask.currency)
    if currency != ask.currency:
        return in_another_currency(currency, ask)
    rows = reading.parts(order, "refunds")
    if any(ask.mark in str(row.get("reason") or "") for row in rows):
        found = find_refund(ask, access)
        if found is None:
            raise Error("The shop shows our refund and does not show it.")
        return found
    left = amount(order.get("total")) - sum((abs(amount(row.get("total"))) for row in rows), ZERO)
    if ask.amount > left:
        return too_much(max(left, ZERO), ask)
    given = {
        "amount": ask.written,
        "reason": ask.note,
        "api_refund": _pays(access),
        "api_restock": False,
    }
    status, answer = _call("POST", "/refunds", ask, access, PAYS, given)
    if status not in (200, 201):
        return refused(_told(answer, access) or f"The shop refused it ({status}).")
    return _read(answer, ask, access)


ZERO = Decimal(0)


def find_refund(ask: RefundAsk, access: Access) -> RefundAnswer | None:
    if not ask.source_id.isdecimal():
        return refused(NOT_A_NUMBER)
    reply = http.call(
        "GET",
        f"{address_of(ask.source_id, access)}/refunds?per_page=100",
        headers=headers(access),
        total=READS,
    )
    rows = http.json_of(reply)
    if reply.status != 200 or not isinstance(rows, list):
        raise Error(f"The shop does not show the order’s refunds ({reply.status}).")
    for row in rows:
        if isinstance(row, dict) and ask.mark in str(row.get("reason") or ""):
            return _read(row, ask, access)
    return None


def _read(row: Mapping[str, Any], ask: RefundAsk, access: Access) -> RefundAnswer:
    number, paid = reference(row.get("id")), abs(amount(row.get("amount")))
    if paid != ask.amount:
        words = f"The shop refunded {paid:f} instead of {ask.written} {ask.currency}. Look there."
        return RefundAnswer(Refunded.STUCK, words, number)
    if not _pays(access):
        return RefundAnswer(Refunded.STUCK, NOTED, number)
    if row.get("refunded_payment") is True:
        return RefundAnswer(Refunded.DONE, "", number)
    words = "The shop has it; its payment service has not said yet that it is paid."
    return RefundAnswer(Refunded.TAKEN, words, number)


def _call(
    method: str,
    path: str,
    ask: RefundAsk,
    access: Access,
    total: float,
    json: Mapping[str, Any] | None = None,
) -> tuple[int, dict[str, Any]]:
    """Status and answer; raises where they do not say what became of it."""
    reply = http.call(
        method,
        f"{address_of(ask.source_id, access)}{path}",
        json=json,
        headers=headers(access),
        total=total,
        returns=(500,),
    )
    if 300 <= reply.status < 400:
        raise NoAccess(f"The shop sends us elsewhere ({reply.status}): is its address right?")
    answer = document(reply)
    if answer.get("code") == NO_ROUTE:
        raise NoAccess("There is no REST API of WooCommerce at this address.")
    known = reply.status in (200, 201, 400, 404, 410, 422) or answer.get("code") == CANNOT
    if not known:
        raise Error(f"The shop answered {reply.status}: {_told(answer, access)}")
    return reply.status, answer


def _told(answer: Mapping[str, Any], access: Access) -> str:
    return without_keys(answer.get("message"), access)


def _pays(access: Access) -> bool:
    return str(access.keys.get("api_refund", "")).strip().casefold() != "no"
