"""How often carriers did it, how soon they were asked, and at what cost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.tracking.turning import DAY, HOUR, on_the_road
from tracking.figures import ENOUGH, Tally, chance, chances, figures
from tracking.gateways import Aim
from tracking.interceptions import InterceptionStatus
from tracking.milestones import Milestone
from tracking.models import Interception

pytestmark = pytest.mark.django_db
S = InterceptionStatus


def ended(parcel, status: str = S.SUCCEEDED, count: int = 1, wait: float = 4, **values) -> None:
    at = timezone.now() - HOUR
    values = {
        "aim": Aim.REDIRECT,
        "carrier": parcel.carrier,
        "parcel_milestone": Milestone.IN_TRANSIT,
        "requested_at": at,
        "asked_at": at,
        "sent_at": at + timedelta(seconds=wait),
        "state": "done",
    } | values
    Interception.objects.bulk_create(
        Interception(parcel=parcel, status=status, **values) for _ in range(count)
    )


@pytest.fixture
def parcel(db):
    return on_the_road()


def test_figures_are_counted_by_carrier_and_by_where_the_parcel_was(
    parcel, django_assert_num_queries
):
    other = on_the_road("SF1234567890123", "sf")
    ended(parcel, count=3, wait=2, cost=Decimal("16.40"), currency="USD")
    ended(parcel, S.FAILED, wait=6, cost=Decimal("16.40"), currency="USD")
    ended(parcel, S.SENT, wait=8, parcel_milestone=Milestone.OUT_FOR_DELIVERY)
    ended(other, S.WITHDRAWN, wait=60, parcel_milestone=Milestone.CUSTOMS)
    ended(other, cost=Decimal("5.5"), currency="CNY", wait=3)
    with django_assert_num_queries(1):
        found = figures(timezone.now() - DAY)
    assert list(found.carriers) == ["ups", "sf"]
    ups = found.carriers["ups"]
    assert (ups.attempts, ups.succeeded, ups.failed, ups.open, ups.rate) == (5, 3, 1, 1, 75)
    assert ups.wait == timedelta(seconds=2)
    assert ups.costs == {"USD": Decimal("49.20")}, "what failed costs nothing"
    sf = found.carriers["sf"]
    assert (sf.attempts, sf.succeeded, sf.open, sf.rate) == (2, 1, 0, 100)
    milestones = {name: one.attempts for name, one in found.milestones.items()}
    assert milestones == {"in_transit": 5, "customs": 1, "out_for_delivery": 1}
    assert found.milestones["customs"].rate is None
    assert found.all.attempts == 7 and found.all.wait == timedelta(seconds=3)
    assert found.all.costs == {"CNY": Decimal("5.5"), "USD": Decimal("49.20")}


def test_figures_are_those_of_an_account_and_of_a_time(parcel):
    ended(parcel)
    ended(on_the_road(name="shanyue"), count=2)
    ended(parcel, count=4, requested_at=timezone.now() - 9 * DAY)
    since = timezone.now() - DAY
    assert figures(since, parcel.account_id).all.attempts == 1
    assert figures(since).all.attempts == 3
    assert figures(since - 30 * DAY, parcel.account_id).all.attempts == 5


def test_what_nobody_was_asked_for_is_no_attempt(parcel):
    ended(parcel, S.FAILED, asked_at=None, sent_at=None)
    ended(parcel, S.WITHDRAWN, asked_at=None, sent_at=None)
    found = figures(timezone.now() - DAY)
    assert (found.all, found.carriers, found.milestones) == (Tally(), {}, {})
    assert found.all.rate is None


def test_a_lost_answer_counts_but_not_its_time(parcel):
    ended(parcel, S.SENT, wait=40, is_uncertain=True)
    found = figures(timezone.now() - DAY)
    assert (found.all.attempts, found.all.wait) == (1, None)


def test_a_chance_is_told_once_enough_have_ended(parcel):
    ended(parcel, count=15)
    ended(parcel, S.FAILED, ENOUGH - 16)
    ended(parcel, S.WITHDRAWN, 30)
    ended(parcel, S.FAILED, 30, asked_at=None)
    assert chance(parcel.account_id, "ups", Aim.REDIRECT) is None
    ended(parcel, S.FAILED)
    assert chance(parcel.account_id, "ups", Aim.REDIRECT) == 75


def test_chances_are_those_of_the_account_the_carrier_and_the_aim(
    parcel, django_assert_num_queries
):
    ended(parcel, count=ENOUGH)
    ended(parcel, S.FAILED, 3 * ENOUGH, aim=Aim.RETURN)
    ended(parcel, count=ENOUGH, aim=Aim.RETURN)
    ended(parcel, count=2, aim=Aim.HOLD)
    with django_assert_num_queries(1):
        assert chances(parcel.account_id, "ups") == {Aim.REDIRECT: 100, Aim.RETURN: 25}
    assert chances(parcel.account_id, "usps") == {}
    assert chances(on_the_road(name="shanyue").account_id, "ups") == {}
