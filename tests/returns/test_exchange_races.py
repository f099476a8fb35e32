"""Two hands at the same exchange or parcel at the same moment, with real connections on
PostgreSQL."""

from functools import partial

import pytest
from django.utils import timezone

from returns import variants
from returns.ledger import Refused
from returns.models import (
    BUYER,
    CLOCK,
    CannotRecall,
    Notice,
    Order,
    Resolution,
    ReturnAuthorization,
    Shipment,
    Variant,
)
from returns.models.shipping_goods import NumberTaken
from returns.states import IllegalTransition, Status
from tests.people import open_store, place_order
from tests.returns import test_parcel_back_races
from tests.returns.exchanges import SHIRT, exchanged, goods_of, kinds, regular, same, sent_ahead
from tests.returns.returning import DESK
from tests.returns.test_parcel_back_races import at_once, refusals
from tracking.milestones import Milestone
from tracking.models import ScanReport

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def expected(monkeypatch):
    """What one of two hands may meet."""
    refused = (IllegalTransition, Refused, CannotRecall, NumberTaken, variants.Gone)
    monkeypatch.setattr(test_parcel_back_races, "EXPECTED", refused)


@pytest.fixture
def order(transactional_db) -> Order:
    store = open_store()
    regular(store)
    kinds(store)
    return place_order(store, lines=SHIRT)


@pytest.fixture
def travelling(transactional_db) -> Order:
    return place_order(open_store(), lines=SHIRT, delivered=False, days_ago=3)


def test_exchange_and_return_of_one_unit_and_one_of_them_wins(order):
    results = at_once(
        partial(exchanged, order, key="exchange"),
        partial(exchanged, order, "", wish="refund", key="return"),
    )
    assert refusals(results) == 1
    assert order.with_goods().lines.get().held == 1


def test_the_last_of_a_kind_is_not_checked_away_by_two(order):
    """A kind that is taken off the list while it is asked for is written down or refused, and
    never half."""
    at_once(
        partial(exchanged, order, key="exchange"),
        lambda: Variant.objects.update(available=False),
    )
    for rma in ReturnAuthorization.objects.filter(order=order):
        assert rma.lines.get().variant["sku"] == "SHIRT-L"


def test_cancel_against_approve_leaves_nothing_to_send_of_what_was_cancelled(order):
    rma = exchanged(order, ahead=True)
    at_once(partial(same(rma).cancel, by=BUYER), partial(same(rma).approve, by=DESK))
    rma = same(rma)
    if rma.status == Status.CANCELLED:
        assert not rma.resolutions.live().exists()
        assert order.with_goods().lines.get().held == 0
    else:
        assert goods_of(rma).state == "pending"


def test_cancel_against_ship_either_it_left_or_it_is_cancelled(order):
    rma = exchanged(order, ahead=True)
    rma.approve(by=DESK)
    row = goods_of(rma)
    results = at_once(
        partial(same(rma).cancel, by=BUYER),
        partial(row.ship, "RB987654326GB", "royal-mail", by=DESK),
    )
    assert refusals(results) == 1
    rma, row = same(rma), Resolution.objects.get(pk=row.pk)
    pair = (rma.status, row.state)
    assert pair in [(Status.CANCELLED, "dropped"), (Status.APPROVED, "succeeded")]
    left = Shipment.objects.filter(resolution=row).exists()
    assert left is (row.state == "succeeded")


def test_two_colleagues_ship_it_at_once_and_one_parcel_leaves(order):
    rma = exchanged(order, ahead=True)
    rma.approve(by=DESK)
    pk = goods_of(rma).pk
    numbers = ("RB987654326GB", "RB123456785GB")
    results = at_once(
        *(
            partial(Resolution.objects.get(pk=pk).ship, number, "royal-mail", by=DESK)
            for number in numbers
        )
    )
    assert refusals(results) == 1
    assert Shipment.objects.filter(resolution=pk).count() == 1
    assert Notice.objects.filter(kind="replacement_sent").count() == 1


def test_one_number_for_two_orders_at_once_brings_one_of_them(order):
    other = place_order(order.store, "JP-9", lines=SHIRT)
    rows = []
    for one in (order, other):
        rma = exchanged(one)
        rma.approve(by=DESK)
        same(rma).send_ahead(by=DESK)
        rows.append(goods_of(rma))
    results = at_once(*(partial(row.ship, "RB987654326GB", "royal-mail", by=DESK) for row in rows))
    assert refusals(results) == 1
    assert Shipment.objects.filter(resolution__isnull=False).count() == 1


def test_the_end_of_the_time_against_ship_frees_nothing_that_left(order):
    rma = exchanged(order, ahead=True)
    rma.approve(by=DESK)
    now = timezone.now()
    ReturnAuthorization.objects.filter(pk=rma.pk).update(post_by=now, reminded_at=now)
    row = goods_of(rma)
    at_once(
        lambda: same(rma).expire(by=CLOCK),
        partial(row.ship, "RB987654326GB", "royal-mail", by=DESK),
    )
    rma, row = same(rma), Resolution.objects.get(pk=row.pk)
    assert (rma.status, row.state) in [
        (Status.EXPIRED, "dropped"),
        (Status.APPROVED, "succeeded"),
    ]


def test_two_ways_out_for_old_goods_that_do_not_come_and_one_counts(order):
    rma = sent_ahead(order)
    now = timezone.now()
    ReturnAuthorization.objects.filter(pk=rma.pk).update(original_missing_at=now)
    results = at_once(
        partial(same(rma).keep_both, charged=True, by=DESK),
        partial(same(rma).keep_both, charged=False, by=DESK),
        lambda: same(rma).give_more_time(now.replace(year=now.year + 1), by=DESK),
    )
    assert refusals(results) >= 1
    rma = same(rma)
    ended = rma.events.filter(kind="original_kept").count()
    assert (rma.status, ended) in [(Status.CLOSED, 1), (Status.APPROVED, 0)]


def test_two_forms_about_one_parcel_make_one_recall(travelling):
    shipment = travelling.shipments.get()
    results = at_once(
        *(partial(travelling.recall, shipment, "refuse", by=BUYER, key=key) for key in "ab")
    )
    assert refusals(results) == 1
    assert ReturnAuthorization.objects.count() == 1


def test_a_recall_against_the_return_of_a_unit_holds_it_once(travelling):
    shipment = travelling.shipments.get()
    results = at_once(
        partial(travelling.recall, shipment, "refuse", by=BUYER, key="recall"),
        partial(exchanged, travelling, "", wish="refund", key="return"),
    )
    assert refusals(results) == 1
    assert travelling.with_goods().lines.get().held == 1


def test_a_parcel_that_turns_is_paid_for_once_by_any_number_of_workers(travelling):
    rma = travelling.recall(travelling.shipments.get(), "refuse", by=BUYER, key="form")
    parcel = travelling.shipments.get().parcel
    parcel.record([ScanReport(at=timezone.now(), milestone=Milestone.RETURNING)])
    at_once(*(lambda: ReturnAuthorization.objects.follow() for _ in range(4)))
    assert Resolution.objects.count() == 1
    assert same(rma).events.filter(kind="parcel_turned").count() == 1


def test_cancel_against_the_turning_either_it_is_paid_for_or_it_ended(travelling):
    rma = travelling.recall(travelling.shipments.get(), "refuse", by=BUYER, key="form")
    parcel = travelling.shipments.get().parcel

    def turns() -> None:
        parcel.record([ScanReport(at=timezone.now(), milestone=Milestone.RETURNING)])
        ReturnAuthorization.objects.follow()

    at_once(turns, lambda: same(rma).cancel(by=BUYER))
    paid = Resolution.objects.exists()
    assert paid is (same(rma).status != Status.CANCELLED)
