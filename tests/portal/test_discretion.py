"""What a carrier's own words tell about the buyer stays hidden until a code was entered."""

import time
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from portal import access
from portal.order_page.discretion import Private, gives_away, hide_reports
from returns import addresses
from returns.models import CarrierContact, Case, Order
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.on_the_way import report, sent, sent_back, the_parcel, wrong
from tests.portal.test_return_form import words
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.models import ScanReport

SARAH = Order(
    name="Sarah Whitcombe",
    street="12 Harbour Lane",
    postcode="BS1 4QA",
    phone="+44 7700 900123",
    email="sarah@example.com",
    previous_email="S.Whit@example.org",
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
        (SARAH, "Sent to Sarah@Example.com"),
        (SARAH, "s.whit＠example.org"),
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
    hide_reports(Private.of(CHEN), [SimpleNamespace(parcel=parcel)])
    assert time.process_time() - begun < MOST_SECONDS
    assert all(scan.words for scan in scans)


def with_a_code(client: Client, order: Order) -> None:
    """As if it had just been entered."""
    session = client.session
    session[access.GRANTS] = {str(order.pk): int(timezone.now().timestamp())}
    session.save()


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
    with_a_code(sarah, order)
    page = sarah.get(addresses.order_page(order)).text
    assert "Handed to S. Whitcombe, 12 Harbour Lane" in page
    assert parcel.scans.filter(place="Harbour Lane").exists()


CONTACT = {"way": "phone", "asked": "Where is it?", "is_visible": True}


@pytest.fixture
def asked(store):
    """An order whose carrier answered what we asked."""
    order = sent(store, report())
    wrong(the_parcel(order), IncidentKind.DAMAGED)
    Case.objects.follow()

    def answer(text: str) -> Order:
        case = order.cases.get()
        case.contacts.create(answer=text, answered_at=timezone.now(), **CONTACT)
        return order

    return answer


@pytest.mark.django_db
@pytest.mark.parametrize(
    "answer",
    [
        "It lies at 12 Harbour Lane.",
        "Ms Whitcombe took it in.",
        "We rang 07700 900123.",
        "We wrote to Sarah@Example.com.",
    ],
)
def test_a_link_does_not_show_such_an_answer_of_the_carrier_and_a_code_does(asked, answer):
    order = asked(answer)
    client = CheckedClient()
    people.open_link(client, order)
    page = words(client.get(addresses.order_page(order)))
    assert answer not in page and "We have no answer yet" not in page
    assert "It answered. Its words may tell who or where you are" in page
    with_a_code(client, order)
    assert f"It answered: “{answer}”" in words(client.get(addresses.order_page(order)))
    assert CarrierContact.objects.get().answer == answer


@pytest.mark.django_db
def test_an_answer_that_tells_nobody_is_shown_to_everybody(asked):
    order = asked("It lies in Langley, and leaves tomorrow.")
    client = CheckedClient()
    people.open_link(client, order)
    page = words(client.get(addresses.order_page(order)))
    assert "It answered: “It lies in Langley, and leaves tomorrow.”" in page


@pytest.mark.django_db
def test_the_page_of_a_return_keeps_such_an_answer_as_well(store):
    rma = sent_back(store, report())
    wrong(rma.parcel_back.parcel, IncidentKind.DAMAGED)
    Case.objects.follow()
    rma.order.cases.get().contacts.create(answer="Ms Whitcombe has it.", **CONTACT)
    client = CheckedClient()
    people.open_link(client, rma.order)
    page = words(client.get(addresses.return_page(rma)))
    assert "Whitcombe" not in page and "It answered. Its words may tell who" in page
