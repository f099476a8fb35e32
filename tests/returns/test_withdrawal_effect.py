"""What follows from a withdrawal that is known to be the buyer's."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from returns.codes import Kind, Payer, Reason, Wish
from returns.ledger import Refused
from returns.models import (
    BUYER,
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
from returns.states import Status
from returns.withdrawal_states import Verified, WhyNot, WithdrawalStatus
from tests import people
from tests.returns.returning import returned
from tests.returns.withdrawing import eu_order, eu_store, on_its_page, outcome_of
from tracking.milestones import Milestone
from tracking.models import ScanReport

pytestmark = pytest.mark.django_db
S = WithdrawalStatus
TWO = (("Linen shirt", "68.00", 2), ("Beeswax candles", "24.00", 1))


def rma_of(order: Order) -> ReturnAuthorization:
    return order.returns.get()


def test_goods_that_came_are_sent_back_within_fourteen_days_and_the_money_is_complete():
    order = eu_order()
    made = on_its_page(order)
    rma = rma_of(order)
    assert outcome_of(made).status == S.EFFECTIVE
    assert (rma.kind, rma.status, rma.wish) == (Kind.WITHDRAWAL, Status.APPROVED, Wish.REFUND)
    assert not rma.keeps_goods and rma.withdrawal == made
    assert rma.lines.get().reason == Reason.WITHDRAWN
    # Sixty-eight for the shirt, and the six that the postage cost.
    assert (rma.estimated_total, rma.estimated_fee) == (Decimal("74.00"), 0)
    assert rma.payer == Payer.BUYER
    days = rma.post_by.astimezone().date() - timezone.localdate()
    assert timedelta(days=13) <= days <= timedelta(days=15)
    kinds = list(Notice.objects.filter(order=order).values_list("kind", flat=True))
    assert kinds == [NoticeKind.RETURN_APPROVED]
    assert Event.objects.filter(order=order, kind=EventKind.WITHDRAWAL_VERIFIED).exists()


def test_a_store_that_posts_sooner_or_takes_a_fee_does_neither_here():
    policy = {"post_days": 5, "fee": Decimal(9), "automatic_up_to": None}
    order = eu_order(eu_store(policy=policy))
    on_its_page(order)
    rma = rma_of(order)
    assert (rma.post_days, rma.estimated_fee, rma.estimated_total) == (14, 0, Decimal("74.00"))


def test_a_store_that_pays_for_whoever_changed_their_mind_pays_here():
    store = eu_store()
    store.policy.reasons.create(reason=Reason.CHANGED_MIND, payer=Payer.STORE)
    order = eu_order(store)
    on_its_page(order)
    assert rma_of(order).payer == Payer.STORE


def test_a_part_is_paid_without_the_postage_and_the_last_part_brings_it_once():
    order = eu_order(lines=TWO)
    shirts, candles = order.lines.all()
    on_its_page(order, {shirts.pk: 2})
    assert rma_of(order).estimated_total == Decimal("136.00")
    on_its_page(order, {candles.pk: 1})
    totals = sorted(order.returns.values_list("estimated_total", flat=True))
    assert totals == [Decimal("30.00"), Decimal("136.00")]


def test_no_more_postage_goes_back_than_the_usual_delivery_costs():
    order = eu_order(eu_store(standard_postage=Decimal("4.50")))
    on_its_page(order)
    assert rma_of(order).estimated_postage == Decimal("4.50")
    other = eu_order(order.store, "JP-2", currency="EUR")
    on_its_page(other)
    # Four and a half of another currency mean something else.
    assert rma_of(other).estimated_postage == Decimal("6.00")


def test_case_50_postage_that_went_back_before_is_not_paid_again():
    order = eu_order(eu_store(policy={"returns_postage": True}), lines=TWO)
    shirts, candles = order.lines.all()
    rma = order.request_return(
        [Wanted(shirts.pk, 2, "fit"), Wanted(candles.pk, 1, "fit")], by=BUYER, key="a"
    )
    assert rma.estimated_postage == Decimal("6.00")
    rma.cancel(by=BUYER)
    on_its_page(order, {shirts.pk: 2})
    on_its_page(order, {candles.pk: 1})
    given = order.returns.exclude(status=Status.CANCELLED)
    assert sum(given.values_list("estimated_postage", flat=True)) == Decimal("6.00")


def test_case_24_what_is_withdrawn_cannot_be_returned_too():
    order = eu_order(lines=TWO)
    shirts, _candles = order.lines.all()
    on_its_page(order, {shirts.pk: 1})
    line = order.with_goods().lines.get(pk=shirts.pk)
    with pytest.raises(Refused):
        order.request_return([Wanted(line.pk, 2, "fit")], by=BUYER, key="b")
    assert order.request_return([Wanted(line.pk, 1, "fit")], by=BUYER, key="c")


def test_case_24_what_is_returned_cannot_be_withdrawn_too():
    order = eu_order(lines=TWO)
    returned(order, 2, 0)
    on_its_page(order)
    mine = order.returns.get(kind=Kind.WITHDRAWAL)
    assert [row.line.title for row in mine.lines.all()] == ["Beeswax candles"]


def test_case_24_an_order_that_was_withdrawn_as_a_whole_cannot_be_returned():
    order = eu_order(lines=TWO)
    on_its_page(order)
    line = order.lines.first()
    with pytest.raises(Refused):
        order.request_return([Wanted(line.pk, 1, "fit")], by=BUYER, key="b")


def test_withdrawing_once_more_does_nothing_more():
    order = eu_order()
    on_its_page(order)
    second = on_its_page(order)
    assert outcome_of(second).status == S.REPEATED
    assert order.returns.count() == 1
    assert Notice.objects.filter(order=order).count() == 1


def test_more_than_is_left_is_withdrawn_as_far_as_there_is_any():
    order = eu_order(lines=TWO)
    shirts, _candles = order.lines.all()
    returned(order, 1, 0)
    made = on_its_page(order, {shirts.pk: 2})
    assert outcome_of(made).status == S.EFFECTIVE
    assert order.returns.get(kind=Kind.WITHDRAWAL).lines.get().requested == 1


# --- When it has no effect ------------------------------------------------------------------


def late_order(**values) -> Order:
    return eu_order(days_ago=40, **values)


def test_after_the_period_it_is_recorded_and_a_person_answers():
    order = late_order()
    made = on_its_page(order)
    outcome = outcome_of(made)
    assert (outcome.status, outcome.why) == (S.OUTSIDE, WhyNot.OVER)
    assert not order.returns.exists()
    promise = Promise.objects.open().get(order=order, kind=PromiseKind.ANSWER)
    assert promise.authorization is None


def test_the_moment_at_which_it_was_declared_counts_not_that_of_its_handling():
    order = late_order()
    end = order.with_goods().withdrawal_ends(timezone.now())
    made = on_its_page(order, at=end - timedelta(seconds=1))
    assert outcome_of(made).status == S.EFFECTIVE
    other = late_order(store=order.store, number="JP-2")
    end = other.with_goods().withdrawal_ends(timezone.now())
    assert outcome_of(on_its_page(other, at=end + timedelta(seconds=1))).status == S.OUTSIDE


def test_before_the_goods_have_come_there_is_always_time():
    order = eu_order(days_ago=30, delivered=False)
    assert order.with_goods().withdrawal_ends(timezone.now()) is None
    assert outcome_of(on_its_page(order)).status == S.EFFECTIVE


def test_it_runs_from_the_last_of_several_parcels():
    order = eu_order(lines=TWO, days_ago=40)
    late = people.ship(order, days_ago=3, number="RB123456785LT", delivered=True)
    assert late.parcel
    end = order.with_goods().withdrawal_ends(timezone.now())
    assert end and end > timezone.now() + timedelta(days=10)


def test_a_parcel_that_turned_round_never_came():
    order = eu_order(days_ago=40, delivered=False)
    parcel = order.shipments.get().parcel
    at = timezone.now() - timedelta(days=20)
    parcel.record([ScanReport(at=at, milestone=Milestone.RETURNING)])
    assert order.with_goods().withdrawal_ends(timezone.now()) is None


def test_a_parcel_that_tells_nothing_is_taken_as_arrived_after_some_weeks():
    order = eu_order(days_ago=50, shipped=False)
    shipment = order.shipments.create(shipped_at=timezone.now() - timedelta(days=22))
    shipment.lines.create(line=order.lines.get(), quantity=1)
    end = order.with_goods().withdrawal_ends(timezone.now())
    assert end and timedelta(days=12) < end - timezone.now() < timedelta(days=17)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"country": "GB"}, WhyNot.ELSEWHERE),
        ({"cancelled_at": timezone.now()}, WhyNot.CANCELLED),
    ],
)
def test_where_there_is_no_such_right_a_person_answers(values, why):
    order = eu_order(**values)
    outcome = outcome_of(on_its_page(order))
    assert (outcome.status, outcome.why) == (S.OUTSIDE, why)
    assert not order.returns.exists()


def test_goods_without_the_right_stay_and_the_others_go_back():
    lines = (
        ("Shirt to measure", "90.00", 1, {"sku": "MADE-7"}),
        ("Linen shirt", "68.00", 1, {"sku": "SHIRT"}),
    )
    order = eu_order(eu_store(no_withdrawal_skus="MADE-*"), lines=lines)
    made = on_its_page(order)
    assert outcome_of(made).status == S.EFFECTIVE
    assert [row.line.sku for row in rma_of(order).lines.all()] == ["SHIRT"]
    alone = eu_order(order.store, "JP-2", lines=lines[:1])
    assert outcome_of(on_its_page(alone)).why == WhyNot.EXEMPT


def test_a_final_sale_does_not_take_the_right_away():
    order = eu_order(lines=(("Linen shirt", "68.00", 1, {"final_sale": True}),))
    assert outcome_of(on_its_page(order)).status == S.EFFECTIVE


def test_the_desk_may_let_it_count_all_the_same():
    order = late_order()
    outcome = outcome_of(on_its_page(order))
    desk = people.staff("ieva")
    from returns.models import Actor

    outcome.verify(note="Was ill", by=Actor.staff(desk))
    outcome.refresh_from_db()
    assert (outcome.status, outcome.verified_how) == (S.EFFECTIVE, Verified.DESK)
    assert outcome.decided_by == desk
    assert rma_of(order).status == Status.APPROVED
    assert not Promise.objects.open().filter(kind=PromiseKind.ANSWER).exists()


def test_an_order_that_was_not_paid_is_withdrawn_without_money():
    order = eu_order(paid_total=Decimal(0), paid_at=None)
    on_its_page(order)
    assert rma_of(order).estimated_total == 0
