"""Money as other shops got it wrong: shares, postage, thresholds and currencies, each named by
its number in the list of cases."""

import json
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from returns.codes import Payer, Reason, Wish
from returns.models import Award, Order, OrderLine, Resolution, Wanted
from returns.sources import RefundState, Shop, Unreadable, money, shopify, woocommerce
from tests.people import open_store, place_order
from tests.returns import recordings
from tests.returns.refunds_asked import again, decide
from tests.returns.returning import DESK, inspected, opened, returned

pytestmark = pytest.mark.django_db

SHOPIFY, WOO = "shopify/order-partly-refunded.json", "woocommerce/order-completed.json"


@pytest.fixture
def store(db):
    return open_store(policy={"returns_postage": True})


def value(order: Order, *quantities: int, **values) -> Decimal:
    return returned(Order.objects.get(pk=order.pk), *quantities, **values).estimated_total


# --- 49: shares of discounts ----------------------------------------------------------------------


def test_case_49_what_was_a_gift_is_worth_nothing_and_never_less(store):
    order = place_order(
        store,
        lines=(
            ("Cup", "10.00", 1),
            ("Spoon", "4.00", 1, {"discount": Decimal("4.00")}),
            ("Pen", "3.00", 1, {"discount": Decimal("9.00")}),
        ),
    )
    assert value(order, 0, 1) == value(order, 0, 0, 1) == 0
    assert value(order, 1) == 16  # with it all is back, and so is the postage


def test_case_49_a_discount_larger_than_the_goods_makes_them_free_and_not_dearer(store):
    lines = [
        money.LineData(source_id=str(at), title="Cup", quantity=1, unit_price=Decimal(10))
        for at in range(2)
    ]
    free = money.discounted(lines, Decimal(30), "USD")
    assert [line.paid for line in free] == [0, 0]


def test_case_49_a_discount_on_the_whole_order_is_shared_by_what_each_line_costs(store):
    """7.00 off 30.00: a third and two thirds of it, to the cent, whatever comes back first."""
    lines = [
        money.LineData(source_id="1", title="Cup", quantity=1, unit_price=Decimal(10)),
        money.LineData(source_id="2", title="Jug", quantity=2, unit_price=Decimal(10)),
    ]
    shared = money.discounted(lines, Decimal(7), "USD")
    assert [line.discount for line in shared] == [Decimal("2.33"), Decimal("4.67")]
    order = place_order(
        store,
        lines=tuple(
            (line.title, "10.00", line.quantity, {"discount": line.discount}) for line in shared
        ),
        paid_total=Decimal("29.00"),
    )
    given = [value(order, 0, 1), value(order, 1), value(order, 0, 1)]
    assert given == [Decimal("7.66"), Decimal("7.67"), Decimal("13.67")]  # 7.67, and 6.00 postage
    assert sum(given) == order.paid_total


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    prices=st.lists(
        st.tuples(st.integers(0, 5000), st.integers(1, 3), st.integers(0, 3000)),
        min_size=1,
        max_size=3,
    ),
    order_of=st.permutations(range(9)),
    postage=st.integers(0, 900),
)
def test_case_49_units_that_come_back_one_by_one_give_what_was_paid_and_not_a_cent_more(
    store, prices, order_of, postage
):
    cents, number = Decimal("0.01"), Order.objects.count()
    store.policy.automatic_up_to = Decimal(10**6)
    order = place_order(
        store,
        f"JP-{number}",
        lines=tuple(
            (f"Thing {at}", str(price * cents), units, {"discount": off * cents})
            for at, (price, units, off) in enumerate(prices)
        ),
        postage_total=postage * cents,
    )
    paid = sum((line.paid for line in order.lines.all()), Decimal(0)) + order.postage_total
    Order.objects.filter(pk=order.pk).update(paid_total=paid)
    lines = list(order.lines.all())
    units = [line for line in lines for _ in range(line.quantity)]
    for pick in order_of:
        if pick < len(units):
            wanted = [Wanted(units[pick].pk, 1, Reason.FIT)]
            rma = Order.objects.get(pk=order.pk).request_return(wanted, by=DESK, key=f"{pick}")
            rma = inspected(opened(type(rma).objects.get(pk=rma.pk)))
            total = rma.settlement().total
            rma.resolve([Award("refund", total) if total else Award("none")], by=DESK)
    mine = Resolution.objects.filter(authorization__order=order)
    assert sum(mine.values_list("amount", flat=True), Decimal(0)) == paid
    assert Order.objects.get(pk=order.pk).with_goods().refundable() == 0


# --- 50: the postage once -------------------------------------------------------------------------


def test_case_50_the_postage_of_the_order_is_given_back_once(store):
    order = place_order(store, lines=(("Cup", "10.00", 2),))
    first = returned(order, 1)
    second = returned(Order.objects.get(pk=order.pk), 1)
    assert (first.estimated_postage, second.estimated_postage) == (0, 6)
    for rma in (second, first):
        total = inspected(opened(rma)).settlement().total
        rma.resolve([Award("refund", total)], by=DESK)
    given = Resolution.objects.values_list("postage", flat=True)
    assert sorted(given) == [0, 6]
    assert Order.objects.get(pk=order.pk).with_goods().refundable() == 0


def test_case_50_postage_that_was_reversed_and_sent_again_is_still_given_once(store):
    order = place_order(store, lines=(("Cup", "10.00", 1),))
    rma = inspected(opened(returned(order, 1)))
    row = decide(rma, "16.00")
    row.record_sent(by=DESK)
    again(row).reverse(by=DESK)
    rma = type(rma).objects.get(pk=rma.pk)
    decide(rma, "16.00").record_sent(by=DESK)
    live = Resolution.objects.live()
    assert [row.postage for row in live] == [6]


# --- 51: the postage back by reason ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "wish", "payer", "total"),
    [
        (Reason.FIT, Wish.REFUND, Payer.BUYER, "5.00"),
        (Reason.CHANGED_MIND, Wish.REFUND, Payer.BUYER, "5.00"),
        (Reason.FAULTY, Wish.REFUND, Payer.STORE, "10.00"),
        (Reason.WRONG_ITEM, Wish.REFUND, Payer.STORE, "10.00"),
        (Reason.LATE, Wish.REFUND, Payer.STORE, "10.00"),
        (Reason.WRONG_ITEM, Wish.REPLACEMENT, Payer.STORE, "0.00"),
        (Reason.FIT, Wish.EXCHANGE, Payer.STORE, "0.00"),
    ],
)
def test_case_51_whose_fault_it_is_decides_who_pays_the_way_back(db, reason, wish, payer, total):
    store = open_store(policy={"fee": 5, "automatic_up_to": None})
    rma = returned(place_order(store, lines=(("Cup", "10.00", 2),)), 1, reason=reason, wish=wish)
    assert (rma.payer, rma.estimated_total) == (payer, Decimal(total))
    assert rma.estimated_fee == (5 if payer == Payer.BUYER else 0)


# --- 55: thresholds after a partial return --------------------------------------------------------


def test_case_55_free_postage_that_the_whole_order_earned_is_not_charged_afterwards(db):
    """60.00, sent for nothing from 50.00 on; 40.00 come back, 20.00 stay: the rule of
    returns/settlement.py is that nothing is asked for what was free."""
    store = open_store()
    order = place_order(
        store,
        lines=(("Jug", "40.00", 1), ("Cup", "20.00", 1)),
        postage_total=Decimal(0),
        paid_total=Decimal(60),
    )
    rma = inspected(opened(returned(order, 1)))
    assert (rma.settlement().fee, rma.settlement().total) == (0, 40)


def test_case_55_a_coupon_with_a_minimum_is_shared_and_not_taken_back(db):
    """10.00 off from 50.00 on, shared over both; what stays is worth less than the minimum."""
    store = open_store()
    order = place_order(
        store,
        lines=(
            ("Jug", "40.00", 1, {"discount": Decimal("6.67")}),
            ("Cup", "20.00", 1, {"discount": Decimal("3.33")}),
        ),
        postage_total=Decimal(0),
        paid_total=Decimal(50),
    )
    first = inspected(opened(returned(order, 1)))
    decide(first, "33.33").record_sent(by=DESK)
    second = inspected(opened(returned(Order.objects.get(pk=order.pk), 0, 1)))
    assert second.settlement().total == Decimal("16.67")


# --- 56: the currency of the sale -----------------------------------------------------------------


def shop() -> Shop:
    return recordings.SHOP


def order_of(name: str) -> dict:
    return json.loads(recordings.path(name).read_text())


def test_case_56_every_refund_of_an_order_is_told_in_the_currency_of_the_sale(db):
    told = shopify.parse(order_of(SHOPIFY), shop())
    assert told.currency == "USD"
    assert sum(one.amount for one in told.refunds) == told.refunded == Decimal("18.24")


def test_case_56_an_order_keeps_its_currency_whatever_the_store_turns_to(store):
    order = place_order(store, lines=(("Cup", "10.00", 1),))
    type(store).objects.update(currency="EUR")
    rma = inspected(opened(returned(Order.objects.get(pk=order.pk), 1)))
    assert rma.settlement().currency == "USD"
    assert OrderLine.objects.get().paid == 10


# --- what shops list of their refunds -------------------------------------------------------------


def refund_of(transactions: list[dict], note: str = "Ours") -> dict:
    return {"id": 9001, "note": note, "refund_line_items": [], "transactions": transactions}


def paid_back(amount: str, status: str = "success", kind: str = "refund") -> dict:
    return {"id": 1, "kind": kind, "status": status, "amount": amount, "currency": "USD"}


@pytest.mark.parametrize(
    ("transactions", "state", "amount"),
    [
        ([paid_back("4.00"), paid_back("2.00")], RefundState.SENT, "6.00"),
        ([paid_back("4.00"), paid_back("2.00", "pending")], RefundState.PENDING, "6.00"),
        ([paid_back("4.00", "failure")], RefundState.FAILED, "4.00"),
        ([paid_back("4.00", "error"), paid_back("2.00", "failure")], RefundState.FAILED, "6.00"),
        ([paid_back("4.00"), paid_back("9.00", kind="void")], RefundState.SENT, "4.00"),
        ([], RefundState.PENDING, "0"),
    ],
)
def test_shopify_tells_of_each_refund_what_became_of_it(transactions, state, amount):
    order = order_of(SHOPIFY) | {"refunds": [refund_of(transactions)]}
    [told] = shopify.parse(order, shop()).refunds
    assert (told.source_id, told.note, told.state) == ("9001", "Ours", state)
    assert told.amount == Decimal(amount)


def test_woocommerce_tells_of_each_refund_its_reason_and_its_amount():
    refunds = [{"id": 9001, "reason": "HW-1 [abc]", "total": "-40.00"}]
    [told] = woocommerce.parse(order_of(WOO) | {"refunds": refunds}, shop()).refunds
    assert (told.source_id, told.note, told.amount) == ("9001", "HW-1 [abc]", 40)
    assert told.state == RefundState.BOOKED


@pytest.mark.parametrize("adapter", [shopify, woocommerce])
def test_a_shop_that_says_nothing_of_refunds_has_not_said_that_there_are_none(adapter):
    order = order_of(SHOPIFY if adapter is shopify else WOO)
    order.pop("refunds", None)
    try:
        assert adapter.parse(order, shop()).refunds is None
    except Unreadable:
        pytest.fail("an order without refunds can be read")
