"""Two hands at the same return at the same moment, with real connections on PostgreSQL."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.utils import timezone

from returns.models import (
    BUYER,
    Award,
    Found,
    Notice,
    Order,
    Resolution,
    ReturnAuthorization,
    Shipment,
    TooMuch,
)
from returns.states import IllegalTransition, Status
from tests.people import open_store, place_order
from tests.returns.returning import DESK, NUMBER, inspected, opened, posted, returned
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

EXPECTED = (IllegalTransition, TooMuch)


@pytest.fixture
def order(transactional_db):
    return place_order(open_store(), lines=(("Cup", "10.00", 3),))


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Each act in a thread of its own with its own connection, all let go together.
    Returns what each gave, or the refusal it met; anything else fails the test."""
    start = Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            start.wait(10)
            results[number] = act()
        except Exception as error:  # judged below, in the test's own thread
            results[number] = error
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "two hands wait for each other"
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, EXPECTED):
            raise result
    return results


def same(rma: ReturnAuthorization) -> ReturnAuthorization:
    return ReturnAuthorization.objects.get(pk=rma.pk)


def refusals(results: list[object]) -> int:
    return sum(isinstance(result, Exception) for result in results)


def test_two_colleagues_decide_at_once_and_one_decision_counts(order):
    rma = inspected(opened(returned(order, 2)))
    award = [Award("refund", Decimal(20))]
    results = at_once(*(partial(same(rma).resolve, award, by=DESK) for _ in range(4)))
    assert refusals(results) == 3
    assert Resolution.objects.count() == 1


def test_two_returns_decided_at_once_stay_within_what_was_paid(order):
    one, two = returned(order, 1), returned(order, 1)
    for rma in (one, two):
        inspected(opened(rma))
    award = [Award("refund", Decimal(20))]
    at_once(*(partial(same(rma).resolve, award, by=DESK) for rma in (one, two)))
    given = sum(Resolution.objects.values_list("amount", flat=True))
    assert given <= Order.objects.get(pk=order.pk).paid_total
    assert Resolution.objects.count() == 1


def test_case_52_money_recorded_by_two_at_once_is_told_once(order):
    rma = inspected(opened(returned(order, 1)))
    [made] = rma.resolve([Award("refund", Decimal(10))], by=DESK)
    results = at_once(
        *(partial(Resolution.objects.get(pk=made.pk).record_sent, by=DESK) for _ in range(4))
    )
    assert refusals(results) == 3
    assert Notice.objects.filter(kind="return_settled").count() == 1
    assert same(rma).status == Status.CLOSED


def test_the_same_form_of_the_warehouse_twice_at_once_is_one_receipt(order):
    rma = returned(order, 2)
    found = Found({rma.lines.get().pk: 2})
    at_once(*(partial(same(rma).receive, found, by=DESK, key="form") for _ in range(4)))
    assert same(rma).receipts.count() == 1
    assert rma.lines.get().received == 2


def test_two_parcels_opened_at_once_book_no_more_than_was_approved(order):
    rma = returned(order, 2)
    found = Found({rma.lines.get().pk: 2})
    keys = ("left table", "right table")
    at_once(*(partial(same(rma).receive, found, by=DESK, key=key) for key in keys))
    assert rma.lines.get().received == 2
    assert [(row.title, row.quantity) for row in rma.surplus.all()] == [("Cup", 2)]


def test_two_numbers_given_at_once_leave_one_parcel(order):
    rma = returned(order, 1)
    numbers = ("RB123456785GB", "RB103456786GB")
    at_once(*(partial(same(rma).name_parcel, number, "royal-mail", by=BUYER) for number in numbers))
    assert Shipment.objects.filter(authorization=rma, is_return=True).count() == 1
    assert Parcel.objects.filter(number__in=numbers).count() == 1


def test_a_correction_and_a_scan_at_once_do_not_wait_for_each_other(order):
    rma = returned(order, 1)
    parcel = posted(rma)

    def scanned() -> None:
        report = ScanReport(at=timezone.now(), milestone=Milestone.ACCEPTED)
        try:
            parcel.record([report])
        except Parcel.DoesNotExist:
            return  # corrected away a moment before
        ReturnAuthorization.objects.follow()

    at_once(
        scanned,
        lambda: same(rma).name_parcel("RB103456786GB", "royal-mail", by=BUYER),
        lambda: ReturnAuthorization.objects.follow(),
    )
    ReturnAuthorization.objects.follow()
    assert same(rma).status == Status.APPROVED
    assert not Parcel.objects.filter(number=NUMBER).exists()


def test_a_buyer_who_cancels_and_a_first_scan_meet_and_one_of_them_wins(order):
    rma = returned(order, 1)
    posted(rma).record([ScanReport(at=timezone.now(), milestone=Milestone.ACCEPTED)])
    at_once(
        lambda: same(rma).cancel(by=BUYER),
        lambda: ReturnAuthorization.objects.follow(),
    )
    kinds = set(same(rma).events.values_list("kind", flat=True))
    assert same(rma).status in (Status.CANCELLED, Status.IN_TRANSIT)
    assert ("return_cancelled" in kinds) != ("return_scanned" in kinds)


def test_two_buyers_who_name_one_number_at_once_do_not_share_a_journey(order):
    other = place_order(order.store, "JP-2", lines=(("Cup", "10.00", 3),))
    at_once(
        *(
            partial(same(returned(one, 1)).name_parcel, NUMBER, "royal-mail", by=BUYER)
            for one in (order, other)
        )
    )
    back = Shipment.objects.filter(is_return=True)
    assert back.filter(parcel__isnull=False).count() <= 1
    assert back.filter(in_doubt=True).count() >= 1
