"""Shopify, WooCommerce and a merchant's own system that refund, as somebody plays them on
loopback.

    with refunding() as there:
        shopify_refunds.refund(ask(), there.shopify)
        assert [one.amount for one in there.refunds] == [Decimal("40.00")]

They keep one till: what was paid with, and every refund that was made of it, of which none is
folded into an earlier one. Nobody may take more out of a payment than is in it.

`trouble` is what they answer instead of paying; `lost` is what the caller hears of what was
paid; `before_answer` is done between the two, as a webhook is sent; `blind` is what they answer
to whoever only looks; `status` is what the payment service says.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from returns.shops import Access
from returns.shops.refunding import RefundAsk
from tests.returns.shop_server import CONSUMER, SECRET, SHOPIFY, TOKEN, recorded
from tests.tracking.loopback import Answer, Loopback, Seen, loopback

KEY = "0123456789abcdef0123456789abcdef"
REST = "/admin/api/2026-10/orders/727"
WOO = "/wp-json/wc/v3/orders/727"
GID = "gid://shopify/Order/727"
NOTHING = Decimal(0)


def ask(amount: str = "40.00", **values: Any) -> RefundAsk:
    given = {
        "key": KEY,
        "source_id": "727",
        "number": "JP-20418",
        "authorization": "HW-7F3K-9Q2M",
        "amount": Decimal(amount),
        "currency": "USD",
    }
    return RefundAsk(**given | values)


@dataclass
class Paid:
    """One payment. left: what was not given back of it."""

    parent: int
    gateway: str
    left: Decimal
    by_hand: bool = False


@dataclass
class Made:
    number: int
    note: str
    amount: Decimal
    parts: list[tuple[int, Decimal]] = field(default_factory=list)
    status: str = "success"


class Till:
    def __init__(self, server: Loopback) -> None:
        self.server = server
        self.payments = [Paid(801, "shopify_payments", Decimal("56.00"))]
        self.refunds: list[Made] = []
        self.currency = self.seen_in = "USD"
        self.status = "success"
        self.trouble: Answer | None = None
        self.lost: Answer | None = None
        self.blind: Answer | None = None
        self.unpaid = False  # WooCommerce: the record stands, the payment service is still at it
        self.before_answer: Callable[[], object] = lambda: None
        self.keys: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.shopify = Access({"token": TOKEN}, server.url)
        self.rest = Access({"token": TOKEN, "rest": "yes"}, server.url)
        self.woocommerce = Access(dict(CONSUMER), server.url)
        self.webhook = Access({"secret": SECRET}, f"{server.url}/merchant")
        server.answers(SHOPIFY, self._graphql)
        server.answers(f"{REST}/refunds/calculate.json", self._calculate)
        server.answers(f"{REST}/refunds.json", self._rest)
        server.answers(WOO, self._woo_order)
        server.answers(f"{WOO}/refunds", self._woo)
        server.answers("/merchant", self._merchant)

    @property
    def given(self) -> Decimal:
        return sum((one.amount for one in self.refunds), NOTHING)

    @property
    def left(self) -> Decimal:
        return sum((one.left for one in self.payments), NOTHING)

    def _pay(
        self, note: str, parts: list[tuple[int, Decimal]], answer: Callable[[Made], Answer]
    ) -> Answer:
        if self.trouble:
            return self.trouble
        by_parent = {one.parent: one for one in self.payments}
        for parent, amount in parts:
            assert 0 < amount <= by_parent[parent].left, "more than is left of a payment"
            if self.status != "failure":
                by_parent[parent].left -= amount
        amount = sum((amount for _, amount in parts), NOTHING)
        made = Made(9001 + len(self.refunds), note, amount, parts, self.status)
        self.refunds.append(made)
        self.before_answer()
        return self.lost or answer(made)

    # --- Shopify ------------------------------------------------------------------------------

    def _graphql(self, seen: Seen) -> Answer:
        if seen.headers["X-Shopify-Access-Token"] != TOKEN:
            return Answer(status=401, json={"errors": "[API] Invalid API key or access token"})
        query, variables = seen.json["query"], seen.json["variables"]
        assert query.count("{") == query.count("}")
        self.bodies.append(seen.json)
        if "refundCreate" in query:
            return self._create(query, variables)
        assert variables == {"id": GID}
        if "suggestedRefund" not in query and self.blind:
            return self.blind
        answer = recorded("shops/shopify/answer-refundable")
        order = answer["data"]["order"]
        order["refunds"] = [self._shown(one) for one in self.refunds]
        if "suggestedRefund" not in query:
            del order["suggestedRefund"]
            return Answer(json=answer)
        suggested = order["suggestedRefund"]
        suggested["maximumRefundableSet"] = self._bag(self.left)
        [pattern] = suggested["suggestedTransactions"]
        suggested["suggestedTransactions"] = [
            pattern
            | {
                "gateway": one.gateway,
                "amountSet": self._bag(one.left),
                "maximumRefundableSet": self._bag(one.left),
                "parentTransaction": {
                    "id": f"gid://shopify/OrderTransaction/{one.parent}",
                    "manualPaymentGateway": one.by_hand,
                },
            }
            for one in self.payments
        ]
        return Answer(json=answer)

    def _create(self, query: str, variables: dict[str, Any]) -> Answer:
        given = variables["input"]
        assert ("@idempotent(key: $key)" in query) == ("key" in variables)
        self.keys.append(variables.get("key", ""))
        assert given["orderId"] == GID and given["notify"] is False
        assert given["currency"] == self.currency
        parts = []
        for one in given["transactions"]:
            assert one["kind"] == "REFUND" and one["orderId"] == GID
            parent = int(one["parentId"].rpartition("/")[2])
            assert one["gateway"] == {row.parent: row.gateway for row in self.payments}[parent]
            parts.append((parent, Decimal(one["amount"])))

        def answer(made: Made) -> Answer:
            told = recorded("shops/shopify/answer-refund")
            told["data"]["refundCreate"]["refund"] = self._shown(made)
            return Answer(json=told)

        return self._pay(given["note"], parts, answer)

    def _bag(self, amount: Decimal) -> dict[str, Any]:
        money = {"amount": f"{amount.normalize():f}", "currencyCode": self.currency}
        return {"shopMoney": money, "presentmentMoney": money | {"currencyCode": self.seen_in}}

    def _shown(self, made: Made) -> dict[str, Any]:
        paid = made.amount if made.status == "success" else NOTHING
        return {
            "id": f"gid://shopify/Refund/{made.number}",
            "note": made.note,
            "totalRefundedSet": self._bag(paid),
            "transactions": {
                "nodes": [
                    {
                        "id": f"gid://shopify/OrderTransaction/{made.number}{parent}",
                        "kind": "REFUND",
                        "status": made.status.upper(),
                        "amountSet": self._bag(amount),
                    }
                    for parent, amount in made.parts
                ]
            },
        }

    def _calculate(self, seen: Seen) -> Answer:
        assert seen.method == "POST" and seen.headers["X-Shopify-Access-Token"] == TOKEN
        assert seen.json["refund"]["refund_line_items"] == []
        answer = recorded("shops/shopify/rest-calculate")
        [pattern] = answer["refund"]["transactions"]
        answer["refund"]["transactions"] = [
            pattern
            | {
                "gateway": one.gateway,
                "parent_id": one.parent,
                "currency": self.seen_in,
                "maximum_refundable": f"{one.left:f}",
            }
            for one in self.payments
        ]
        return Answer(json=answer)

    def _rest(self, seen: Seen) -> Answer:
        assert seen.headers["X-Shopify-Access-Token"] == TOKEN
        pattern = recorded("shops/shopify/rest-refund")["refund"]

        def shown(made: Made) -> dict[str, Any]:
            [part] = pattern["transactions"]
            return pattern | {
                "id": made.number,
                "note": made.note,
                "transactions": [
                    part | {"parent_id": parent, "amount": f"{amount:f}", "status": made.status}
                    for parent, amount in made.parts
                ],
            }

        if seen.method == "GET":
            return self.blind or Answer(json={"refunds": [shown(one) for one in self.refunds]})
        given = seen.json["refund"]
        self.bodies.append(given)
        assert given["notify"] is False and given["currency"] == self.currency
        assert all(one["kind"] == "refund" for one in given["transactions"])
        parts = [(one["parent_id"], Decimal(one["amount"])) for one in given["transactions"]]
        return self._pay(
            given["note"], parts, lambda made: Answer(status=201, json={"refund": shown(made)})
        )

    # --- WooCommerce --------------------------------------------------------------------------

    def _woo_order(self, seen: Seen) -> Answer:
        self._check_consumer(seen)
        total = self.left + self.given
        refunds = [
            {"id": one.number, "reason": one.note, "total": f"-{one.amount:f}"}
            for one in self.refunds
        ]
        told = {"id": 727, "currency": self.currency, "total": f"{total:f}", "refunds": refunds}
        return Answer(json=told)

    def _woo(self, seen: Seen) -> Answer:
        self._check_consumer(seen)
        if seen.method == "GET":
            return self.blind or Answer(json=[self._woo_refund(one) for one in self.refunds])
        given = seen.json
        self.bodies.append(given)
        assert isinstance(given["amount"], str) and given["api_restock"] is False
        parts, left = [], Decimal(given["amount"])
        for one in self.payments:
            if part := min(left, one.left):
                parts.append((one.parent, part))
                left -= part
        assert not left, "more than is left of the order"
        return self._pay(
            given["reason"],
            parts,
            lambda made: Answer(status=201, json=self._woo_refund(made)),
        )

    def _woo_refund(self, made: Made) -> dict[str, Any]:
        return recorded("shops/woocommerce/answer-refund") | {
            "id": made.number,
            "reason": made.note,
            "amount": f"{made.amount:f}",
            "refunded_payment": not self.unpaid,
        }

    def _check_consumer(self, seen: Seen) -> None:
        both = ":".join(CONSUMER.values())
        assert seen.headers["Authorization"] == f"Basic {base64.b64encode(both.encode()).decode()}"

    # --- the merchant's own -------------------------------------------------------------------

    def _merchant(self, seen: Seen) -> Answer:
        fields = dict(one.split("=") for one in seen.headers["Homeward-Signature"].split(","))
        signed = f"{fields['t']}.".encode() + seen.body
        assert fields["v1"] == hmac.digest(SECRET.encode(), signed, hashlib.sha256).hex()
        told = seen.json
        self.bodies.append(told)
        if told["event"] == "order.refund_state":
            known = [one for one in self.refunds if told["key"] in one.note]
            state = {"state": "sent", "reference": str(known[0].number)} if known else {}
            return self.blind or Answer(json=state or {"state": "unknown"})
        assert told["event"] == "order.refund" and told["currency"] == self.currency
        assert seen.headers["Idempotency-Key"] == told["key"]
        return self._pay(
            f"[{told['key']}]",
            [(self.payments[0].parent, Decimal(told["amount"]))],
            lambda made: Answer(json={"state": "sent", "reference": str(made.number)}),
        )


def key_of(note: str) -> str:
    found = re.search(r"\[([0-9a-f-]+)\]", note)
    assert found
    return found[1]


@contextmanager
def refunding() -> Iterator[Till]:
    with loopback() as server:
        yield Till(server)
