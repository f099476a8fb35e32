"""What was withdrawn before it left is stopped by a person, and becomes a return when it leaves
all the same."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from returns.codes import Kind, Payer, PaymentMethod, ResolutionKind, Wish
from returns.ledger import Refused
from returns.models import (
    BUYER,
    CLOCK,
    Event,
    EventKind,
    Notice,
    NoticeKind,
    Order,
    Promise,
    PromiseKind,
    ReturnAuthorization,
    Wanted,
)
from returns.models.access import TooOften
from returns.sources import FulfilmentData, LineData, OrderData
from returns.states import ResolutionState, Status
from tests import people
from tests.returns.returning import DESK
from tests.returns.withdrawing import again, eu_store, news, on_its_page

pytestmark = pytest.mark.django_db
PLACED = timezone.now().replace(microsecond=0) - timedelta(days=1)
SHIRTS = LineData(source_id="1", title="Linen shirt", quantity=3, unit_price=Decimal("20.00"))
SCARF = LineData(source_id="2", title="Linen scarf", quantity=1, unit_price=Decimal("40.00"))


def told(**values) -> OrderData:
    """Sarah's order as the shop tells it: three shirts and a scarf, nothing of it sent."""
    usual = {
        "source": "shopify",
        "source_id": "727",
        "version": timezone.now(),
        "number": "JP-20418",
        "placed_at": PLACED,
        "paid_at": PLACED,
        "currency": "USD",
        "lines": (SHIRTS, SCARF),
        "fulfilments": (),
        "email": "sarah@example.com",
        "name": "Sarah Whitcombe",
        "country": "LT",
        "city": "Vilnius",
        "postage": Decimal("6.00"),
        "paid": Decimal("106.00"),
    }
    return OrderData(**(usual | values))


def sent(*lines: tuple[str, int], number: str = "UPS1") -> FulfilmentData:
    return FulfilmentData(
        source_id=f"f-{number}",
        shipped_at=timezone.now(),
        lines=lines,
        carrier="ups",
        numbers=(number,),
    )


@pytest.fixture
def store():
    return eu_store()


@pytest.fixture
def order(store) -> Order:
    return tell(store)


def tell(store, **values) -> Order:
    Order.objects.take_in(store, told(**values))
    return Order.objects.get(number="JP-20418")


def cancel(order: Order, *counts: int, key: str = "form") -> ReturnAuthorization:
    lines = order.lines.all()
    wanted = [
        Wanted(line.pk, count, "changed_mind")
        for line, count in zip(lines, counts, strict=False)
        if count
    ]
    return order.cancel_unshipped(wanted or None, by=BUYER, key=key)


def lines_of(order: Order) -> dict[str, object]:
    return {line.title: line for line in order.with_goods().lines.all()}


# --- What is asked for ----------------------------------------------------------------------


def test_case_6_what_has_not_left_is_stopped_instead_of_sent_back(order):
    rma = cancel(order)
    assert (rma.kind, rma.status, rma.wish) == (Kind.WITHDRAWAL, Status.APPROVED, Wish.REFUND)
    assert rma.keeps_goods and rma.waits_for_stop
    assert rma.estimated_total == Decimal("106.00")
    assert not rma.resolutions.exists(), "no money before somebody knows that it stays here"
    [letter] = news()
    assert letter.facts["news"] == "stopping" and letter.authorization == rma
    promise = Promise.objects.open().get(authorization=rma)
    assert promise.kind == PromiseKind.REFUND
    assert timedelta(days=9) < promise.due_at - timezone.now() <= timedelta(days=15)


def test_nothing_is_to_be_sent_any_more(order):
    assert Promise.objects.open().filter(order=order, kind=PromiseKind.DISPATCH).exists()
    cancel(order)
    fresh = order.with_goods()
    assert not fresh.awaits_dispatch(timezone.now())
    assert [line.to_ship for line in fresh.lines.all()] == [0, 0]
    assert not Promise.objects.open().filter(order=order, kind=PromiseKind.DISPATCH).exists()


def test_a_part_leaves_the_rest_to_be_sent(order):
    rma = cancel(order, 2)
    assert rma.estimated_total == Decimal("40.00")
    assert [line.to_ship for line in order.with_goods().lines.all()] == [1, 1]
    assert Promise.objects.open().filter(order=order, kind=PromiseKind.DISPATCH).exists()


def test_case_24_it_reduces_what_can_be_returned_later_and_no_more_than_that(order, store):
    cancel(order, 1)
    tell(store, fulfilments=(sent(("1", 2), ("2", 1)),))
    shirts = lines_of(order)["Linen shirt"]
    assert (shirts.shipped, shirts.returnable, shirts.withdrawable) == (2, 2, 2)
    with pytest.raises(Refused):
        order.request_return([Wanted(shirts.pk, 3, "fit")], by=BUYER, key="a")
    assert order.request_return([Wanted(shirts.pk, 2, "fit")], by=BUYER, key="b")


def test_no_more_than_has_not_left(order, store):
    tell(store, fulfilments=(sent(("1", 2)),))
    with pytest.raises(Refused):
        cancel(order, 2)
    assert cancel(order, 1).lines.get().requested == 1
    with pytest.raises(Refused):
        cancel(order, 1, key="again")


def test_case_22_the_same_form_twice_is_one(order):
    assert cancel(order, 1).pk == cancel(order, 1).pk
    assert order.returns.count() == 1


def test_it_cannot_be_asked_for_without_end(order):
    for number in range(5):
        cancel(order, 1, key=f"k{number}").cancel(by=DESK)
    assert lines_of(order)["Linen shirt"].unsent == 3, "what is taken back is free again"
    with pytest.raises(TooOften):
        cancel(order, 1, key="one more")


@pytest.mark.parametrize("values", [{"cancelled_at": timezone.now()}])
def test_of_a_cancelled_order_nothing_can_be_stopped(store, values):
    with pytest.raises(Refused):
        cancel(tell(store, **values))


def test_what_needs_no_parcel_needs_nobody_to_stop_it(store):
    card = LineData(
        source_id="3", title="A card", quantity=1, unit_price=Decimal(5), needs_shipping=False
    )
    order = tell(store, lines=(card,), paid=Decimal("11.00"))
    rma = cancel(order)
    assert not rma.waits_for_stop
    assert again(rma).status == Status.RESOLVED


# --- It stays here --------------------------------------------------------------------------


def test_the_desk_says_that_it_stays_and_the_money_is_decided(order):
    rma = cancel(order)
    rma.note_stopped(by=DESK)
    rma = again(rma)
    assert rma.status == Status.RESOLVED and rma.stopped_at
    row = rma.resolutions.get()
    assert (row.kind, row.state) == (ResolutionKind.REFUND, ResolutionState.PENDING)
    assert (row.amount, row.postage, row.method) == (
        Decimal("106.00"),
        Decimal("6.00"),
        PaymentMethod.ORIGINAL,
    )
    row.record_sent(by=DESK)
    assert again(rma).status == Status.CLOSED


def test_the_shop_takes_it_out_of_the_order_and_nobody_has_to_say_so(order, store):
    rma = cancel(order, 1)
    shirts = LineData(**{**vars(SHIRTS), "cancelled": 1})
    tell(store, lines=(shirts, SCARF))
    rma = again(rma)
    assert rma.stopped_at and rma.status == Status.RESOLVED
    line = lines_of(order)["Linen shirt"]
    # What the shop counts, the return does not count again.
    assert (line.kept, line.held, line.withdrawable) == (2, 0, 2)
    tell(store, lines=(shirts, SCARF), fulfilments=(sent(("1", 2)),))
    assert lines_of(order)["Linen shirt"].returnable == 2


def test_the_shop_cancels_the_order_and_nobody_has_to_say_so(order, store):
    rma = cancel(order)
    tell(store, cancelled_at=timezone.now())
    assert again(rma).status == Status.RESOLVED


def test_money_that_the_shop_sent_back_with_it_is_not_sent_again(order, store):
    rma = cancel(order)
    tell(store, cancelled_at=timezone.now(), refunded=Decimal("106.00"))
    row = again(rma).resolutions.get()
    assert row.is_sent and row.in_shop and row.amount == Decimal("106.00")
    assert again(rma).status == Status.CLOSED
    letters = Notice.objects.filter(kind=NoticeKind.RETURN_PUT_RIGHT)
    assert letters.count() == 1


def test_what_was_taken_out_before_is_not_taken_for_it(store):
    shirts = LineData(**{**vars(SHIRTS), "cancelled": 1})
    order = tell(store, lines=(shirts, SCARF))
    rma = cancel(order, 1)
    tell(store, lines=(shirts, SCARF), postage=Decimal("7.00"))
    assert again(rma).waits_for_stop


def test_of_two_that_wait_the_older_one_is_taken_out_first(order, store):
    first, second = cancel(order, 1, key="a"), cancel(order, 1, key="b")
    tell(store, lines=(LineData(**{**vars(SHIRTS), "cancelled": 1}), SCARF))
    assert (again(first).waits_for_stop, again(second).waits_for_stop) == (False, True)
    tell(store, lines=(LineData(**{**vars(SHIRTS), "cancelled": 2}), SCARF))
    assert not again(second).waits_for_stop


# --- It left all the same -------------------------------------------------------------------


def test_it_leaves_all_the_same_and_becomes_a_return_at_our_cost(order, store):
    rma = cancel(order)
    tell(store, fulfilments=(sent(("1", 3), ("2", 1)),))
    rma = again(rma)
    assert (rma.status, rma.keeps_goods, rma.payer) == (Status.APPROVED, False, Payer.STORE)
    assert rma.left_at and rma.post_by and not rma.waits_for_stop
    assert not rma.resolutions.exists()
    kinds = set(Promise.objects.open().filter(authorization=rma).values_list("kind", flat=True))
    assert kinds == {PromiseKind.REMINDER}
    letter = Notice.objects.get(kind=NoticeKind.RETURN_APPROVED)
    assert letter.authorization == rma
    assert Event.objects.filter(authorization=rma, kind=EventKind.LEFT_ALL_THE_SAME).exists()
    lines = lines_of(order)
    assert [line.returnable for line in lines.values()] == [0, 0]


def test_the_desk_knows_first_that_it_left(order, store):
    rma = cancel(order)
    rma.note_left(by=DESK)
    assert not again(rma).keeps_goods
    tell(store, fulfilments=(sent(("1", 3), ("2", 1)),))
    assert order.returns.count() == 1
    assert not Notice.objects.filter(kind=NoticeKind.WITHDRAWAL_NEWS, facts__news="left_late")


def test_only_a_part_leaves_and_only_that_part_comes_back(order, store):
    rma = cancel(order, 2, 1)
    assert rma.estimated_total == Decimal("80.00")
    tell(store, fulfilments=(sent(("1", 2)),))
    stays, left = again(rma), order.returns.exclude(pk=rma.pk).get()
    assert stays.waits_for_stop and stays.estimated_total == Decimal("60.00")
    assert sorted(stays.lines.values_list("line__title", "requested")) == [
        ("Linen scarf", 1),
        ("Linen shirt", 1),
    ]
    assert (left.keeps_goods, left.payer, left.estimated_total) == (
        False,
        Payer.STORE,
        Decimal("20.00"),
    )
    assert left.lines.get().requested == 1 and left.left_at
    line = lines_of(order)["Linen shirt"]
    assert (line.held, line.withdrawable, line.returnable) == (2, 1, 1)


def test_what_was_not_withdrawn_may_leave(order, store):
    rma = cancel(order, 1)
    tell(store, fulfilments=(sent(("1", 2), ("2", 1)),))
    assert again(rma).waits_for_stop and not again(rma).left_at


def test_it_leaves_after_the_money_was_decided_and_the_buyer_is_told_honestly(order, store):
    rma = cancel(order)
    rma.note_stopped(by=DESK)
    tell(store, fulfilments=(sent(("1", 3), ("2", 1)),))
    rma = again(rma)
    assert rma.left_at and rma.keeps_goods and rma.status == Status.RESOLVED
    assert [letter.facts["news"] for letter in news()] == ["stopping", "left_late"]
    tell(store, fulfilments=(sent(("1", 3), ("2", 1)),), postage=Decimal("7.00"))
    assert len(news()) == 2, "told once"
    assert [line.returnable for line in lines_of(order).values()] == [0, 0]


def test_it_does_not_run_out_of_time_while_it_waits(order):
    rma = cancel(order)
    later = timezone.now() + timedelta(days=60)
    assert not ReturnAuthorization.objects.overdue(later).filter(pk=rma.pk).exists()
    assert not ReturnAuthorization.objects.to_remind(later).filter(pk=rma.pk).exists()
    with pytest.raises(Exception, match="cannot go"):
        again(rma).expire(by=CLOCK, now=later)


# --- A withdrawal of both -------------------------------------------------------------------


def test_one_withdrawal_stops_what_is_here_and_takes_back_what_has_left(order, store):
    tell(store, fulfilments=(sent(("1", 2)),))
    made = on_its_page(Order.objects.get(pk=order.pk))
    stays = order.returns.get(keeps_goods=True)
    back = order.returns.get(keeps_goods=False)
    assert stays.withdrawal == back.withdrawal == made
    assert sorted(stays.lines.values_list("line__title", "requested")) == [
        ("Linen scarf", 1),
        ("Linen shirt", 1),
    ]
    assert back.lines.get().requested == 2
    # The postage goes with the last of it, once.
    assert (stays.estimated_postage, back.estimated_postage) == (0, Decimal("6.00"))
    assert stays.estimated_total + back.estimated_total == Decimal("106.00")


def test_units_that_have_not_left_are_withdrawn_first(order, store):
    tell(store, fulfilments=(sent(("1", 2)),))
    shirts = lines_of(order)["Linen shirt"]
    on_its_page(Order.objects.get(pk=order.pk), {shirts.pk: 1})
    assert order.returns.get().keeps_goods


def test_a_buyer_does_not_take_it_back_by_a_slip(order):
    on_its_page(order)
    assert not order.returns.get().may_be_cancelled
    other = people.place_order(order.store, "JP-2", country="LT")
    on_its_page(other)
    assert not other.returns.get().may_be_cancelled
