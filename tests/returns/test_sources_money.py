"""The parts of an order add up to its total, whatever discounts and taxes there are."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns.sources import ZERO, LineData, money, shopify, woocommerce
from tests.returns.recordings import SHOP

CENTS = st.integers(0, 50_000).map(lambda cents: Decimal(cents) / 100)
ROWS = st.lists(
    st.tuples(CENTS, st.integers(1, 9), st.integers(0, 100), CENTS), min_size=1, max_size=6
)


def paid(order) -> Decimal:
    return sum((line.paid for line in order.lines), ZERO) + order.postage


def shopify_order(rows, postage: Decimal, *, allocated: bool, included: bool) -> dict:
    """rows: (price, units, discount in per cent, tax of the line)."""
    lines, total, off, taxes = [], postage, ZERO, ZERO
    for at, (price, units, percent, tax) in enumerate(rows):
        discount = (price * units * percent / 100).quantize(Decimal("0.01"))
        line = {"id": at + 1, "title": "Thing", "price": str(price), "quantity": units}
        if allocated:
            line["discount_allocations"] = [{"amount": str(discount)}]
            line["tax_lines"] = [{"price": str(tax)}]
        lines.append(line)
        total += price * units - discount + (ZERO if included else tax)
        off, taxes = off + discount, taxes + tax
    return {
        "id": 1,
        "name": "#1",
        "created_at": "2026-11-01T00:00:00Z",
        "currency": "USD",
        "financial_status": "paid",
        "taxes_included": included,
        "total_price": str(total),
        "total_discounts": str(off),
        "total_tax": str(taxes),
        "line_items": lines,
        "shipping_lines": [{"price": str(postage)}],
    }


@given(ROWS, CENTS, st.booleans())
def test_a_well_formed_shopify_order_adds_up_exactly(rows, postage, included):
    raw = shopify_order(rows, postage, allocated=True, included=included)
    assert paid(shopify.parse(raw, SHOP)) == Decimal(raw["total_price"])


@given(ROWS, CENTS, st.booleans())
def test_a_shopify_order_of_old_shape_never_exceeds_its_total(rows, postage, included):
    raw = shopify_order(rows, postage, allocated=False, included=included)
    assert paid(shopify.parse(raw, SHOP)) <= Decimal(raw["total_price"])


@given(ROWS, CENTS, CENTS)
def test_a_total_that_is_too_small_is_never_exceeded(rows, postage, total):
    raw = shopify_order(rows, postage, allocated=True, included=False)
    raw["total_price"] = str(total)
    order = shopify.parse(raw, SHOP)
    assert paid(order) <= total
    assert order.postage >= 0
    assert all(line.paid >= 0 for line in order.lines)


@given(ROWS, CENTS, st.booleans())
def test_a_woocommerce_order_adds_up_exactly(rows, postage, included):
    lines, total = [], postage
    for at, (price, units, percent, tax) in enumerate(rows):
        before = price * units
        after = (before * (100 - percent) / 100).quantize(Decimal("0.01"))
        lines.append(
            {
                "id": at + 1,
                "name": "Thing",
                "quantity": units,
                "subtotal": str(before),
                "subtotal_tax": str(tax),
                "total": str(after),
                "total_tax": str(tax),
            }
        )
        total += after + tax
    raw = {
        "id": 1,
        "number": "1",
        "status": "processing",
        "currency": "USD",
        "total": str(total),
        "date_created_gmt": "2026-11-01T00:00:00",
        "prices_include_tax": included,
        "shipping_total": str(postage),
        "line_items": lines,
    }
    order = woocommerce.parse(raw, SHOP)
    assert paid(order) == total
    assert all(line.discount >= 0 for line in order.lines)


def line(price: str, **values) -> LineData:
    return LineData(source_id=price, title="x", quantity=1, unit_price=Decimal(price), **values)


def test_a_discount_larger_than_the_goods_makes_them_free_and_no_more():
    shared = money.discounted([line("3.00"), line("1.00")], Decimal(10), "USD")
    assert [row.paid for row in shared] == [0, 0]


def test_an_offered_line_keeps_its_price_of_zero():
    shared = money.discounted([line("0.00"), line("9.99")], Decimal("1.00"), "USD")
    assert [row.paid for row in shared] == [0, Decimal("8.99")]


def test_yen_are_shared_in_whole_yen():
    shared = money.discounted([line("100"), line("100"), line("100")], Decimal(100), "JPY")
    assert [row.paid for row in shared] == [66, 67, 67]


@pytest.mark.parametrize(
    "code, known",
    [("USD", True), ("CNY", True), ("XXX", False), ("", False), ("usd", False), ("DOLLAR", False)],
)
def test_only_iso_currencies_are_money(code, known):
    assert money.is_currency(code) is known
