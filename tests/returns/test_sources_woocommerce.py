"""WooCommerce's order JSON, read."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from returns.sources import Unreadable, woocommerce
from tests.returns import recordings
from tests.returns.recordings import SHOP

DONE, KIT = "woocommerce/order-completed.json", "woocommerce/orders-kit.json"


def raw(**values) -> dict:
    return json.loads(recordings.path(DONE).read_text()) | values


def test_a_webhook_body_is_read_in_universal_time():
    order = recordings.only(DONE)
    assert (order.source, order.source_id, order.number) == ("woocommerce", "727", "WC-727")
    assert order.placed_at == datetime(2026, 11, 3, 15, 28, 2, tzinfo=UTC)
    assert order.version == datetime(2026, 11, 6, 8, tzinfo=UTC)
    assert order.paid_at == datetime(2026, 11, 3, 15, 28, 8, tzinfo=UTC)
    assert order.language == "en"


def test_without_the_twin_the_stores_clock_counts():
    order = raw(date_created="2026-07-01T12:00:00")
    del order["date_created_gmt"]
    assert woocommerce.parse(order, SHOP).placed_at == datetime(2026, 7, 1, 11, tzinfo=UTC)


def test_names_are_read_as_people_write_them():
    order = recordings.only(DONE)
    assert order.name == "João Pereira"
    assert [line.title for line in order.lines] == ["Tea – Loose", "Mug", "Gift wrap"]
    assert order.lines[1].variant == "Black & white"


def test_goods_go_to_the_delivery_address():
    order = recordings.only(DONE)
    assert (order.street, order.postcode, order.phone) == (
        "Rua B 2",
        "4000-002",
        "+351 912 345 678",
    )


def test_lines_fees_and_postage_make_up_the_total():
    order = recordings.only(DONE)
    assert sum(line.paid for line in order.lines) + order.postage == Decimal("41.13")
    assert (order.paid, order.refunded) == (Decimal("41.13"), Decimal("5.00"))


def test_a_fee_is_paid_for_but_cannot_be_sent_back():
    assert [line.needs_shipping for line in recordings.only(DONE).lines] == [True, True, False]


def test_tax_outside_the_price_is_kept_apart():
    order = woocommerce.parse(raw(prices_include_tax=False, fee_lines=[], total="37.13"), SHOP)
    assert [(line.tax, line.paid) for line in order.lines] == [
        (Decimal("1.90"), Decimal("11.90")),
        (Decimal("3.23"), Decimal("20.23")),
    ]


def test_waybills_come_from_the_tracking_plug_in():
    first, second = recordings.only(DONE).fulfilments
    assert (first.numbers, first.carrier, first.lines) == (
        ("JJD0003400001",),
        "dhl-paket",
        (("316", 1),),
    )
    assert first.shipped_at == second.shipped_at == datetime(2026, 11, 5, tzinfo=UTC)
    assert (second.carrier, second.lines) == ("Correios XYZ", (("315", 3),))


def test_a_completed_order_has_left_even_without_a_waybill():
    [left] = woocommerce.parse(raw(meta_data=[]), SHOP).fulfilments
    assert (left.numbers, left.lines) == ((), (("315", 3), ("316", 1)))
    assert left.shipped_at == datetime(2026, 11, 5, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "meta, number, carrier",
    [
        ({"_aftership_tracking_items": [{"tracking_number": "A1", "slug": "gls"}]}, "A1", "gls"),
        (
            {"_aftership_tracking_number": "A2", "_aftership_tracking_provider_name": "DPD"},
            "A2",
            "dpd",
        ),
        ({"_tracking_number": "A3", "_tracking_provider": "UPS"}, "A3", "ups"),
        ({"_wc_shipment_tracking_items": '[{"tracking_number":"A4"}]'}, "A4", ""),
        ({"_wc_shipment_tracking_items": {"1": {"tracking_number": "A5"}}}, "A5", ""),
    ],
)
def test_other_plug_ins_are_understood(meta, number, carrier):
    rows = [{"id": at, "key": key, "value": value} for at, (key, value) in enumerate(meta.items())]
    [parcel] = woocommerce.parse(raw(meta_data=rows, status="processing"), SHOP).fulfilments
    assert (parcel.numbers, parcel.carrier) == ((number,), carrier)


@pytest.mark.parametrize("junk", ["[{", 7, None, [], [[]], {"a": 1}, True])
def test_what_a_plug_in_leaves_broken_is_no_parcel(junk):
    rows = [{"id": 1, "key": "_wc_shipment_tracking_items", "value": junk}]
    assert woocommerce.parse(raw(meta_data=rows, status="processing"), SHOP).fulfilments == ()


def test_a_kit_comes_back_as_one_and_its_parts_cost_nothing():
    order = recordings.only(KIT)
    assert [(line.paid, line.needs_shipping) for line in order.lines] == [
        (Decimal("30.00"), True),
        (0, False),
        (0, False),
    ]


def test_the_last_waybill_on_a_line_counts():
    [parcel] = recordings.only(KIT).fulfilments
    assert (parcel.numbers, parcel.lines) == (("1Z1",), (("1", 1),))


@pytest.mark.parametrize(
    "status, cancelled, left",
    [
        ("pending", False, False),
        ("processing", False, False),
        ("on-hold", False, False),
        ("completed", False, True),
        ("shipped", False, True),
        ("cancelled", True, False),
        ("trash", True, False),
        ("failed", False, False),
        ("made-up", False, False),
    ],
)
def test_the_status_tells_whether_it_was_cancelled_or_left(status, cancelled, left):
    order = woocommerce.parse(raw(meta_data=[], status=status), SHOP)
    assert (order.cancelled_at is not None, bool(order.fulfilments)) == (cancelled, left)


def test_refunded_before_it_left_means_that_nothing_will_leave():
    order = woocommerce.parse(raw(meta_data=[], status="refunded"), SHOP)
    assert all(line.cancelled == line.quantity for line in order.lines)


def test_an_unpaid_order_has_no_money():
    order = woocommerce.parse(raw(status="on-hold", date_paid=None, date_paid_gmt=None), SHOP)
    assert (order.paid_at, order.paid) == (None, 0)


def test_a_started_checkout_is_no_order():
    with pytest.raises(Unreadable, match="“checkout-draft” is not an order yet"):
        woocommerce.parse(raw(status="checkout-draft"), SHOP)


@pytest.mark.parametrize(
    "field, value, reason",
    [
        ("quantity", Decimal("1.5"), "line_items[0].quantity: “1.5” is not a whole number"),
        ("quantity", 0, "line_items[0].quantity: “0” is too small, the least is 1"),
        ("total", "abc", "line_items[0].total: “abc” is not an amount"),
        ("total", None, "line_items[0].total: is missing"),
        ("id", None, "line_items[0].id: is missing"),
    ],
)
def test_a_wrong_line_is_named_with_its_reason(field, value, reason):
    order = raw()
    order["line_items"][0][field] = value
    with pytest.raises(Unreadable) as caught:
        woocommerce.parse(order, SHOP)
    assert reason in map(str, caught.value.problems)


def test_an_unknown_country_is_named():
    order = raw()
    order["shipping"]["country"] = "QQ"
    with pytest.raises(Unreadable, match=r"shipping\.country: “QQ” is not the ISO code"):
        woocommerce.parse(order, SHOP)
