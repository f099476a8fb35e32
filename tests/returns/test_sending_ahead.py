"""New goods before the old ones are back: to whom, when, and what follows if those do not come."""

from datetime import timedelta

import pytest
from django.utils import timezone

from returns import variants
from returns.models import (
    BUYER,
    CLOCK,
    Actor,
    Award,
    Notice,
    Order,
    OrderLine,
    Promise,
    ReturnAuthorization,
    Shipment,
    TrustRule,
    Variant,
)
from returns.models.event import ActorKind
from returns.models.shipping_goods import NumberTaken
from returns.states import IllegalTransition, ResolutionState, Status
from tests.people import place_order, staff
from tests.returns.exchanges import (
    SHIRT,
    exchanged,
    goods_of,
    kinds,
    regular,
    same,
    sent_ahead,
)
from tests.returns.returning import DESK, inspected, later, opened, posted, scan


@pytest.fixture
def order(store) -> Order:
    regular(store)
    kinds(store, ("SHIRT-C", "Cotton", "34.00"))
    return place_order(store, lines=SHIRT)


def told(rma, kind: str) -> int:
    return Notice.objects.filter(authorization=rma, kind=kind).count()


def events(rma) -> list[str]:
    return list(rma.events.order_by("pk").values_list("kind", flat=True))


def promised(rma) -> list[str]:
    mine = Promise.objects.open().filter(authorization=rma)
    return sorted(mine.values_list("kind", flat=True))


def the_line(order: Order) -> OrderLine:
    return order.with_goods().lines.get()


# --- To whom --------------------------------------------------------------------------------------


def test_who_is_trusted_and_agreed_gets_new_goods_with_the_approval(order):
    rma = exchanged(order, ahead=True)
    assert rma.ahead_agreed_at and rma.trust["is_trusted"]
    rma.approve(by=DESK)
    rma = same(rma)
    row = goods_of(rma)
    assert (rma.status, row.kind, row.state) == (Status.APPROVED, "exchange", "pending")
    assert rma.ahead_at and rma.ahead_by is None
    assert promised(rma) == ["goods", "reminder"]
    assert events(rma)[-2:] == ["return_approved", "sent_ahead"]
    assert told(rma, "return_approved") == 1


def test_who_did_not_agree_waits_until_the_old_goods_are_back(order):
    rma = exchanged(order)
    rma.approve(by=DESK)
    assert same(rma).ahead_at is None
    assert not rma.resolutions.exists()


def test_where_the_store_does_not_do_it_nobody_can_agree(order):
    TrustRule.objects.update(sends_ahead=False)
    rma = exchanged(order, ahead=True)
    assert (rma.ahead_agreed_at, rma.trust) == (None, {})


def test_who_is_not_trusted_any_more_waits(order):
    rma = exchanged(order, ahead=True)
    TrustRule.objects.update(orders=10)
    rma.approve(by=DESK)
    assert same(rma).ahead_at is None


def test_what_is_wanted_in_words_is_read_by_a_person_first(order):
    rma = exchanged(order, "", note="In blue.", ahead=True)
    rma.approve(by=DESK)
    assert same(rma).ahead_at is None


def test_the_desk_may_wait_all_the_same(order):
    rma = exchanged(order, ahead=True)
    rma.approve(by=DESK, at_once=False)
    assert same(rma).ahead_at is None


def test_the_desk_may_send_ahead_to_anybody(order):
    TrustRule.objects.all().delete()
    anna = Actor(ActorKind.STAFF, staff("anna"))
    rma = exchanged(order, "", note="In blue.")
    rma.approve(by=anna)
    row = rma.send_ahead(by=anna, agreed=True)
    rma = same(rma)
    assert (row.state, rma.ahead_by) == ("pending", anna.user)
    assert rma.ahead_agreed_at
    assert not rma.trust["is_trusted"] or rma.trust["reasons"]
    assert told(rma, "return_approved") == 2
    with pytest.raises(IllegalTransition):
        rma.send_ahead(by=anna)


def test_it_is_for_goods_that_have_to_come_back(order):
    rma = exchanged(order)
    with pytest.raises(IllegalTransition):
        rma.send_ahead(by=DESK)  # not decided yet
    money = exchanged(place_order(order.store, "JP-9", lines=SHIRT), "", wish="refund")
    assert money.status == Status.APPROVED
    with pytest.raises(IllegalTransition):
        money.send_ahead(by=DESK)


def test_case_58_with_the_approval_what_is_sold_out_is_not_sent(order):
    rma = exchanged(order, ahead=True)
    Variant.objects.update(available=False)
    rma.approve(by=DESK)
    assert (same(rma).status, same(rma).ahead_at) == (Status.APPROVED, None)
    with pytest.raises(variants.Gone):
        same(rma).send_ahead(by=DESK)
    assert not rma.resolutions.exists()


# --- It leaves ------------------------------------------------------------------------------------


def test_its_parcel_is_announced_told_and_followed(order):
    rma = sent_ahead(order)
    row = goods_of(rma)
    assert (row.state, row.reference) == ("succeeded", "RB987654326GB")
    shipment = row.shipments.get()
    assert shipment.parcel and shipment.parcel.handed_over_at
    assert [(part.line_id, part.quantity) for part in shipment.lines.all()] == [
        (order.lines.get().pk, 1)
    ]
    assert events(rma)[-1] == "replacement_sent"
    assert (told(rma, "replacement_sent"), told(rma, "return_settled")) == (1, 0)
    assert promised(rma) == ["reminder"]
    # We write again while it is on its way, as with every parcel.
    assert Promise.objects.open().filter(order=order, authorization=None, kind="update").exists()
    assert rma.status == Status.APPROVED


def test_without_a_number_it_is_told_as_well(order):
    rma = sent_ahead(order, "")
    shipment = goods_of(rma).shipments.get()
    assert (shipment.parcel, shipment.lines.count()) == (None, 1)
    assert told(rma, "replacement_sent") == 1


def test_it_is_sent_once(order):
    rma = sent_ahead(order)
    for _ in range(2):
        with pytest.raises(IllegalTransition):
            goods_of(rma).ship("RB123456785GB", "royal-mail", by=DESK)
    assert Shipment.objects.filter(resolution__isnull=False).count() == 1


def test_a_number_that_brings_something_else_is_not_taken(order):
    rma = exchanged(order, ahead=True)
    rma.approve(by=DESK)
    first = order.shipments.get().parcel
    assert first
    with pytest.raises(NumberTaken):
        goods_of(rma).ship(first.number, first.carrier, by=DESK)
    assert goods_of(rma).state == ResolutionState.PENDING
    assert Shipment.objects.filter(order=order).count() == 1


def test_case_58_what_is_sold_out_is_not_sent(order):
    rma = exchanged(order, ahead=True)
    rma.approve(by=DESK)
    Variant.objects.filter(sku="SHIRT-L").update(available=False)
    with pytest.raises(variants.Gone) as gone:
        goods_of(rma).ship("RB987654326GB", "royal-mail", by=DESK)
    assert [row.line_id for row in gone.value.rows] == [order.lines.get().pk]
    assert goods_of(rma).state == ResolutionState.PENDING


def test_then_the_old_goods_come_and_nothing_more_is_owed(order):
    rma = sent_ahead(order)
    scan(posted(rma))
    rma = inspected(opened(same(rma)))
    assert rma.resolve([], by=DESK) == []
    assert same(rma).status == Status.CLOSED
    assert order.with_goods().refundable() == 74


def test_the_old_goods_may_come_first(order):
    rma = exchanged(order, ahead=True)
    rma.approve(by=DESK)
    inspected(opened(same(rma)))
    rma = same(rma)
    rma.resolve([], by=DESK)
    assert same(rma).status == Status.RESOLVED
    goods_of(rma).ship("RB987654326GB", "royal-mail", by=DESK)
    assert same(rma).status == Status.CLOSED
    assert told(rma, "replacement_sent") == 1


def test_what_is_cheaper_is_known_to_the_cent(order):
    rma = exchanged(order, "SHIRT-C")
    rma.approve(by=DESK)
    rma = inspected(opened(same(rma)))
    assert variants.given_back(rma) == 34


def test_what_is_cheaper_is_given_back_with_goods_that_stay(order):
    rma = exchanged(order, "SHIRT-C")
    ReturnAuthorization.objects.update(keeps_goods=True, kind="claim")
    rma = same(rma)
    rma.approve(by=DESK)
    given = {row.kind: row.amount for row in rma.resolutions.all()}
    assert given == {"exchange": 0, "part_refund": 34}


# --- Its own return, and what cannot be asked for twice -------------------------------------------


def test_case_60_a_unit_that_awaits_its_exchange_cannot_enter_another_request(order):
    rma = exchanged(order)
    assert the_line(order).returnable == 0
    rma.approve(by=DESK)
    assert the_line(order).returnable == 0
    rma.send_ahead(by=DESK)
    assert the_line(order).returnable == 0


def test_what_was_sent_instead_may_come_back_in_its_turn(order):
    rma = sent_ahead(order)
    assert the_line(order).returnable == 1
    again = exchanged(order, "SHIRT-C")
    again.approve(by=DESK)
    assert the_line(order).returnable == 0
    assert rma.pk != again.pk


def test_case_23_what_came_back_once_is_returnable_again_only_as_what_was_sent_for_it(order):
    rma = exchanged(order, "SHIRT-L")
    rma.approve(by=DESK)
    rma = inspected(opened(same(rma)))
    rma.resolve([Award("exchange")], by=DESK)
    assert the_line(order).returnable == 0  # here, and nothing left for it
    goods_of(rma).ship("RB987654326GB", "royal-mail", by=DESK)
    assert the_line(order).returnable == 1
    second = exchanged(order, "SHIRT-C")
    second.approve(by=DESK)
    second = inspected(opened(same(second)))
    second.resolve([Award("refund", second.value)], by=DESK)
    assert the_line(order).returnable == 0


def test_case_23_goods_that_were_not_taken_add_no_unit_that_was_never_sold(order):
    """Sent ahead; the old shirt is not taken and goes back: two things at home, one bought."""
    rma = sent_ahead(order)
    rma = inspected(opened(rma), 0, rejected_to="return_to_customer")
    rma.resolve([], by=DESK)
    same(rma).send_back(by=DESK)
    assert the_line(order).returnable == 1


# --- Taken back -----------------------------------------------------------------------------------


def test_case_38_cancelling_a_return_drops_the_new_goods_that_were_not_sent(order):
    rma = exchanged(order, ahead=True)
    rma.approve(by=DESK)
    rma = same(rma)
    assert rma.may_be_cancelled
    rma.cancel(by=BUYER)
    assert rma.resolutions.get().state == ResolutionState.DROPPED
    assert not rma.resolutions.live().exists()
    assert promised(rma) == []
    with pytest.raises(IllegalTransition):
        rma.resolutions.get().ship("RB987654326GB", "royal-mail", by=DESK)


def test_case_38_what_has_left_keeps_the_return_from_being_cancelled(order):
    rma = sent_ahead(order)
    assert not rma.may_be_cancelled
    for by in (BUYER, DESK):
        with pytest.raises(IllegalTransition):
            same(rma).cancel(by=by)
    assert same(rma).status == Status.APPROVED


# --- The old goods do not come --------------------------------------------------------------------


def late(rma: ReturnAuthorization) -> ReturnAuthorization:
    """The last day to post the old goods is over."""
    now = timezone.now()
    ReturnAuthorization.objects.to_remind(now + timedelta(days=13)).remind(now)
    overdue = now + timedelta(days=20)
    ReturnAuthorization.objects.overdue(overdue).expire(overdue)
    return same(rma)


def test_case_59_who_has_the_new_goods_is_reminded_in_other_words(order):
    rma = sent_ahead(order)
    rma.remind(by=CLOCK)
    assert (told(rma, "original_reminder"), told(rma, "return_reminder")) == (1, 0)
    assert promised(rma) == ["deadline"]


def test_case_59_the_time_of_old_goods_ends_and_nothing_is_freed(order):
    rma = late(sent_ahead(order))
    assert (rma.status, rma.ended_at) == (Status.APPROVED, None)
    assert rma.original_missing_at and rma.misses_original
    assert events(rma)[-1] == "original_missing"
    assert told(rma, "original_reminder") == 2
    assert promised(rma) == ["answer"]
    # The next sweep finds nothing new.
    later = timezone.now() + timedelta(days=30)
    assert ReturnAuthorization.objects.overdue(later).expire(later) == 0


def test_case_59_more_time_begins_the_reminders_anew(order):
    rma = late(sent_ahead(order))
    rma.give_more_time(later(days=40), by=DESK)
    rma = same(rma)
    assert (rma.original_missing_at, rma.reminded_at) == (None, None)
    assert promised(rma) == ["reminder"]
    with pytest.raises(IllegalTransition):
        rma.give_more_time(later(days=50), by=DESK)
    with pytest.raises(ValueError):
        rma.give_more_time(later(days=-1), by=DESK)


@pytest.mark.parametrize("charged", [True, False])
def test_case_59_the_agreed_consequence_ends_it(order, charged):
    rma = late(sent_ahead(order))
    rma.keep_both(charged=charged, words="Thank you for telling us.", by=DESK)
    rma = same(rma)
    row = rma.lines.get()
    assert (rma.status, row.waived, row.resolved, row.replaced) == (Status.CLOSED, 1, 1, 1)
    assert promised(rma) == []
    event = rma.events.get(kind="original_kept")
    assert event.data["charged"] is charged
    # One of them was paid for here, and may come back; the other one is not our affair.
    assert the_line(order).returnable == 1
    assert order.with_goods().refundable() == 74
    with pytest.raises(IllegalTransition):
        rma.keep_both(charged=charged, by=DESK)


def test_case_59_nobody_is_charged_who_has_not_agreed(order):
    rma = exchanged(order)
    rma.approve(by=DESK)
    rma.send_ahead(by=DESK)
    goods_of(rma).ship("RB987654326GB", "royal-mail", by=DESK)
    rma = late(same(rma))
    with pytest.raises(ValueError):
        rma.keep_both(charged=True, by=DESK)
    assert same(rma).status == Status.APPROVED
    rma.keep_both(charged=False, by=DESK)


def test_case_59_old_goods_that_come_after_all_are_only_booked(order):
    rma = late(sent_ahead(order))
    rma.keep_both(charged=False, by=DESK)
    rma = same(rma)
    rma.note_goods({rma.lines.get().pk: 1}, "restock", by=DESK)
    assert rma.resolutions.count() == 1
    assert the_line(order).returnable == 1


def test_case_59_who_posts_late_is_waited_for(order):
    rma = late(sent_ahead(order))
    scan(posted(rma))
    rma = same(rma)
    assert (rma.status, rma.misses_original) == (Status.IN_TRANSIT, False)
    inspected(opened(rma)).resolve([], by=DESK)
    assert same(rma).status == Status.CLOSED


def test_new_goods_that_never_left_are_dropped_when_the_time_ends(order):
    rma = exchanged(order, ahead=True)
    rma.approve(by=DESK)
    rma = late(same(rma))
    assert rma.status == Status.EXPIRED
    assert not rma.resolutions.live().exists()
    assert the_line(order).returnable == 1
