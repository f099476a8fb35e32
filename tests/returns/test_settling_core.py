"""What is given at once, what is given besides, new goods for old ones, and goods that come when
all is settled: money and units stay what they are."""

from decimal import Decimal

import pytest
from django.db.models import Q
from django.utils import timezone

from returns.codes import Disposition, Kind, Reason, Wish
from returns.ledger import held
from returns.models import (
    BUYER,
    Award,
    Event,
    EventKind,
    Notice,
    Order,
    Promise,
    Resolution,
    ReturnAuthorization,
    ReturnLine,
    ShopAccount,
    ShopRefund,
    TooMuch,
    Wanted,
)
from returns.states import IllegalTransition, Status
from tests.people import open_store, place_order
from tests.returns.refunds_asked import again, came_back, decide
from tests.returns.returning import DESK, returned

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(db):
    return open_store(policy={"keep_below": 1000, "automatic_up_to": None})


@pytest.fixture
def order(store) -> Order:
    return place_order(store, lines=(("Cup", "10.00", 3), ("Jug", "20.00", 1)))


def kept(order: Order, *quantities: int, wish: str = Wish.REFUND, **values) -> ReturnAuthorization:
    """Something is wrong with them, they stay with the buyer, and it was allowed."""
    rma = returned(order, *quantities, reason=Reason.FAULTY)
    fields = {"kind": Kind.CLAIM, "wish": wish, "keeps_goods": True} | values
    ReturnAuthorization.objects.filter(pk=rma.pk).update(**fields)
    return ReturnAuthorization.objects.get(pk=rma.pk)


def fresh(rma) -> ReturnAuthorization:
    return ReturnAuthorization.objects.get(pk=rma.pk)


def goods(order) -> Order:
    return Order.objects.get(pk=order.pk).with_goods()


def free(order) -> list[int]:
    return [line.returnable for line in goods(order).lines.all()]


def promised(rma) -> list[str]:
    return sorted(Promise.objects.open().filter(authorization=rma).values_list("kind", flat=True))


# --- granted at once ----------------------------------------------------------------------------


def test_what_was_asked_for_is_granted_with_the_yes_and_waits_only_to_be_sent(order):
    rma = kept(order, 2)
    rma.approve(by=DESK)
    row = rma.resolutions.get()
    assert fresh(rma).status == Status.RESOLVED
    assert (row.kind, row.state, row.amount, row.goods) == ("refund", "pending", 20, 20)
    assert promised(rma) == ["refund"]
    assert free(order) == [1, 1]
    row.record_sent(by=DESK)
    assert fresh(rma).status == Status.CLOSED
    assert promised(rma) == []


def test_what_is_granted_goes_through_the_shop_where_that_refunds(order):
    ShopAccount.objects.create(store=order.store, shop="demo", refunds=True)
    rma = kept(order, 2)
    rma.approve(by=DESK)
    ShopRefund.objects.work()
    assert rma.resolutions.get().state == "succeeded"
    assert fresh(rma).status == Status.CLOSED


def test_more_than_is_left_is_not_granted_and_nothing_is_approved(order):
    rma = kept(order, 2)
    Order.objects.update(refunded_total=Decimal("36.01"))
    with pytest.raises(TooMuch) as refused:
        rma.approve(by=DESK)
    assert refused.value.most == Decimal("19.99")
    assert fresh(rma).status == Status.REQUESTED
    assert not Resolution.objects.exists()
    assert not Notice.objects.filter(kind="return_approved").exists()


def test_what_was_worth_nothing_is_granted_and_finished(store):
    order = place_order(store, "JP-2", lines=(("Gift", "5.00", 1, {"discount": Decimal(5)}),))
    rma = kept(order, 1)
    rma.approve(by=DESK)
    assert fresh(rma).status == Status.CLOSED
    assert rma.resolutions.get().kind == "none"
    assert promised(rma) == []


@pytest.mark.parametrize(
    ("wish", "total", "amounts"),
    [
        (Wish.PART_REFUND, "4.00", ["2.00", "2.00"]),
        (Wish.REPAIR, "3.33", ["1.66", "1.67"]),
        (Wish.PIECE, "0.00", ["0.00", "0.00"]),
        (Wish.VOUCHER, "5.00", ["0.00", "0.00"]),
    ],
)
def test_goods_that_stay_as_they_are_may_come_back_for_the_rest_of_their_worth(
    order, wish, total, amounts
):
    rma = kept(order, 2, 1, wish=wish, estimated_total=Decimal(total))
    rma.approve(by=DESK)
    assert free(order) == [3, 1]
    given = [row.amount for row in ReturnLine.objects.filter(authorization=rma)]
    assert sum(given) == sum(map(Decimal, amounts))
    rest = returned(Order.objects.get(pk=order.pk), 3, 1)
    assert rest.value == 50 - sum(given)
    assert held(ReturnLine.objects.all()) == 4


def test_a_piece_is_owed_like_goods_and_a_voucher_like_credit(order):
    first, second = kept(order, 1, wish=Wish.PIECE), kept(order, 1, wish=Wish.VOUCHER)
    ReturnAuthorization.objects.filter(pk=second.pk).update(estimated_total=5)
    first.approve(by=DESK)
    fresh(second).approve(by=DESK)
    assert (promised(first), promised(second)) == (["goods"], ["credit"])
    assert goods(order).refundable() == 56


def test_the_voucher_that_goes_with_it_is_given_once_whatever_comes_back(order):
    rma = kept(order, 2, voucher=Decimal(5))
    rma.approve(by=DESK)
    money, voucher = rma.resolutions.order_by("pk")
    assert (voucher.kind, voucher.amount) == ("voucher", 5)
    voucher.record_sent(by=DESK)
    money.record_sent(by=DESK)
    assert fresh(rma).status == Status.CLOSED
    again(money).reverse(by=DESK)
    fresh(rma).grant(by=DESK)
    assert sorted(rma.resolutions.live().values_list("kind", flat=True)) == ["refund", "voucher"]


# --- given besides ------------------------------------------------------------------------------


def test_a_return_that_was_finished_owes_something_once_more(order):
    rma = came_back(order)
    decide(rma).record_sent(by=DESK)
    row = fresh(rma).give_besides(Award("voucher", Decimal(5)), by=DESK)
    rma = fresh(rma)
    assert (rma.status, rma.ended_at, promised(rma)) == (Status.RESOLVED, None, ["credit"])
    row.record_sent(by=DESK)
    rma = fresh(rma)
    assert rma.status == Status.CLOSED and rma.ended_at
    assert goods(order).refundable() == 16


def test_vouchers_and_postage_are_given_besides_whatever_was_paid(order):
    rma = came_back(order)
    decide(rma, "56.00").record_sent(by=DESK)
    for kind in ("voucher", "postage"):
        fresh(rma).give_besides(Award(kind, Decimal(100)), by=DESK)
    assert goods(order).refundable() == 0
    with pytest.raises(TooMuch):
        fresh(rma).give_besides(Award("part_refund", Decimal("0.01")), by=DESK)


@pytest.mark.parametrize(
    "award", [Award("none"), Award("refund"), Award("piece", Decimal(1)), Award("replacement")]
)
def test_what_makes_no_sense_besides_is_refused_and_nothing_moves(order, award):
    rma = came_back(order)
    decide(rma).record_sent(by=DESK)
    with pytest.raises(ValueError):
        fresh(rma).give_besides(award, by=DESK)
    assert fresh(rma).status == Status.CLOSED
    assert Resolution.objects.count() == 1


@pytest.mark.parametrize("ended", [Status.DECLINED, Status.CANCELLED, Status.EXPIRED])
def test_nothing_is_given_for_what_ended_without_anything(order, ended):
    rma = returned(order, 1)
    ReturnAuthorization.objects.update(status=ended)
    with pytest.raises(IllegalTransition):
        fresh(rma).give_besides(Award("voucher", Decimal(5)), by=DESK)


def test_a_promise_that_stands_for_the_same_is_not_put_off(order):
    rma = came_back(order)
    decide(rma)
    first = Promise.objects.open().get(authorization=rma, kind="refund")
    fresh(rma).give_besides(Award("part_refund", Decimal(1)), by=DESK)
    assert Promise.objects.open().get(authorization=rma, kind="refund") == first


def test_postage_and_vouchers_are_sent_by_hand(order):
    ShopAccount.objects.create(store=order.store, shop="demo", refunds=True)
    rma = came_back(order)
    for kind in ("voucher", "postage"):
        assert rma.give_besides(Award(kind, Decimal(5)), by=DESK).asked is None


# --- decided before -----------------------------------------------------------------------------


def test_what_was_given_before_the_goods_came_may_be_all(order):
    rma = came_back(order, 2)
    with rma._changing(Q()):
        row = rma._award(Award("refund", Decimal(20)), rma.settlement(), DESK, timezone.now())
    row.record_sent(by=DESK)
    rma = fresh(rma)
    assert (rma.settlement().given, rma.settlement().total) == (20, 0)
    assert rma.resolve([], by=DESK) == []
    assert fresh(rma).status == Status.CLOSED


def test_nothing_at_all_is_no_decision(order):
    rma = came_back(order)
    with pytest.raises(ValueError):
        rma.resolve([], by=DESK)
    assert fresh(rma).status == Status.INSPECTED


def test_what_is_decided_beside_what_was_given_is_made_of_the_rest(order):
    rma = came_back(order)
    rma.give_besides(Award("part_refund", Decimal(6)), by=DESK)
    made = decide(fresh(rma), "40.00")
    assert (made.goods, made.difference) == (40, 0)
    total = sum(Resolution.objects.values_list("amount", flat=True))
    assert total == 46 <= order.paid_total


# --- new goods for old ones ---------------------------------------------------------------------


def replaced(order, *quantities: int) -> ReturnAuthorization:
    rma = came_back(order, *quantities)
    [row] = rma.resolve([Award("replacement")], by=DESK)
    row.record_sent(by=DESK, reference="RB1")
    return fresh(rma)


def test_new_units_may_come_back_in_their_turn(order):
    rma = replaced(order, 2)
    assert [row.replaced for row in rma.lines.all()] == [2]
    assert free(order) == [3, 1]
    once_more = returned(Order.objects.get(pk=order.pk), 3)
    assert once_more.value == 30
    assert free(order) == [0, 1]


def test_the_money_goes_with_the_new_units_and_is_given_once(order):
    replaced(order, 3)
    rma = came_back(Order.objects.get(pk=order.pk), 3)
    decide(rma, "30.00").record_sent(by=DESK)
    assert goods(order).refundable() == 26
    assert free(order) == [0, 1]


def test_units_are_the_buyers_only_once_the_new_ones_have_left(order):
    rma = came_back(order, 2)
    rma.resolve([Award("exchange")], by=DESK)
    assert free(order) == [1, 1]
    rma.resolutions.get().record_sent(by=DESK)
    assert free(order) == [3, 1]


def test_goods_put_right_by_new_ones_may_come_back(order):
    rma = kept(order, 2, wish=Wish.REPLACEMENT, kind=Kind.RETURN, estimated_total=0)
    rma.approve(by=DESK)
    assert free(order) == [1, 1]
    rma.put_right(by=DESK)
    assert free(order) == [3, 1]


# --- goods that come when all is settled --------------------------------------------------------


@pytest.fixture
def lost(order) -> ReturnAuthorization:
    """Two cups that never came back were made good, and the money is sent."""
    rma = kept(order, 2)
    rma.approve(by=DESK)
    rma.resolutions.get().record_sent(by=DESK)
    return fresh(rma)


def test_goods_that_turn_up_are_booked_and_nothing_is_owed_for_them(order, lost):
    row = lost.lines.get()
    lost.note_goods({row.pk: 1}, Disposition.RESTOCK, by=DESK)
    row.refresh_from_db()
    assert (row.waived, row.received, row.accepted, row.resolved) == (1, 1, 1, 2)
    assert row.disposition == Disposition.RESTOCK
    assert fresh(lost).status == Status.CLOSED
    assert free(order) == [1, 1]
    assert goods(order).refundable() == 36
    assert Event.objects.filter(kind=EventKind.GOODS_CAME_LATER).count() == 1


def test_no_more_turns_up_than_was_made_good(lost):
    row = lost.lines.get()
    lost.note_goods({row.pk: 2}, Disposition.RESTOCK, by=DESK)
    for units in (1, -1):
        with pytest.raises(ValueError):
            fresh(lost).note_goods({row.pk: units}, Disposition.RESTOCK, by=DESK)
    with pytest.raises(ValueError):
        fresh(lost).note_goods({row.pk + 1: 1}, Disposition.RESTOCK, by=DESK)
    with pytest.raises(IllegalTransition):
        fresh(lost).note_goods({}, Disposition.RESTOCK, by=DESK)
    row.refresh_from_db()
    assert (row.waived, row.received) == (0, 2)


def test_nothing_turns_up_of_what_is_not_settled(order):
    rma = kept(order, 2, kind=Kind.RETURN)
    rma.approve(by=DESK)
    with pytest.raises(IllegalTransition):
        fresh(rma).note_goods({rma.lines.get().pk: 1}, Disposition.RESTOCK, by=DESK)


def test_money_that_comes_back_after_the_goods_did_is_granted_for_the_same_units(order, lost):
    row = lost.lines.get()
    lost.note_goods({row.pk: 1}, Disposition.RESTOCK, by=DESK)
    lost.resolutions.get().reverse(by=DESK)
    row.refresh_from_db()
    assert (row.waived, row.received, row.resolved) == (1, 1, 0)
    assert free(order) == [1, 1]
    [made] = fresh(lost).grant(by=DESK)
    row.refresh_from_db()
    assert (made.amount, row.resolved) == (20, 2)
    assert free(order) == [1, 1]


def test_a_stranger_gets_nothing_by_asking_twice(order):
    """The same form of the buyer makes one return, and one resolution."""
    line = order.lines.first()
    for _ in range(2):
        rma = order.request_return(
            [Wanted(line.pk, 1, Reason.FAULTY)], by=BUYER, key="the same form"
        )
    ReturnAuthorization.objects.update(kind=Kind.CLAIM, keeps_goods=True)
    fresh(rma).approve(by=DESK)
    with pytest.raises(IllegalTransition):
        fresh(rma).approve(by=DESK)
    assert Resolution.objects.count() == 1
