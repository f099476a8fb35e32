"""Shopify: money given back with its Admin API.

Built from its public documentation, not verified with the live service. Documented (GraphQL
Admin API, `Order.suggestedRefund`, `Order.refunds`, `refundCreate`, `RefundInput`): the calls,
that the suggestion names each payment and how much of it can still be given back, the scope
`write_orders`, `userErrors`, the statuses of transactions, and `@idempotent(key:)`, which
`refundCreate` takes from version 2026-01 on and wants from 2026-04 on.

First we read the order: what stands there under our key, and what its payments have left. Then
the amount is spread over these payments, never more than is left of each. Only an amount is
refunded, without lines: what comes back to stock is decided at our desk. The buyer is written
to by us, so Shopify does not (`notify`). Payments by hand (cash on delivery, bank transfer) are
refused: Shopify would note them as given back, and nothing would be paid.

Where a field or the directive does not exist in the version that is set, Shopify says so before
it does anything; then, and where the option `rest` says so, the older interface is used.

UNSURE: whether a payment service that refuses shows as a `userError` or as a failed transaction
(both are understood); where Shopify says that the same key is being worked on at this moment
(any words about idempotency mean that nobody knows yet).
"""

import uuid
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from returns.shops import Access, Error, shopify
from returns.shops import shopify_refunds_rest as rest
from returns.shops.refunding import (
    PAYS,
    READS,
    NotAsked,
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
from returns.shops.writing import part, without_keys
from tracking.providers import reading

MONEY = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
REFUND = f"""
  id note
  totalRefundedSet {MONEY}
  transactions(first: 50) {{ nodes {{ id kind status amountSet {MONEY} }} }}
"""
FIND = f"""
query refunds($id: ID!) {{
  order(id: $id) {{ id refunds(first: 250) {{ {REFUND} }} }}
}}
"""
CALCULATE = f"""
query refundable($id: ID!) {{
  order(id: $id) {{
    id
    refunds(first: 250) {{ {REFUND} }}
    suggestedRefund(suggestFullRefund: true) {{
      maximumRefundableSet {MONEY}
      suggestedTransactions {{
        gateway
        amountSet {MONEY}
        maximumRefundableSet {MONEY}
        parentTransaction {{ id manualPaymentGateway }}
      }}
    }}
  }}
}}
"""
CREATE = f"""
mutation refundCreate($input: RefundInput!%s) {{
  refundCreate(input: $input)%s {{
    refund {{ {REFUND} }}
    userErrors {{ field message }}
  }}
}}
"""
IDEMPOTENT_FROM = "2026-01"
# What a query is refused with before it is begun.
UNKNOWN = frozenset(
    {
        "undefinedField",
        "undefinedDirective",
        "undefinedType",
        "argumentNotAccepted",
        "argumentLiteralsIncompatible",
        "missingRequiredArguments",
        "selectionMismatch",
        "variableMismatch",
    }
)
ENDS = {"success": True, "failure": False, "error": False}


class NotThere(NotAsked):
    """This version of the interface has no such thing."""


def refund(ask: RefundAsk, access: Access) -> RefundAnswer:
    if _wants_rest(access):
        return rest.refund(ask, access)
    try:
        return _refund(ask, access)
    except NotThere:
        return rest.refund(ask, access)


def find_refund(ask: RefundAsk, access: Access) -> RefundAnswer | None:
    if _wants_rest(access):
        return rest.find_refund(ask, access)
    try:
        order = part(_asked(FIND, {"id": shopify.gid(ask.source_id)}, access, READS), "order")
    except NotThere:
        return rest.find_refund(ask, access)
    if not order or not isinstance(order.get("refunds"), list):
        raise Error("Shopify does not show the order’s refunds.")
    return _found(order, ask)


def _refund(ask: RefundAsk, access: Access) -> RefundAnswer:
    gid = shopify.gid(ask.source_id)
    with nothing_asked_yet():
        order = part(_asked(CALCULATE, {"id": gid}, access, READS), "order")
    if not order:
        return refused("Shopify does not know this order.")
    if found := _found(order, ask):
        return found
    suggested = part(order, "suggestedRefund")
    if other := next(_other_currencies(suggested, ask.currency), ""):
        return in_another_currency(other, ask)
    rows = reading.parts(suggested, "suggestedTransactions")
    payments = [_payment(row) for row in rows]
    most = min(
        _amount(suggested, "maximumRefundableSet"),
        sum((payment.most for payment in payments), Decimal(0)),
    )
    parts = spread(ask.amount, payments) if ask.amount <= most else None
    if parts is None:
        return too_much(most, ask)
    by_hand = {part(row, "parentTransaction").get("id") for row in rows if _is_by_hand(row)}
    if any(payment.parent in by_hand for payment, _ in parts):
        return refused(
            "It was paid by hand (cash or bank transfer): no money can go back through Shopify."
        )
    given = {
        "orderId": gid,
        "note": ask.note,
        "notify": False,
        "currency": ask.currency,
        "transactions": [
            {
                "orderId": gid,
                "parentId": payment.parent,
                "gateway": payment.gateway,
                "kind": "REFUND",
                "amount": f"{share:f}",
            }
            for payment, share in parts
        ],
    }
    return _made(given, ask, access)


def _made(given: Mapping[str, Any], ask: RefundAsk, access: Access) -> RefundAnswer:
    variables: dict[str, Any] = {"input": given}
    query = CREATE % ("", "")
    if shopify.version_of(access) >= IDEMPOTENT_FROM:
        query = CREATE % (", $key: String!", " @idempotent(key: $key)")
        # Shopify recommends the shape of a UUID.
        variables["key"] = str(uuid.uuid5(uuid.NAMESPACE_OID, ask.key))
    payload = part(_asked(query, variables, access, PAYS), "refundCreate")
    problems = reading.parts(payload, "userErrors")
    made = part(payload, "refund")
    if problems and not made:
        told = " ".join(str(one.get("message") or "") for one in problems)
        told = without_keys(told, access)
        if "idempoten" in told.casefold():
            raise Error(f"Shopify says: {told}")
        return refused(told or "Shopify refused it.")
    if not made:
        raise Error("Shopify does not say what became of the refund.")
    return _read(made, ask)


def _found(order: Mapping[str, Any], ask: RefundAsk) -> RefundAnswer | None:
    for row in reading.parts(dict(order), "refunds"):
        if ask.mark in str(row.get("note") or ""):
            return _read(row, ask)
    return None


def _read(row: Mapping[str, Any], ask: RefundAsk) -> RefundAnswer:
    parts = reading.parts(part(row, "transactions"), "nodes")
    paid = [one for one in parts if str(one.get("kind") or "REFUND").upper() == "REFUND"]
    states = [str(one.get("status") or "") for one in paid]
    total = _amount(row, "totalRefundedSet")
    return judged(total, states, ENDS, ask, reference(row.get("id")))


def _payment(row: Mapping[str, Any]) -> Payment:
    """A payment of which Shopify does not say how much is left may give what it suggests."""
    known = "maximumRefundableSet" if row.get("maximumRefundableSet") else "amountSet"
    parent = str(part(row, "parentTransaction").get("id") or "")
    most = _amount(row, known) if parent else Decimal(0)
    return Payment(parent, str(row.get("gateway") or ""), most)


def _is_by_hand(row: Mapping[str, Any]) -> bool:
    return part(row, "parentTransaction").get("manualPaymentGateway") is True


def _amount(fields: Mapping[str, Any], name: str) -> Decimal:
    return amount(part(part(fields, name), "shopMoney").get("amount"))


def _other_currencies(suggested: Mapping[str, Any], currency: str) -> Iterator[str]:
    """Those of what the order holds or its buyer saw that are not that of the sale here."""
    bags = [part(suggested, "maximumRefundableSet")]
    for row in reading.parts(dict(suggested), "suggestedTransactions"):
        bags += [part(row, "amountSet"), part(row, "maximumRefundableSet")]
    for bag in bags:
        for name in ("shopMoney", "presentmentMoney"):
            code = str(part(bag, name).get("currencyCode") or currency)
            if code != currency:
                yield code


def _asked(
    query: str, variables: Mapping[str, Any], access: Access, total: float
) -> dict[str, Any]:
    """Its `data`. Raises NotThere when nothing was begun, because something does not exist."""
    answer = shopify.asked(query, variables, access, total)
    errors = reading.parts(answer, "errors")
    codes = {str(part(one, "extensions").get("code") or "") for one in errors}
    if answer.get("data") is None and codes and codes <= UNKNOWN:
        raise NotThere("This version of Shopify’s interface has no such refund.")
    shopify.check(answer, access, lambda told: without_keys(told, access))
    return part(answer, "data")


def _wants_rest(access: Access) -> bool:
    return str(access.keys.get("rest", "")).strip().casefold() == "yes"
