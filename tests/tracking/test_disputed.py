"""Whoever should have a delivered parcel says that it is not there, and is believed at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tracking.incidents import IncidentKind as Kind
from tracking.milestones import Milestone
from tracking.models import Account, Lanes, Parcel, ScanReport

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def account(db):
    return Account.objects.create(name="juniper", country="GB")


@pytest.fixture
def parcel(account):
    """Delivered yesterday, by what the carrier says."""
    parcel = Parcel.objects.announce(account, "RB123456785GB", "royal-mail")
    now = timezone.now()
    parcel.record(
        [
            ScanReport(now - 60 * HOUR, Milestone.ACCEPTED),
            ScanReport(now - 24 * HOUR, Milestone.DELIVERED, place="Leeds"),
        ]
    )
    return parcel


def troubles(parcel: Parcel) -> list[tuple[str, int]]:
    return list(parcel.incidents.open().values_list("kind", "level"))


def test_it_is_a_trouble_as_soon_as_it_is_said_and_over_as_soon_as_it_is_taken_back(parcel):
    now = timezone.now()
    parcel.dispute(now)
    assert troubles(parcel) == [(Kind.DELIVERED_NOT_RECEIVED, 1)]
    assert parcel.troubles == 1 and parcel.disputed_at == now
    parcel.undispute(now + HOUR)
    assert troubles(parcel) == [] and parcel.disputed_at is None
    assert parcel.incidents.get().cleared_at == now + HOUR


def test_said_twice_it_is_one_trouble(parcel):
    parcel.dispute(timezone.now())
    parcel.dispute(timezone.now() + HOUR)
    assert parcel.incidents.count() == 1


def test_the_clock_of_a_carrier_that_is_fast_makes_nobody_a_liar(account):
    parcel = Parcel.objects.announce(account, "RB999999999GB", "royal-mail")
    now = timezone.now()
    parcel.record([ScanReport(now + 5 * HOUR, Milestone.DELIVERED)])
    parcel.dispute(now)
    assert troubles(parcel) == [(Kind.DELIVERED_NOT_RECEIVED, 1)]


def test_a_disputed_parcel_that_turns_back_is_no_longer_missing_at_the_door(parcel):
    parcel.dispute(timezone.now())
    parcel.record([ScanReport(timezone.now() + HOUR, Milestone.RETURNING)])
    assert Kind.DELIVERED_NOT_RECEIVED not in dict(troubles(parcel))


def test_one_that_is_delivered_again_after_it_was_disputed_is_there(parcel):
    parcel.dispute(timezone.now())
    later = timezone.now() + HOUR
    parcel.record(
        [
            ScanReport(later, Milestone.RETURNING),
            ScanReport(later + 8 * HOUR, Milestone.DELIVERED),
        ]
    )
    assert troubles(parcel) == []
    parcel.dispute(later + 9 * HOUR)
    assert troubles(parcel) == [(Kind.DELIVERED_NOT_RECEIVED, 1)]


def test_how_long_a_carrier_takes_to_answer_is_known_by_lane_for_it_or_for_every_one(account):
    account.lanes.create(origin="LT", destination="GB", answer_days=7)
    account.lanes.create(origin="LT", destination="GB", carrier="evri", stalled_hours=48)
    account.lanes.create(origin="LT", destination="GB", carrier="dpd", answer_days=3)
    lanes = Lanes(account.lanes.all())
    asked = [lanes.answer_days("LT", "GB", carrier) for carrier in ("dpd", "evri", "yodel")]
    assert asked == [3, 7, 7]
    assert lanes.answer_days("DE", "GB", "dpd") is None
