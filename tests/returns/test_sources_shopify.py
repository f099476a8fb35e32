"""Shopify's order JSON, read."""

import json
import logging
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from returns.sources import Unreadable, fields, read, shopify
from tests.returns import recordings
from tests.returns.recordings import SHOP
from tracking.milestones import Milestone

PARTLY = "shopify/order-partly-refunded.json"


def raw(name: str = PARTLY) -> dict:
    return json.loads(recordings.path(name).read_text())


def problems_of(order: dict) -> list[str]:
    with pytest.raises(Unreadable) as caught:
        shopify.parse(order, SHOP)
    return [str(problem) for problem in caught.value.problems]


def test_a_webhook_body_is_read_whole():
    order = recordings.only(PARTLY)
    assert (order.source, order.source_id, order.number) == ("shopify", "5400000000001", "JP-20418")
    assert order.version == datetime(2026, 11, 18, 8, 30, tzinfo=UTC)
    assert order.placed_at == datetime(2026, 11, 9, 9, 12, 44, tzinfo=UTC)
    assert (order.name, order.email, order.phone) == (
        "Sarah Whitcombe",
        "sarah@example.com",
        "+44 7700 900123",
    )
    assert (order.street, order.city, order.postcode, order.country) == (
        "12 Harbour Lane",
        "Bristol",
        "BS1 4QA",
        "GB",
    )
    assert order.language == "en"


def test_lines_and_postage_make_up_the_total():
    order = recordings.only(PARTLY)
    shirt, socks = order.lines
    assert shirt.paid == Decimal("130.56")  # 2 × 68.00 − 27.20 + 21.76
    assert socks.paid == Decimal("36.48")
    assert shirt.paid + socks.paid + order.postage == Decimal("174.04")


def test_a_unit_that_never_left_is_taken_out_and_one_that_came_back_is_not():
    assert [line.cancelled for line in recordings.only(PARTLY).lines] == [0, 1]
    came_back = raw()
    came_back["line_items"][0]["current_quantity"] = 1
    assert [line.cancelled for line in shopify.parse(came_back, SHOP).lines] == [0, 1]


def test_case_56_a_refund_in_the_buyers_currency_counts_at_the_rate_of_the_sale():
    # 14.36 GBP at 174.04 USD for 137.00 GBP
    assert recordings.only(PARTLY).refunded == Decimal("18.24")


def test_a_refund_in_a_third_currency_is_refused():
    order = raw()
    order["refunds"][0]["transactions"][0]["currency"] = "JPY"
    assert problems_of(order) == [
        "refunds[0].transactions[0].currency: is JPY, but the order is in USD"
    ]


def test_a_cancelled_fulfilment_did_not_leave():
    first, second = recordings.only(PARTLY).fulfilments
    assert (first.numbers, first.carrier, first.lines) == (
        ("RB123456785GB",),
        "royal-mail",
        (("101", 2),),
    )
    assert [scan.milestone for scan in first.scans] == [Milestone.DELIVERED]
    assert second.lines == (("102", 1),)


@pytest.mark.parametrize("status", ["cancelled", "error", "failure"])
def test_goods_whose_fulfilment_failed_have_not_left(status):
    order = raw()
    order["fulfillments"][0]["status"] = status
    assert len(shopify.parse(order, SHOP).fulfilments) == 1


@pytest.mark.parametrize("status", ["success", "open", "pending"])
def test_goods_whose_fulfilment_runs_have_left(status):
    order = raw()
    order["fulfillments"][0]["status"] = status
    assert len(shopify.parse(order, SHOP).fulfilments) == 2


def test_taxes_in_the_price_are_not_added_again():
    order = recordings.only("shopify/order-china.json")
    pot, card = order.lines
    assert (pot.paid, pot.tax) == (Decimal("248.00"), 0)
    assert order.postage == Decimal("10.00")
    assert pot.paid + card.paid + order.postage == order.paid == Decimal("308.00")


def test_gift_cards_cannot_travel_and_final_sale_is_told_by_property():
    pot, card = recordings.only("shopify/order-china.json").lines
    assert (pot.final_sale, pot.needs_shipping) == (True, True)
    assert (card.final_sale, card.needs_shipping) == (False, False)
    assert pot.variant == ""


def test_a_tag_makes_the_whole_order_final_sale():
    order = raw()
    order["tags"] = "autumn, Final Sale"
    assert all(line.final_sale for line in shopify.parse(order, SHOP).lines)


def test_the_property_set_to_no_means_no():
    order = raw("shopify/order-china.json")
    order["line_items"][0]["properties"] = [{"name": "final-sale", "value": "no"}]
    assert not shopify.parse(order, SHOP).lines[0].final_sale


@pytest.mark.parametrize(
    "locale, language",
    [
        ("zh-CN", "zh-hans"),
        ("zh-TW", "zh-hans"),
        ("zh", "zh-hans"),
        ("en-GB", "en"),
        ("en", "en"),
        ("fr", ""),
        (None, ""),
    ],
)
def test_the_buyers_language_is_one_of_ours_or_the_stores(locale, language):
    assert shopify.parse({**raw(), "customer_locale": locale}, SHOP).language == language


def test_an_order_without_email_is_read():
    order = recordings.only("shopify/order-china.json")
    assert (order.email, order.phone, order.name) == ("", "+8613800138000", "张伟")


def test_an_unknown_parcel_status_is_neutral_and_said_once(caplog):
    fields.tell_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        first = recordings.only("shopify/order-china.json")
        recordings.only("shopify/order-china.json")
    assert first.fulfilments[0].scans[0].milestone == Milestone.UNKNOWN
    assert [record.getMessage() for record in caplog.records] == [
        "shopify: parcel status 'teleported' is not known"
    ]


def test_one_fulfilment_may_fill_two_parcels():
    [fulfilment] = recordings.only("shopify/order-china.json").fulfilments
    assert fulfilment.numbers == ("SF1234567890123", "SF1234567890124")
    assert fulfilment.carrier == "sf"


def test_discount_and_tax_of_the_whole_order_are_shared_over_the_lines():
    order = recordings.only("shopify/order-old-shape.json")
    green, red = order.lines
    assert (green.discount, red.discount) == (Decimal("3.33"), Decimal("6.67"))
    assert (green.tax, red.tax) == (Decimal("3.98"), Decimal("7.96"))
    assert green.paid + red.paid + order.postage == Decimal("603.94")


@pytest.mark.parametrize(
    "status, paid",
    [
        ("paid", "603.94"),
        ("refunded", "603.94"),
        ("partially_refunded", "603.94"),
        ("authorized", "0"),
        ("pending", "0"),
        ("voided", "0"),
        ("expired", "0"),
        (None, "0"),
        ("some_day", "0"),
    ],
)
def test_money_counts_only_once_it_was_captured(status, paid):
    order = shopify.parse({**raw("shopify/order-old-shape.json"), "financial_status": status}, SHOP)
    assert order.paid == Decimal(paid)
    assert (order.paid_at is not None) == (order.paid > 0)


def test_a_partly_paid_order_counts_what_came():
    order = raw("shopify/order-old-shape.json")
    order |= {"financial_status": "partially_paid", "total_outstanding": "500.00"}
    assert shopify.parse(order, SHOP).paid == Decimal("103.94")


def test_units_taken_out_before_the_capture_were_never_paid_for():
    order = raw("shopify/order-old-shape.json")
    order["current_total_price"] = "404.29"
    assert shopify.parse(order, SHOP).paid == Decimal("404.29")


def test_captures_tell_more_than_the_status():
    order = raw("shopify/order-old-shape.json")
    order["transactions"] = [
        {"kind": "authorization", "status": "success", "amount": "603.94"},
        {
            "kind": "capture",
            "status": "success",
            "amount": "600.00",
            "processed_at": "2026-10-02T09:00:00-05:00",
        },
        {"kind": "capture", "status": "failure", "amount": "3.94"},
    ]
    read_ = shopify.parse(order, SHOP)
    assert (read_.paid, read_.paid_at) == (Decimal("600.00"), datetime(2026, 10, 2, 14, tzinfo=UTC))


def test_parts_that_do_not_add_up_never_make_more_than_the_total():
    order = raw("shopify/order-old-shape.json")
    order["total_price"] = "400.00"
    read_ = shopify.parse(order, SHOP)
    assert sum(line.paid for line in read_.lines) + read_.postage == Decimal("400.00")


def test_a_list_gives_its_good_orders_and_names_the_wrong_fields_of_the_others():
    found = recordings.reading("shopify/orders-wrapped.json")
    assert [data.number for _, data in found.orders] == ["1001", "1003"]
    assert [str(problem) for problem in found.problems] == [
        "order 2 (#1002), line_items[0].quantity: “-1” is too small, the least is 1",
        "order 2 (#1002), line_items[0].price: “abc” is not an amount",
    ]


@pytest.mark.parametrize("wrap", [lambda o: {"order": o}, lambda o: [o], lambda o: [{"order": o}]])
def test_an_order_may_be_wrapped(wrap):
    found = read(json.dumps(wrap(raw())).encode(), SHOP)
    assert [data.number for _, data in found.orders] == ["JP-20418"]


@pytest.mark.parametrize(
    "path, value, reason",
    [
        ("currency", "DOLLAR", "currency: “DOLLAR” is not an ISO currency"),
        (
            "created_at",
            "yesterday",
            "created_at: “yesterday” is not a date; write it like "
            "2026-11-20 or 2026-11-20T14:05:00+01:00",
        ),
        (
            "created_at",
            "2026-11-09T10:12:44",
            "created_at: “2026-11-09T10:12:44” does not say its time zone",
        ),
        ("created_at", None, "created_at: is missing"),
        (
            "updated_at",
            "2093-01-01T00:00:00Z",
            "updated_at: “2093-01-01T00:00:00Z” lies in the future",
        ),
        ("id", None, "id: is missing"),
        ("name", "x" * 121, "name: is longer than 120 characters"),
        ("email", "nobody", "email: is not an email address"),
        ("line_items", [], "line_items: is empty; an order needs at least one line"),
        ("line_items", "none", "line_items: should be a list of objects"),
        ("shipping_address", "here", "shipping_address: should be an object"),
        ("tags", ["a"], "tags: should be a text"),
    ],
)
def test_a_wrong_field_is_named_with_its_reason(path, value, reason):
    assert reason in problems_of({**raw(), path: value})


@pytest.mark.parametrize(
    "field, value, reason",
    [
        ("quantity", 1.5, "“1.5” is not a whole number"),
        ("quantity", 0, "“0” is too small, the least is 1"),
        ("quantity", 10**9, "“1000000000” is too large, the most is 100000"),
        ("quantity", True, "is not a number"),
        ("quantity", None, "is missing"),
        ("quantity", "", "“” is not a number"),
        ("price", "NaN", "“NaN” is not an amount"),
        ("price", "1e5", "“1e5” is not an amount"),
        ("price", "99999999999", "is larger than any amount we can keep"),
        ("price", "-1.00", "“-1.00” is below zero"),
        ("price", None, "is missing"),
    ],
)
def test_a_wrong_line_is_named_with_its_reason(field, value, reason):
    order = raw("shopify/order-old-shape.json")
    order["line_items"][0][field] = value
    assert f"line_items[0].{field}: {reason}" in problems_of(order)


def test_amounts_in_two_currencies_are_refused():
    order = raw()
    order["total_price_set"]["shop_money"]["currency_code"] = "EUR"
    assert "total_price_set: is in EUR, but the order is in USD" in problems_of(order)


def test_control_characters_and_broken_letters_are_dropped():
    order = raw()
    order["line_items"][0]["title"] = "Linen\x00 shirt \ud83d"
    assert shopify.parse(order, SHOP).lines[0].title == "Linen shirt ?"
