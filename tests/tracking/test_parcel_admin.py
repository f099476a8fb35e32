"""Parcels on the desk: found by any spelling, told whole, and what can be done about them."""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.tracking.desk import (
    NUMBER,
    account,
    connect,
    follow,
    member,
    parcel,
    permit,
    refused,
    shown,
    trouble,
)
from tracking import queues
from tracking.admin.parcel_acts import ACTS
from tracking.carriers import CARRIERS, Carrier
from tracking.incidents import IncidentKind
from tracking.models import Following, Lane, Parcel, Push, Scan, ScanReport
from tracking.work import WorkState

pytestmark = pytest.mark.django_db

LIST = "/desk/tracking/parcel/"
OTHER = "RB000000005GB"
AT = datetime(2026, 11, 18, 7, 30, tzinfo=UTC)


@pytest.fixture
def agent():
    return member("agent", "view_parcel", "change_parcel", "view_push")


@pytest.fixture
def reader():
    return member("reader", "view_parcel")


def page(row: Parcel) -> str:
    return reverse("admin:tracking_parcel_change", args=[row.pk])


def url(row: Parcel, act: str) -> str:
    return reverse(f"admin:tracking_parcel_{act}", args=[row.pk])


def press(client: Client, row: Parcel, act: str, **values: str) -> str:
    return shown(client.post(url(row, act), values, follow=True))


def push(row: Parcel, outcome: str, days: float = 0, **values) -> Push:
    return Push.objects.create(
        account=row.account,
        provider="17track",
        delivery=f"d-{Push.objects.count()}",
        body=b"{}",
        outcome=outcome,
        received_at=timezone.now() - timedelta(days=days),
        **({"state": "done", "done_at": timezone.now()} | values),
    )


# --- the list ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "RB123456785GB",
        "rb 1234 5678 5gb",
        "RB-123456785-GB",
        "ＲＢ１２３４５６７８５ＧＢ",
        "345678",
    ],
)
def test_it_is_found_by_any_spelling_and_by_a_part(reader, typed):
    parcel("RB 123 456 785 GB")
    parcel(OTHER)
    found = reader.get(LIST, {"q": typed}).text
    assert "RB 123 456 785 GB" in found and OTHER not in found


def test_a_whole_number_finds_no_longer_ones_besides(reader):
    parcel("12345")
    parcel("123456789")
    found = reader.get(LIST, {"q": "123 45"}).text
    assert "12345<" in found and "123456789" not in found


def test_nothing_is_found_by_signs_alone_or_by_too_little(reader):
    parcel()
    for typed in ("--", "RB1", "%", "_"):
        assert NUMBER not in reader.get(LIST, {"q": typed}).text
    assert NUMBER in reader.get(LIST, {"q": " "}).text


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("milestone__exact=customs", {"milestone": "customs"}),
        ("is_inbound__exact=1", {"is_inbound": True}),
        ("wants_signature__exact=1", {"wants_signature": True}),
        ("by_appointment__exact=1", {"by_appointment": True}),
        ("carrier=ups", {"carrier": "ups"}),
        ("carrier=unknown", {"carrier": ""}),
        ("carrier=other", {"carrier": "Speedy Pigeons"}),
    ],
)
def test_the_list_is_narrowed(reader, query, values):
    parcel(NUMBER, **values)
    parcel(OTHER, "royal-mail")
    found = reader.get(f"{LIST}?{query}").text
    assert NUMBER in found and OTHER not in found


def test_it_is_narrowed_to_what_is_wrong_now(reader):
    trouble(parcel(NUMBER), "customs_hold")
    trouble(parcel(OTHER), "customs_hold", cleared_at=timezone.now())
    trouble(parcel("UPS-77"), "lost")
    for query, numbers in (
        ("wrong=customs", {NUMBER}),
        ("incident=customs_hold", {NUMBER}),
        ("wrong=any", {NUMBER, "UPS-77"}),
        ("wrong=nonsense", {NUMBER, OTHER, "UPS-77"}),
        ("incident=nonsense", {NUMBER, OTHER, "UPS-77"}),
    ):
        found = reader.get(f"{LIST}?{query}").text
        assert {n for n in (NUMBER, OTHER, "UPS-77") if n in found} == numbers, query
    assert "Held at customs" in reader.get(f"{LIST}?wrong=customs").text


def test_every_kind_of_incident_belongs_to_one_trouble():
    told = [kind for trouble in queues.TROUBLES.values() for kind in trouble.kinds]
    assert sorted(told) == sorted(IncidentKind)


def test_numbers_that_no_provider_follows_are_found(reader):
    first, second = connect("17track"), connect("kdniao")
    lone, shared = parcel(NUMBER), parcel(OTHER)
    refused(lone, first)
    refused(lone, second, "")
    refused(shared, first)
    follow(shared, second)
    refused(parcel("OVER-1", ended_at=timezone.now()), first)
    refused(parcel("OLD-1", announced_at=timezone.now() - timedelta(days=61)), first)
    found = reader.get(f"{LIST}?follow=refused").text
    assert {n for n in (NUMBER, OTHER, "OVER-1", "OLD-1") if n in found} == {NUMBER}
    assert queues.unfollowed_figures().count == 1


def test_the_list_costs_the_same_for_one_and_for_many(reader, django_assert_max_num_queries):
    trouble(parcel(), "lost")
    reader.get(LIST)
    with django_assert_max_num_queries(12) as few:
        reader.get(LIST)
    mine = connect()
    for number in range(20):
        row = parcel(f"A{number:06d}")
        follow(row, mine)
        trouble(row, "silent")
    with django_assert_max_num_queries(12) as many:
        reader.get(LIST)
    assert len(many) == len(few)


# --- the page ---------------------------------------------------------------------------------


def test_the_page_tells_all_that_is_known(agent):
    row = parcel(
        origin="LT",
        destination="GB",
        value="480",
        currency="EUR",
        weight=2100,
        carrier_weight=2350,
        wants_signature=True,
        by_appointment=True,
        last_mile="evri",
    )
    Lane.objects.create(
        account=row.account, origin="LT", destination="GB", signature_service="Signed For"
    )
    row.record(
        [ScanReport(at=AT, milestone="in_transit", place="Vilnius", country="LT", utc_offset=120,
                    code="InTransit_Departure", words="Išvyko", language="lt")],
        provider="17track",
    )  # fmt: skip
    Parcel.objects.filter(pk=row.pk).update(
        expected_from=date(2026, 11, 24),
        expected_to=date(2026, 11, 30),
        delays=[{"country": "LT", "name": "Feast", "name_zh": "节", "first": "2026-11-19",
                 "last": "2026-11-20", "days": 2}],
        ended_at=None,
    )  # fmt: skip
    row.incidents.all().delete()
    trouble(row, "wrong_way", level=2, detail={"place": "Leipzig", "country": "DE", "code": "X"})
    trouble(row, "silent", days=3, cleared_at=timezone.now())
    follow(row, connect(), asked_at=timezone.now() - timedelta(minutes=10))
    refused(row, connect("kdniao"), "needs_carrier", last_error="ShipperCode")
    push(row, f"{NUMBER}: 1 scan, 1 new")
    said = shown(agent.get(page(row)))
    for words in (
        "In transit since 18 November, 07:30",
        "expected 24 November to 30 November",
        "Went the wrong way (level 2).",
        "Leipzig, DE; code: X",
        "Signature at the door: book Signed For",
        "Delivery by appointment (what to book is not set in its lane)",
        "LT → GB",
        "Royal Mail",
        "Brings it to the door Evri",
        "480.00 EUR",
        "Weight, by the carrier 2,350 g",
        "2 days later: Feast (LT), 19 Nov to 20 Nov",
        "18 Nov 09:30 In transit, Vilnius (LT) 07:30 UTC Išvyko",
        "17TRACK InTransit_Departure In transit",
        "again from",
        "It wants to know the carrier",
        "ShipperCode",
        "No first scan",
        f"{NUMBER}: 1 scan, 1 new",
        "Other times are those of Europe/London.",
    ):
        assert words in said, words


def test_two_providers_are_one_story_and_two_raw_scans(agent):
    row = parcel()
    for provider, words in (("17track", ""), ("kdniao", "Taken over")):
        row.record([ScanReport(at=AT, milestone="accepted", words=words)], provider=provider)
    story, _, raw = agent.get(page(row)).text.partition("<details>")
    assert story.count("<li><time ") == 1 and "Taken over" in story
    assert "Each as it was told (2)" in raw
    assert raw.count("Accepted by the carrier") == 2


def test_of_very_many_scans_the_newest_are_shown_and_how_many_are_older(agent):
    row = parcel()
    Scan.objects.bulk_create(
        Scan.of(
            row,
            ScanReport(
                at=AT + timedelta(minutes=number),
                milestone="in_transit",
                place=f"Depot {number:04}",
                words="Arrived at the depot that sorts it. " * 3,
            ),
            "17track",
        )
        for number in range(2000)
    )
    agent.get(page(row))
    began = time.monotonic()
    with CaptureQueriesContext(connection) as queries:
        answer = agent.get(page(row))
    assert time.monotonic() - began < 3
    assert len(queries) <= 22
    assert len(answer.content) < 1_000_000
    assert "The newest 200 scans are shown; 1,800 are older." in shown(answer)
    assert answer.text.count("<li><time ") == 200
    for number, there in ((1999, True), (1800, True), (1799, False), (0, False)):
        assert (f"Depot {number:04}" in answer.text) is there


def test_two_hundred_scans_are_all_shown_without_a_word(agent):
    row = parcel()
    reports = [
        ScanReport(at=AT + timedelta(minutes=number), milestone="in_transit", place=f"{number}")
        for number in range(200)
    ]
    row.record(reports, provider="17track")
    answer = agent.get(page(row))
    assert answer.text.count("<li><time ") == 200
    assert "are shown" not in shown(answer)


def test_pushes_are_its_own_of_the_last_month_and_no_more_than_twenty(agent):
    row = parcel()
    for number in range(22):
        push(row, f"{NUMBER}: told {number:02d}")
    push(row, f"{NUMBER}: long ago", days=31)
    push(row, f"{OTHER}: another parcel")
    other = parcel("X-1")
    Push.objects.filter(outcome__contains="told 00").update(account=account("other"))
    said = agent.get(page(row)).text
    assert said.count(f"{NUMBER}: told") == 20
    assert "told 00" not in said and "long ago" not in said and "another parcel" not in said
    assert "None of the last 30 days." in agent.get(page(other)).text


def test_pushes_are_shown_to_those_who_may_see_pushes(agent, reader):
    row = parcel()
    push(row, f"{NUMBER}: told")
    assert "Pushes that named it" in agent.get(page(row)).text
    assert "Pushes that named it" not in reader.get(page(row)).text


def test_whose_it_is_can_be_looked_up_by_those_who_may(reader):
    row, back = parcel("A 1&b"), parcel(OTHER, is_inbound=True)
    assert "returns/order" not in reader.get(page(row)).text
    both = member("both", "view_parcel")
    for codename in ("view_order", "view_returnauthorization"):
        permit(both, "returns", codename)
    found = both.get(page(row)).text
    assert "/desk/returns/order/?q=A+1%26b" in found
    assert "returnauthorization/?q" not in found
    assert f"/desk/returns/returnauthorization/?q={OTHER}" in both.get(page(back)).text


def test_the_page_costs_the_same_for_little_and_for_much(agent, django_assert_max_num_queries):
    row = parcel(wants_signature=True)
    agent.get(page(row))
    with django_assert_max_num_queries(22) as few:
        agent.get(page(row))
    for provider in ("17track", "kuaidi100", "kdniao"):
        follow(row, connect(provider))
    for hours in range(30):
        at = AT + timedelta(hours=hours)
        row.record([ScanReport(at=at, milestone="in_transit")], provider="17track")
        push(row, f"{NUMBER}: {hours}")
    for kind in ("damaged", "address", "refused"):
        trouble(row, kind)
    with django_assert_max_num_queries(22) as many:
        agent.get(page(row))
    assert len(many) == len(few)


def test_nobody_edits_adds_or_deletes_a_parcel(agent):
    row = parcel()
    assert agent.post(page(row), {"number": "X"}).status_code == 403
    assert agent.get(f"{LIST}add/").status_code == 403
    assert agent.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Parcel.objects.get().number == NUMBER


# --- what can be done -------------------------------------------------------------------------


def test_ask_now_says_how_many_are_asked(agent):
    row = parcel()
    mine = follow(row, connect())
    new = follow(row, connect("kdniao"), registered_at=None)
    assert "2 providers are asked now." in press(agent, row, "ask_now")
    mine.refresh_from_db()
    new.refresh_from_db()
    assert (mine.state, mine.wish) == (WorkState.DUE, "query")
    assert (new.state, new.wish) == (WorkState.DUE, "register")


def test_ask_now_says_from_when_it_may_be_asked_again(agent):
    row = parcel()
    mine = follow(row, connect(), asked_at=timezone.now() - timedelta(minutes=10, seconds=-5))
    at = (mine.asked_at + timedelta(minutes=30)).astimezone(ZoneInfo("Europe/London"))
    said = press(agent, row, "ask_now")
    assert f"it may be asked again from {at:%H:%M} (GMT)" in said.replace("BST", "GMT")
    assert "in 20 minutes" in said
    mine.refresh_from_db()
    assert mine.state == WorkState.DONE


def test_ask_now_is_honest_when_nobody_can_be_asked(agent):
    row = parcel(next_check_at=None)
    assert "No provider is connected to this account." in press(agent, row, "ask_now")
    mine = connect()
    assert "One is looked for within the next minute." in press(agent, row, "ask_now")
    row.refresh_from_db()
    assert row.next_check_at
    refused(row, mine)
    assert "No provider follows it: see below" in press(agent, row, "ask_now")


def test_the_right_carrier_drops_what_the_wrong_one_told(agent):
    row = parcel()
    row.record([ScanReport(at=AT, milestone="delivered", place="Elsewhere")], provider="17track")
    mine = follow(row, connect())
    form = shown(agent.get(url(row, "wrong_carrier")))
    assert "What Royal Mail told is another parcel’s story" in form
    assert "goes with UPS" in press(agent, row, "wrong_carrier", carrier="ups")
    row.refresh_from_db()
    mine.refresh_from_db()
    assert (row.carrier, row.milestone, row.scans.count()) == ("ups", "announced", 0)
    assert (mine.wish, mine.state) == ("change", WorkState.DUE)


def test_a_carrier_that_was_added_in_one_line_is_offered_and_called_by_its_name(agent, monkeypatch):
    page_of = "https://pigeons.example/{number}"
    monkeypatch.setitem(CARRIERS, "pigeons", Carrier("pigeons", "Speedy Pigeons", page=page_of))
    row = parcel()
    assert "goes with Speedy Pigeons" in press(agent, row, "wrong_carrier", carrier="pigeons")
    assert f"https://pigeons.example/{NUMBER}" in agent.get(page(row)).text
    assert NUMBER in agent.get(f"{LIST}?carrier=pigeons").text
    assert "Speedy Pigeons" in member("lanes", "add_lane").get("/desk/tracking/lane/add/").text


@pytest.mark.parametrize("carrier", ["", "nobody", "royal-mail"])
def test_a_carrier_is_one_of_the_table_and_another_than_before(agent, carrier):
    row = parcel()
    said = press(agent, row, "wrong_carrier", carrier=carrier)
    assert "This field is required" in said or "Select a valid choice" in said
    assert Parcel.objects.get().carrier == "royal-mail"
    assert not LogEntry.objects.exists()


def test_a_number_that_is_known_at_that_carrier_is_refused_in_words(agent):
    row = parcel()
    parcel(NUMBER, "ups")
    said = press(agent, row, "wrong_carrier", carrier="ups")
    assert f"{NUMBER} at UPS is another parcel already." in said
    row.refresh_from_db()
    assert row.carrier == "royal-mail"


def test_the_carrier_of_one_that_comes_to_us_is_corrected_at_its_return(agent):
    row = parcel(is_inbound=True)
    text = agent.get(page(row)).text
    assert url(row, "wrong_carrier") not in text
    assert "is corrected at its return" in text
    assert "corrected at its return" in press(agent, row, "wrong_carrier", carrier="ups")
    assert Parcel.objects.get().carrier == "royal-mail"


def test_its_pushes_are_processed_again(agent):
    row = parcel()
    mine, other = push(row, f"{NUMBER}: told"), push(row, "RX1: told")
    assert "1 push will be processed again." in press(agent, row, "pushes_again")
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.state, other.state) == (WorkState.DUE, WorkState.DONE)
    empty = parcel("X-1")
    assert "No push that is kept names it." in press(agent, empty, "pushes_again")


def test_what_was_refused_is_forgotten_and_asked_again(agent):
    row = parcel(next_check_at=None)
    mine = refused(row, connect(), "needs_carrier", last_error="No carrier", attempts=20)
    well = follow(row, connect("kdniao"))
    assert "1 provider is asked once more." in press(agent, row, "retry_refused")
    mine.refresh_from_db()
    well.refresh_from_db()
    row.refresh_from_db()
    assert (mine.state, mine.wish, mine.refusal, mine.attempts) == ("due", "register", "", 0)
    assert mine.last_error == ""
    assert well.state == WorkState.DONE
    assert row.next_check_at, "nobody looked at it any more"
    assert "no longer possible" in press(agent, row, "retry_refused")


def test_a_phone_is_asked_for_only_where_one_is_wanted(agent):
    row = parcel()
    mine = refused(row, connect())
    assert url(row, "phone_tail") not in agent.get(page(row)).text
    assert "no longer possible" in press(agent, row, "phone_tail", tail="0123")
    Following.objects.filter(pk=mine.pk).update(refusal="needs_phone")
    assert url(row, "phone_tail") in agent.get(page(row)).text
    assert "Saved. 1 provider is asked once more." in press(agent, row, "phone_tail", tail="０1 23")
    row.refresh_from_db()
    mine.refresh_from_db()
    assert (row.phone_tail, mine.state, mine.refusal) == ("0123", WorkState.DUE, "")
    assert "0123" not in LogEntry.objects.get().get_change_message()
    assert "0123" not in agent.get(page(row)).text


@pytest.mark.parametrize("tail", ["", "123", "12345", "12a4", "١٢٣٤", "+123"])
def test_a_phone_is_four_digits(agent, tail):
    row = parcel()
    refused(row, connect(), "needs_phone")
    said = press(agent, row, "phone_tail", tail=tail)
    assert "Exactly four digits." in said or "This field is required." in said
    assert Parcel.objects.get().phone_tail == ""


def ready() -> Parcel:
    """One about which everything can be done."""
    row = parcel()
    refused(row, connect(), "needs_phone")
    push(row, f"{NUMBER}: told")
    return row


GOOD = {"tail": "0123", "carrier": "ups"}


@pytest.mark.parametrize("act", ACTS)
def test_each_act_is_logged_with_who_did_it(agent, act):
    row = ready()
    press(agent, row, act, **GOOD)
    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.object_id) == ("agent", str(row.pk))
    assert entry.get_change_message() == f"{ACTS[act].done}."


@pytest.mark.parametrize("act", ACTS)
def test_who_may_only_look_can_do_nothing(reader, act):
    row = ready()
    assert url(row, act) not in reader.get(page(row)).text
    for response in (reader.post(url(row, act), GOOD), reader.get(url(row, act))):
        assert response.status_code == (405 if response.request["REQUEST_METHOD"] == "GET"
                                        and ACTS[act].one_press else 404)  # fmt: skip
    _untouched(row)


@pytest.mark.parametrize("act", ACTS)
def test_strangers_and_forged_forms_do_nothing(agent, act):
    row = ready()
    assert Client().post(url(row, act), GOOD).status_code == 302
    stranger = member("stranger", "view_connection", "change_connection")
    assert stranger.post(url(row, act), GOOD).status_code == 404
    assert stranger.get(page(row)).status_code == 403
    forged = Client(enforce_csrf_checks=True)
    forged.cookies = agent.cookies
    assert forged.post(url(row, act), GOOD).status_code == 403
    assert agent.post(url(row, act).replace(str(row.pk), "999999"), GOOD).status_code == 404
    _untouched(row)


@pytest.mark.parametrize("act", ACTS)
def test_opening_an_address_does_nothing(agent, act):
    row = ready()
    assert agent.get(url(row, act)).status_code == (405 if ACTS[act].one_press else 200)
    _untouched(row)


def _untouched(row: Parcel) -> None:
    assert not LogEntry.objects.exists()
    assert Following.objects.get().state == WorkState.DEAD
    assert Push.objects.get().state == WorkState.DONE
    row.refresh_from_db()
    assert (row.carrier, row.phone_tail) == ("royal-mail", "")
