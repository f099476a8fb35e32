"""What a carrier's own words tell about the buyer stays hidden until a code was entered."""

import time
from types import SimpleNamespace

import pytest
from django.utils import timezone

from portal import access
from portal.order_page.discretion import gives_away, keep_to_yourself
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
CHEN = Order(
    name="Sarah Chen",
    company="Ｎｏｒｄ ﾗﾝﾌﾟ",
    street="4 Mill Lane",
    postcode="LS1 1AA",
    phone="＋８６ １３８ ００１３ ８０００",
)
OFTEN = 9_000
MOST_SECONDS = 1.0


# One telephone number, as people and programs write it.
WRITTEN = [
    "１３８００１３８０００",
    "138·0013·8000",
    "138・0013・8000",
    "138,0013,8000",
    "138，0013，8000",
    "138_0013_8000",
    "138 0013\u20118000",
    "138\u20130013\u20148000",
    "138\u00a00013\u20098000",
    "138\u200b0013\u20608000",
    "(138)0013/8000",
    "138.0013.8000",
    "138:0013:8000",
    "138~0013~8000",
    "138 、 0013 、 8000",
    "+86-138-0013-8000",
    "١٣٨٠٠١٣٨٠٠٠",
]


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
        *((order, f"电话：{phone}，请联系") for order in (LI, CHEN) for phone in WRITTEN),
        (CHEN, "Signed: Ｓａｒａｈ Ｃｈｅｎ"),
        (CHEN, "ＣＨＥＮ"),
        (CHEN, "Depot ＬＳ１ １ＡＡ"),
        (CHEN, "Ｍｉｌｌ　Ｌａｎｅ"),
        (CHEN, "Mi\u200bll\u200b Lane"),
        (CHEN, "nord ﾗﾝﾌﾟ"),
        (Order(postcode="ＬＳ１ １ＡＡ"), "Depot LS1 1AA"),
        (SARAH, "０７７００‑９００‑１２３"),
        (SARAH, "900 123"),
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
        # Dates, times and numbers of parcels, of which a part may be like the end of a phone.
        (Order(phone="+44 7700 201240"), "2026-11-20, 12:40"),
        (Order(phone="+44 7700 201240"), "20 Nov 2026, 20:12:40"),
        (Order(phone="+44 7700 124015"), "Scanned 2026/11/20 12:40:15"),
        (Order(phone="+44 7700 900123"), "Route 900, 123 parcels"),
        (Order(phone="+44 7700 900123"), "Depot 900: 123 parcels"),
        (Order(phone="+44 7700 900123"), "RB900GB123"),
        (LI, "快件 SF1380014138001 已发出，2026年7月12日 13:00:13"),
        (LI, "YT8600138900138"),
        (CHEN, "Shipment LS 11 in cage 1A of 8000"),
    ],
)
def test_these_words_do_not(order, text):
    assert not gives_away(order, text)


def test_a_page_of_scans_is_looked_through_in_no_time():
    texts = [
        "Item has been sorted at the depot and goes on to the next one, 2026-11-20 12:40:15",
        "快件已到达【上海转运中心】，准备发往下一站，单号 1380014138999",
        "_" * 200 + "1 3 8 0 0 1 3 8 0 0 " * 10,
    ]
    scans = [SimpleNamespace(words=text, place="Leeds") for text in texts * (OFTEN // len(texts))]
    parcel = SimpleNamespace(
        scans=SimpleNamespace(all=lambda: scans), incidents=SimpleNamespace(all=list)
    )
    begun = time.process_time()
    keep_to_yourself(CHEN, [SimpleNamespace(parcel=parcel)])
    assert time.process_time() - begun < MOST_SECONDS
    assert all(scan.words for scan in scans)


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
