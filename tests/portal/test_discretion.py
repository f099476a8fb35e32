"""What a carrier's own words tell about the buyer stays hidden until a code was entered."""

import pytest
from django.utils import timezone

from portal import access
from portal.order_page.discretion import gives_away
from returns import addresses
from returns.models import Order
from tracking.milestones import Milestone
from tracking.models import ScanReport

SARAH = Order(
    name="Sarah Whitcombe",
    street="12 Harbour Lane",
    postcode="BS1 4QA",
    phone="+44 7700 900123",
    city="Bristol",
)
LI = Order(name="李明", street="人民路18号", postcode="200001", phone="138 0013 8000")


@pytest.mark.parametrize(
    ("order", "text"),
    [
        (SARAH, "Left at 12 HARBOUR LANE, behind the gate"),
        (SARAH, "harbour lane"),
        (SARAH, "Signed: WHITCOMBE"),
        (SARAH, "Sarah-Whitcombe"),
        (SARAH, "Depot BS14QA"),
        (SARAH, "Depot bs1 4qa"),
        (SARAH, "Called 07700 900 123"),
        (SARAH, "tel:+447700900123"),
        (LI, "已签收，签收人：李明"),
        (LI, "派送至人民路18号"),
        (LI, "请联系13800138000"),
    ],
)
def test_these_words_give_the_buyer_away(order, text):
    assert gives_away(order, text)


@pytest.mark.parametrize(
    ("order", "text"),
    [
        (SARAH, ""),
        (SARAH, "Bristol"),
        (SARAH, "Left in the lane at 12:40"),
        (SARAH, "RB000000123GB"),
        (SARAH, "Item sorted, depot 900"),
        (LI, "快件已到达上海"),
        (LI, "李宁仓库"),
        (Order(), "Delivered to the neighbour"),
    ],
)
def test_these_words_do_not(order, text):
    assert not gives_away(order, text)


@pytest.mark.django_db
def test_a_link_does_not_show_them_and_a_code_does(sarah, order):
    parcel = order.shipments.get().parcel
    parcel.record(
        [
            ScanReport(
                at=timezone.now(),
                milestone=Milestone.DELIVERED,
                place="Harbour Lane",
                words="Handed to S. Whitcombe, 12 Harbour Lane",
            ),
            ScanReport(
                at=timezone.now(), milestone=Milestone.IN_TRANSIT, place="Leeds", words="Sorted"
            ),
        ]
    )
    page = sarah.get(addresses.order_page(order)).text
    assert "Harbour Lane" not in page and "Whitcombe" not in page
    assert "Leeds" in page and "Sorted" in page
    session = sarah.session
    session[access.GRANTS] = {str(order.pk): int(timezone.now().timestamp())}
    session.save()
    page = sarah.get(addresses.order_page(order)).text
    assert "Handed to S. Whitcombe, 12 Harbour Lane" in page
    assert parcel.scans.filter(place="Harbour Lane").exists()
