"""What came, whole or in part, too much, another thing or nothing, in time or after the end."""

import pytest

from returns.codes import Reason
from returns.models import (
    BUYER,
    CLOCK,
    Event,
    Finding,
    Found,
    Notice,
    Promise,
    Receipt,
    ReturnAuthorization,
    ReturnLine,
    Surplus,
)
from returns.states import ENDED, IllegalTransition, Status
from tests.people import open_store, place_order
from tests.returns.returning import DESK, inspected, opened, posted, returned, scan

LINES = (("Cup", "10.00", 3, {"weight_grams": 300}), ("Jug", "20.00", 1, {"weight_grams": 900}))


@pytest.fixture
def order(store):
    return place_order(store, lines=LINES)


@pytest.fixture
def rma(order):
    """Two of three cups and the jug."""
    return returned(order, 2, 1)


def received(rma) -> list[int]:
    return list(rma.lines.values_list("received", flat=True))


def surplus(rma) -> list[tuple[str, int]]:
    return list(rma.surplus.values_list("title", "quantity"))


def returnable(order) -> list[int]:
    return [line.returnable for line in order.with_goods().lines.all()]


def test_everything_is_there(rma):
    opened(rma)
    assert rma.status == Status.RECEIVED
    assert received(rma) == [2, 1]
    assert list(rma.lines.values_list("reception", flat=True)) == ["received", "received"]
    assert Notice.objects.filter(authorization=rma, kind="return_received").count() == 1
    assert Promise.objects.open().get(authorization=rma).kind == "inspection"


def test_case_37_a_part_of_it_is_there(rma):
    opened(rma, 1, 0)
    assert received(rma) == [1, 0]
    assert [row.missing for row in rma.lines.all()] == [1, 1]
    assert list(rma.lines.values_list("reception", flat=True)) == ["short", "short"]


def test_case_44_what_is_more_than_approved_is_a_row_of_its_own(rma, order):
    opened(rma, 5, 1)
    assert received(rma) == [2, 1]
    assert surplus(rma) == [("Cup", 3)]
    assert rma.surplus.get().line == order.lines.first()
    assert all(row.is_open for row in rma.surplus.all())


def test_case_29_42_45_another_thing_is_a_row_of_its_own(rma):
    opened(rma, 0, 1, others=[("A sock", 2)])
    assert received(rma) == [0, 1]
    assert surplus(rma) == [("A sock", 2)]


def test_case_45_nothing_inside_is_received_as_nothing(rma):
    opened(rma, 0, 0)
    assert rma.status == Status.RECEIVED
    assert rma.receipts.get().was_empty
    assert Event.objects.get(authorization=rma, kind="return_received").data["empty"] is True


def test_a_second_parcel_adds_to_the_first(rma):
    opened(rma, 1, 0)
    opened(rma, 1, 1)
    assert received(rma) == [2, 1]
    assert rma.receipts.count() == 2
    assert surplus(rma) == []


def test_case_30_the_same_form_sent_twice_is_one_receipt(rma):
    found = Found({row.pk: 1 for row in rma.lines.all()})
    one = rma.receive(found, by=DESK, key="once")
    stale = ReturnAuthorization.objects.get(pk=rma.pk)
    assert stale.receive(found, by=DESK, key="once") == one
    assert received(rma) == [1, 1]


@pytest.mark.parametrize("count", [-1, -(10**9)])
def test_a_negative_count_writes_nothing(rma, count):
    with pytest.raises(ValueError):
        rma.receive(Found({rma.lines.first().pk: count}), by=DESK, key="k")
    assert (rma.status, received(rma)) == (Status.APPROVED, [0, 0])
    assert not Receipt.objects.exists()


def test_a_line_of_another_return_writes_nothing(rma, store):
    other = returned(place_order(store, "JP-2"))
    with pytest.raises(ValueError):
        rma.receive(Found({other.lines.get().pk: 1}), by=DESK, key="k")
    assert not Receipt.objects.exists()


@pytest.mark.parametrize(
    ("grams", "differs"), [(1500, False), (1900, False), (700, True), (9000, True), (None, False)]
)
def test_a_weight_that_cannot_be_right_is_shown_and_decides_nothing(rma, grams, differs):
    opened(rma, grams=grams)
    receipt = rma.receipts.get()
    assert receipt.expected_grams == 1500
    assert receipt.weight_differs is differs
    assert rma.status == Status.RECEIVED


def test_without_weights_in_the_catalogue_nothing_is_expected(store):
    rma = opened(returned(place_order(store, "JP-3")), grams=10)
    assert rma.receipts.get().expected_grams is None
    assert not rma.receipts.get().weight_differs


@pytest.mark.parametrize(
    "status", sorted({"requested", "info_requested", "inspected", "resolved", "closed"})
)
def test_what_was_never_approved_or_is_done_cannot_be_received(rma, status):
    ReturnAuthorization.objects.filter(pk=rma.pk).update(status=status)
    with pytest.raises(IllegalTransition):
        opened(rma)
    assert not Receipt.objects.exists()


def end(rma, how: str) -> None:
    match how:
        case Status.CANCELLED:
            rma.cancel(by=BUYER)
        case Status.EXPIRED:
            rma.remind(by=CLOCK, now=rma.remind_at)
            rma.expire(by=CLOCK, now=rma.post_by.replace(year=rma.post_by.year + 1))
        case Status.LOST:
            ReturnAuthorization.objects.filter(pk=rma.pk).update(status=Status.LOST)
            rma.refresh_from_db()


@pytest.mark.parametrize("how", ["cancelled", "expired", "lost"])
def test_what_arrives_after_the_end_is_received_all_the_same(rma, order, how):
    end(rma, how)
    opened(rma, 2, 1)
    assert (rma.status, rma.came_after_end) == (Status.RECEIVED, True)
    assert received(rma) == [2, 1]
    assert surplus(rma) == []
    assert returnable(order) == [1, 0]


@pytest.mark.parametrize("how", ["cancelled", "expired", "lost"])
def test_a_part_of_it_after_the_end_holds_only_what_came(rma, order, how):
    end(rma, how)
    opened(rma, 1, 0)
    assert received(rma) == [1, 0]
    assert returnable(order) == [2, 1]
    assert [row.amount for row in rma.lines.all()] == [10, 0]


def test_what_was_declined_is_taken_in_as_far_as_it_is_free(db):
    store = open_store(policy={"automatic_up_to": None})
    rma = returned(place_order(store, lines=LINES), 2, 1)
    rma.decline("used", by=DESK)
    opened(rma, 2, 1)
    assert received(rma) == [2, 1]
    assert rma.came_after_end


def test_goods_that_another_return_has_taken_meanwhile_are_surplus(rma, order):
    end(rma, "expired")
    again = returned(order, 3, 1)
    opened(rma, 2, 1)
    assert received(rma) == [0, 0]
    assert sorted(surplus(rma)) == [("Cup", 2), ("Jug", 1)]
    assert returnable(order) == [0, 0]
    assert rma.estimated_total == 0
    assert again.lines.first().amount == 30


def test_the_original_postage_is_not_promised_twice_by_a_late_parcel(db):
    store = open_store(policy={"returns_postage": True})
    order = place_order(store, lines=(("Cup", "10.00", 1),))
    late = returned(order, reason=Reason.FAULTY)
    assert late.estimated_postage == 6
    end(late, "expired")
    other = returned(order, reason=Reason.FAULTY)
    assert other.estimated_postage == 6
    opened(late, 1)
    assert late.estimated_postage == 0
    assert surplus(late) == [("Cup", 1)]


def test_when_the_order_was_cancelled_what_comes_late_is_all_surplus(rma, order):
    end(rma, "cancelled")
    order.cancelled_at = order.placed_at
    order.save()
    rma = ReturnAuthorization.objects.get(pk=rma.pk)
    opened(rma, 2, 1)
    assert received(rma) == [0, 0]
    assert sorted(surplus(rma)) == [("Cup", 2), ("Jug", 1)]


def test_all_ends_are_known():
    assert {Status.DECLINED, Status.CANCELLED, Status.EXPIRED, Status.LOST} == ENDED


def test_a_parcel_that_arrives_after_the_end_is_in_the_queue_too(rma):
    parcel = posted(rma)
    rma.cancel(by=BUYER)
    scan(parcel, "delivered")
    assert list(ReturnAuthorization.objects.to_receive()) == [rma]
    opened(rma)
    assert not ReturnAuthorization.objects.to_receive().exists()


def test_case_39_what_was_booked_by_mistake_is_taken_off_again_and_the_evidence_stays(rma, order):
    opened(rma, 2, 1, others=[("A sock", 1)])
    rma.undo_receipt(by=DESK)
    assert rma.status == Status.IN_TRANSIT
    assert received(rma) == [0, 0]
    assert rma.receipts.get().undone_at
    assert surplus(rma) == []
    assert Promise.objects.open().get(authorization=rma).kind == "update"
    opened(rma, 2, 1)
    assert received(rma) == [2, 1]


def test_each_line_is_inspected(rma):
    opened(rma, 2, 1)
    cup, jug = rma.lines.all()
    rma.inspect(
        {
            cup.pk: Finding("used", 1, "refurbish", "return_to_customer", "One cup has a chip."),
            jug.pk: Finding("as_new", 1),
        },
        by=DESK,
    )
    cup, jug = rma.lines.all()
    assert rma.status == Status.INSPECTED
    assert (cup.condition, cup.accepted, cup.rejected, cup.disposition) == (
        "used",
        1,
        1,
        "refurbish",
    )
    assert (cup.rejected_to, jug.rejected_to) == ("return_to_customer", "")
    assert cup.finding == "One cup has a chip."


@pytest.mark.parametrize("accepted", [-1, 3])
def test_no_more_is_accepted_than_came(rma, accepted):
    opened(rma, 2, 1)
    cup, jug = rma.lines.all()
    with pytest.raises(ValueError):
        rma.inspect({jug.pk: Finding("as_new", 1), cup.pk: Finding("as_new", accepted)}, by=DESK)
    assert rma.status == Status.RECEIVED
    assert not ReturnLine.objects.filter(accepted__gt=0).exists()


def test_a_line_without_a_finding_writes_nothing(rma):
    opened(rma, 2, 1)
    with pytest.raises(ValueError):
        rma.inspect({rma.lines.first().pk: Finding("as_new", 2)}, by=DESK)
    assert rma.status == Status.RECEIVED
    assert not ReturnLine.objects.filter(accepted__gt=0).exists()


def test_an_empty_parcel_has_nothing_to_inspect(rma):
    opened(rma, 0, 0)
    rma.inspect({}, by=DESK)
    assert rma.status == Status.INSPECTED


def test_what_came_besides_is_decided_once_and_told(rma):
    opened(rma, 2, 1, others=[("A sock", 1)])
    sock = Surplus.objects.get()
    rma.decide_surplus(sock, "return_to_customer", "Your sock comes back to you.", by=DESK)
    sock.refresh_from_db()
    assert (sock.disposition, sock.is_open) == ("return_to_customer", False)
    with pytest.raises(IllegalTransition):
        rma.decide_surplus(sock, "destroy", by=DESK)
    words = Event.objects.get(kind="surplus_decided").data["words"]
    assert words == "Your sock comes back to you."


def test_inspected_goods_cannot_be_received_again_or_undone(rma):
    inspected(opened(rma, 2, 1))
    with pytest.raises(IllegalTransition):
        opened(rma, 1, 0)
    with pytest.raises(IllegalTransition):
        rma.undo_receipt(by=DESK)


def test_a_form_whose_receipt_was_taken_back_does_not_book_again(rma):
    found = Found({row.pk: 1 for row in rma.lines.all()})
    rma.receive(found, by=DESK, key="once")
    rma.undo_receipt(by=DESK)
    with pytest.raises(IllegalTransition):
        rma.receive(found, by=DESK, key="once")


def test_case_36_an_order_cancelled_and_refunded_in_the_shop_leaves_nothing_more_to_give(
    rma, order
):
    """The parcel was on its way already: it is received, and the money is counted once."""
    posted(rma)
    order.refunded_total, order.cancelled_at = order.paid_total, order.placed_at
    order.save()
    rma = ReturnAuthorization.objects.get(pk=rma.pk)
    inspected(opened(rma, 2, 1))
    settlement = rma.settlement()
    assert (settlement.cap, settlement.total) == (0, 0)
    assert settlement.in_shop_left == order.paid_total
