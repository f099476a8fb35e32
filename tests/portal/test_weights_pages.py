"""Weights on the pages: the buyer's, the return's, the order's and the case's, in plain words; and
the warehouse that weighs once more."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from returns import addresses
from returns.models import Case, ReturnAuthorization, Weighing
from returns.states import Status
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.desk_work import LIST, at_desk, page, read, send, url
from tests.portal.test_desk_board import tiles
from tests.portal.test_return_form import words
from tests.returns.returning import opened, posted, returned
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport, Told
from tracking.providers import News

pytestmark = pytest.mark.django_db
HEAVY = (("Cast iron pan", "80.00", 1, {"weight_grams": 2000}),)


@pytest.fixture
def rma(store) -> ReturnAuthorization:
    """Its carrier weighed 2.6 kg, and we 1.5 kg."""
    rma = returned(people.place_order(store, lines=HEAVY))
    parcel = posted(rma)
    report = ScanReport(timezone.now(), Milestone.DELIVERED)
    news = News(parcel.number, reports=(report,), weight=2600)
    Parcel.objects.record_all([Told(parcel, news)])
    opened(rma, grams=1500)
    Parcel.objects.watch()
    Case.objects.follow()
    return read(rma)


@pytest.fixture
def jonas(db) -> CheckedClient:
    return at_desk("jonas", "receive_return", "view_signaturequestion")


def test_the_buyer_reads_them_as_facts(rma, client):
    people.open_link(client, rma.order)
    text = words(client.get(addresses.return_page(rma)))
    weighed = text.split("What the parcel weighed")[1]
    assert "The goods alone, by our records 2 kg" in weighed
    assert "On the carrier’s scales 2.6 kg On our scales 1.5 kg" in weighed
    assert "decides nothing by itself" in weighed and "We weigh it once more." in weighed


def test_the_desk_reads_them_on_the_return_the_order_and_the_case(rma):
    ieva = at_desk("ieva", "view_case")
    case = Case.objects.get(kind="weight_mismatch")
    for address in (
        page(rma),
        reverse("admin:returns_order_change", args=[rma.order_id]),
        reverse("admin:returns_case_change", args=[case.pk]),
    ):
        text = words(ieva.get(address))
        assert "On the carrier’s scales 2.6 kg On our scales 1.5 kg" in text, address


def test_of_a_parcel_to_the_buyer_the_order_tells_them_too(store):
    order = people.place_order(store, lines=HEAVY, delivered=False, days_ago=2)
    Parcel.objects.update(carrier_weight=1200)
    text = words(at_desk("ieva").get(reverse("admin:returns_order_change", args=[order.pk])))
    assert "The goods alone, by our records 2 kg On the carrier’s scales 1.2 kg" in text


def test_from_the_board_to_the_weight_in_two_clicks(rma, jonas):
    count, _words, address = tiles(jonas)["To weigh once more"]
    assert count == 1 and address == f"{reverse(LIST)}?work=weigh"
    assert rma.number in jonas.get(address).text
    weighing = Weighing.objects.get()
    assert url(rma, "weigh_again", weighing) in jonas.get(page(rma)).text
    shown = jonas.get(url(rma, "weigh_again", weighing)).text
    assert "Nobody is blamed for it" in shown
    empty = jonas.post(url(rma, "weigh_again", weighing), {"grams": "", "note": ""})
    assert "or below why it cannot be weighed" in empty.text
    done = send(jonas, rma, "weigh_again", weighing, grams=2590)
    assert "noted" in done.text and read(rma).status == Status.RECEIVED
    assert tiles(jonas)["To weigh once more"][0] == 0
    assert LogEntry.objects.filter(change_message="Weigh it again.").exists()


def test_the_desk_has_it_weighed_again(store, jonas):
    rma = returned(people.place_order(store, lines=HEAVY))
    opened(rma, grams=2100)
    ieva = at_desk("ieva", "decide_return")
    assert "Have it weighed again" in ieva.get(page(rma)).text
    send(ieva, rma, "ask_weighing")
    assert Weighing.objects.get().asked_user.username == "ieva"
    assert "Have it weighed again" not in ieva.get(page(rma)).text
    again = ieva.post(url(rma, "ask_weighing"), follow=True)
    assert "no longer possible" in again.text and Weighing.objects.count() == 1


def test_who_does_not_open_parcels_does_not_weigh(rma):
    weighing = Weighing.objects.get()
    ieva = at_desk("ieva", "decide_return")
    assert ieva.post(url(rma, "weigh_again", weighing), {"grams": 1}).status_code == 404
    assert Weighing.objects.open().exists()
