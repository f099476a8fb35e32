"""Telling what a file is from what it holds."""

import json

import pytest

from returns.sources import Unreadable, read, recognise
from tests.returns import recordings
from tests.returns.recordings import SHOP


def refusal(content: bytes, slug: str = "") -> str:
    with pytest.raises(Unreadable) as caught:
        read(content, SHOP, slug)
    return str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        path.relative_to(recordings.FOLDER).as_posix()
        for kind in ("shopify", "woocommerce", "table")
        for path in sorted((recordings.FOLDER / kind).iterdir())
        if path.suffix != ".md"
    ],
)
def test_every_recording_is_recognised(name):
    assert recognise(recordings.path(name).read_bytes()) == name.partition("/")[0]


@pytest.mark.parametrize(
    "thing, name",
    [
        ({"refund_line_items": [], "transactions": [], "order_id": 1}, "a refund"),
        ({"id": 1, "order_id": 2, "tracking_numbers": [], "status": "success"}, "a fulfilment"),
        ({"code": 0, "data": {"accepted": []}}, "an error or answer of an interface"),
        ({"errors": "Not Found"}, "an error message of an interface"),
        ({"id": 1, "title": "Shirt", "variants": []}, "a product"),
        ({"hello": "world"}, "an object with the fields hello"),
        ({}, "an empty object"),
    ],
)
def test_foreign_json_is_called_by_its_name(thing, name):
    expected = f"this is not an order, it looks like {name}"
    assert refusal(json.dumps(thing).encode()) == expected
    assert refusal(json.dumps([thing]).encode()) == expected


def test_the_list_of_orders_may_not_be_empty():
    assert refusal(b"[]") == refusal(b'{"orders": []}') == "the list of orders is empty"


def test_json_cut_off_anywhere_is_said_to_be_cut_off():
    whole = recordings.path("shopify/order-old-shape.json").read_bytes().rstrip()
    for end in range(1, len(whole), 41):
        assert "the file seems cut off" in refusal(whole[:end]), whole[:end][-20:]


@pytest.mark.parametrize(
    "content, reason",
    [
        (b'{"a": NaN}', "this is not JSON: NaN is no JSON"),
        (b"[" * 100_000, "the JSON is nested too deeply to be an order"),
        (b'{"a": ' + b"9" * 5000 + b"}", "this is not JSON"),
        (b'{"a": "\xff"}', "the file is not UTF-8 text"),
        (b"{'a': 1}", "this is not JSON"),
    ],
)
def test_broken_json_is_explained(content, reason):
    assert refusal(content).startswith(reason)


def test_a_table_given_as_json_is_refused():
    assert refusal(b"a,b\n1,2\n", "shopify") == ("this is not JSON: it begins with neither { nor [")


def test_an_order_of_another_shop_is_named():
    found = read(recordings.path("woocommerce/order-completed.json").read_bytes(), SHOP, "shopify")
    assert [str(problem) for problem in found.problems] == [
        "this is not an order, it looks like an order of WooCommerce"
    ]


def test_a_stray_thing_in_a_list_does_not_spoil_the_rest():
    order = json.loads(recordings.path("shopify/order-old-shape.json").read_text())
    found = read(json.dumps([order, 7, None, {"refund_line_items": []}]).encode(), SHOP)
    assert len(found.orders) == 1
    assert [problem.at for problem in found.problems] == ["order 2", "order 3", "order 4"]
