"""An order may arrive and something may be wrong with it all the same."""

from django.utils import timezone

from returns.models import Case, Notice, Promise, PromiseKind
from tests import people
from tracking.milestones import Milestone
from tracking.models import ScanReport


def told(parcel, milestone: str, incident: str = "") -> None:
    parcel.record([ScanReport(at=timezone.now(), milestone=milestone, incident=incident)])
    Case.objects.follow()


def on_its_way(store):
    order = people.place_order(store, delivered=False)
    order.promise_update(by=people.BUYER)
    return order, order.shipments.get().parcel


def test_who_gets_a_damaged_parcel_is_still_promised_a_word(store):
    order, parcel = on_its_way(store)
    told(parcel, Milestone.IN_TRANSIT, "damaged")
    told(parcel, Milestone.DELIVERED)
    assert Promise.objects.open().get(order=order).kind == PromiseKind.UPDATE
    whats = list(Notice.objects.values_list("news__what", flat=True))
    assert sorted(whats) == ["arrived", "trouble"], "and the damage is not told twice"


def test_what_was_wrong_on_the_way_is_over_with_the_delivery(store):
    order, parcel = on_its_way(store)
    told(parcel, Milestone.ATTEMPTED)
    told(parcel, Milestone.DELIVERED)
    assert not Promise.objects.open().filter(order=order).exists()
    assert not Case.objects.open().exists()
