"""What is wrong with a parcel, as the buyer meets it on the order's page and on the return's."""

import html
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from portal.order_page.actions import actions
from portal.order_page.deliveries import deliveries, delivery_back
from portal.order_page.now import Now, promised, tell
from portal.order_page.timeline import timeline
from portal.order_page.words import NOTHING_TO_DO, TROUBLE_SCENES
from portal.return_page.tell import head, way_back
from returns import addresses, empathy, formats
from returns.models import CLOCK, Order, Promise, PromiseKind, ReturnAuthorization
from returns.standing import INCIDENTS_TO_US, STATED_BACK_TO_US
from returns.troubles import (
    ASIDE,
    CAME_BACK,
    DETAILS,
    SAID_BY_THE_HEADING,
    SENTENCES,
    Troubles,
)
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.on_the_way import (
    ago,
    kinds,
    report,
    sent,
    sent_back,
    the_parcel,
    wrong,
)
from tracking.incidents import GRAVITY, IncidentKind
from tracking.milestones import Milestone
from tracking.models import Following, Incident, Parcel
from tracking.texts import INCIDENTS, MILESTONES, STATED

pytestmark = pytest.mark.django_db

HEAVIEST = 60 * 1024
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh-hans"])
# Told while the parcel is on the road, as a heading.
LEADING = [kind for kind in GRAVITY if kind not in ASIDE]
# These tell their day in the sentence itself.
WITH_ITS_DAY = {
    IncidentKind.STALLED: "It was last scanned on ",
    IncidentKind.LOST: "Nobody has scanned it since ",
    IncidentKind.DAMAGED: "The carrier found it damaged on ",
    IncidentKind.SILENT: "By our records it left us on ",
}


@pytest.fixture(autouse=True)
def _in_london():
    with translation.override("en"), timezone.override("Europe/London"):
        yield


def load(order: Order) -> Order:
    return Order.objects.with_story().get(pk=order.pk)


def told(order: Order) -> Now:
    return tell(load(order), timezone.now())


def follow(order: Order) -> CheckedClient:
    client = CheckedClient()
    people.open_link(client, order)
    return client


def markup(order: Order, address: str = "", **query) -> str:
    response = follow(order).get(address or addresses.order_page(order), query)
    assert response.status_code == 200
    assert len(response.content) < HEAVIEST
    return response.content.decode()


def read(order: Order, address: str = "", **query) -> str:
    """The page as it is read, without tags."""
    plain = re.sub(r"<[^>]+>", " ", markup(order, address, **query))
    return " ".join(html.unescape(plain).split())


def another(store) -> Order:
    return people.place_order(store, "JP-2", shipped=False)


def on_the_road(store, **values) -> Order:
    return sent(store, report(Milestone.IN_TRANSIT), **values)


# --- The gravest tells it -----------------------------------------------------------------------


def test_every_kind_has_its_place_in_gravity_its_details_and_a_drawing():
    assert sorted(GRAVITY) == sorted(IncidentKind)
    assert set(DETAILS) == set(IncidentKind)
    assert set(TROUBLE_SCENES) == {*IncidentKind, CAME_BACK}


@pytest.mark.parametrize("kind", LEADING)
def test_what_is_wrong_gives_the_heading_and_is_told_in_four_parts(store, kind):
    order = on_the_road(store)
    wrong(the_parcel(order), kind)
    letter = told(order)
    text = INCIDENTS[kind]
    if kind == IncidentKind.ATTEMPT_FAILED:
        assert letter.title.startswith("The carrier tried to deliver on ")
    else:
        assert letter.title == str(text.title)
    assert letter.next[0] == str(empathy.TO_YOU[kind])
    assert letter.next[1].startswith(WITH_ITS_DAY.get(kind, str(text.sentence)))
    assert str(text.next_step) in letter.next[2:]
    assert len(letter.title) <= 66


def test_of_several_the_gravest_gives_the_heading_and_each_other_one_line(store):
    order = on_the_road(store)
    parcel = the_parcel(order)
    for kind in (IncidentKind.STALLED, IncidentKind.DAMAGED, IncidentKind.WRONG_WAY):
        wrong(parcel, kind)
    letter = told(order)
    assert letter.title == str(INCIDENTS[IncidentKind.DAMAGED].title)
    assert letter.next[2] == str(INCIDENTS[IncidentKind.WRONG_WAY].sentence)
    day = formats.day(parcel.incidents.get(kind="stalled").since)
    assert letter.next[3] == f"It was last scanned on {day}. Nothing has come since."


def test_what_is_over_is_told_no_more(store):
    order = on_the_road(store)
    incident = wrong(the_parcel(order), IncidentKind.LOST)
    incident.cleared_at = timezone.now()
    incident.save()
    assert told(order).title == "Your parcel is on its way, last seen in Kaunas."


def test_another_weight_takes_nothing_from_where_the_parcel_is(store):
    order = sent(store, report(Milestone.DELIVERED, at=ago(days=1)), left=ago(days=3))
    facts = {"weight": 400, "carrier_weight": 250, "grams": -150}
    wrong(the_parcel(order), IncidentKind.WEIGHT_MISMATCH, **facts)
    letter = told(order)
    assert letter.title.startswith("Your parcel was delivered on ")
    assert "It weighed 250 g there, and 400 g by our reckoning." in letter.next[-1]
    assert "take photos and write to us" in letter.next[-1]


# --- Silence ------------------------------------------------------------------------------------


def test_the_first_day_without_a_scan_is_said_to_be_normal(store):
    letter = told(sent(store, left=ago(hours=5)))
    assert letter.title.startswith("We sent your parcel on ")
    assert "On the first day there is often no scan yet; that is normal." in letter.next
    after = told(
        sent(
            store,
            left=ago(hours=25),
            number="RB2",
            order=another(store),
        )
    )
    assert not any("that is normal" in words for words in after.next)


def test_a_silent_parcel_is_told_once_and_by_the_incident_alone(store):
    order = sent(store, left=ago(days=10))
    assert kinds(the_parcel(order)) == {IncidentKind.SILENT}
    letter = told(order)
    assert letter.title == "The carrier has not scanned your parcel yet."
    left = formats.day(the_parcel(order).handed_over_at)
    assert letter.next[1] == f"By our records it left us on {left}."
    everything = " ".join(letter.next)
    assert "should have been scanned" not in everything
    assert "two days" not in everything and "write to us" not in everything
    assert [step.state for step in letter.steps][:2] == ["now", "ahead"]
    assert texts_of(order)[-1] == "It left us, with its number."


def texts_of(order: Order, title: str = "Your parcel") -> list[str]:
    legs = timeline(load(order), timezone.now()).legs
    return [entry.text for leg in legs if leg.title == title for entry in leg.events]


def promise(order: Order, kind: str = PromiseKind.UPDATE, **span: float) -> None:
    due_at = timezone.now() + timedelta(**span)
    Promise.objects.make(order, kind, due_at, by=CLOCK)


def test_while_something_is_wrong_the_promise_is_to_look_again(store):
    order = sent(store, left=ago(days=10))
    order.promises.all().delete()
    promise(order, days=2)
    words = promised(load(order), timezone.now()).text
    assert (
        words
        == "We will look at it again and write to you by {when} – even if nothing has changed."
    )
    the_parcel(order).incidents.all().delete()
    words = promised(load(order), timezone.now()).text
    assert words.startswith("We will write to you again by {when}")


def test_who_may_decide_is_told_that_there_is_time_and_how_with_the_one_filled_button(store):
    order = sent(store, report(Milestone.IN_TRANSIT, at=ago(days=33)), left=ago(days=35))
    order.promises.all().delete()
    promise(order, days=2)
    text = read(order)
    assert "Where things stand" in text and "What happens next" not in text
    assert "Tell us when you like. If we have not heard from you by " in text
    page = markup(order)
    assert page.count('class="btn"') == 1
    assert '<a class="btn" href="' in page and ">Tell us: money or a new parcel</a>" in page


def test_while_another_parcel_is_on_its_way_we_write_come_what_may(store):
    order = sent(store, report(Milestone.IN_TRANSIT, at=ago(days=33)), left=ago(days=35))
    sent(store, report(Milestone.IN_TRANSIT), number="RB2", order=order)
    order.promises.all().delete()
    promise(order, days=2)
    assert "We will look at it again" in promised(load(order), timezone.now()).text


def test_where_all_is_well_the_page_says_what_happens_next(store):
    text = read(sent(store, report(Milestone.IN_TRANSIT)))
    assert "What happens next" in text and "Where things stand" not in text


def test_of_a_return_as_well(store):
    rma = sent_back(store, posted=ago(days=10))
    assert "We will look at it again and write to you by " in read_return(rma)
    rma.parcel_back.parcel.incidents.all().delete()
    assert "We will look at it again" not in read_return(rma)


@pytest.mark.parametrize("kind", [PromiseKind.REFUND, PromiseKind.DISPATCH])
def test_another_promise_keeps_its_own_words(store, kind):
    order = sent(store, left=ago(days=10))
    order.promises.all().delete()
    promise(order, kind, hours=5)
    assert "look at it again" not in promised(load(order), timezone.now()).text


def test_a_label_that_nobody_watches_is_not_asked_about_where_we_promised_to_write(store):
    order = sent(store, report(Milestone.ANNOUNCED, at=ago(days=4)), left=ago(days=4))
    the_parcel(order).incidents.all().delete()
    Parcel.objects.update(handed_over_at=None)
    order.promises.all().delete()
    assert "If nothing has changed in two days, write to us." in told(order).next[0]
    promise(order, days=2)
    words = " ".join(told(order).next)
    assert "two days" not in words and "You do not need to do anything." in words
    assert [step.state for step in told(order).steps][:2] == ["done", "now"]


def test_a_label_that_waits_for_the_carrier_is_packed_in_heading_journey_and_story(store):
    order = sent(store, report(Milestone.ANNOUNCED, at=ago(hours=5)), left=ago(hours=6))
    letter = told(order)
    assert letter.title == "Your parcel is packed and waiting for the carrier."
    assert now_at(letter) == ["Packed"]
    assert texts_of(order)[-1] == "We packed it, and it got its number."


def test_a_label_that_was_announced_days_ago_is_no_contradiction_while_it_is_watched(store):
    """Carrying time leaves holidays out; until the watch says that it is silent, it is not."""
    order = sent(store, report(Milestone.ANNOUNCED, at=ago(days=4)), left=ago(days=4))
    the_parcel(order).incidents.all().delete()
    assert told(order).title == "Your parcel is packed and waiting for the carrier."


def test_a_parcel_without_news_is_told_with_its_last_scan(store):
    at = ago(days=9)
    order = sent(store, report(Milestone.IN_TRANSIT, at=at), left=ago(days=10))
    assert kinds(the_parcel(order)) == {IncidentKind.STALLED}
    letter = told(order)
    assert letter.title == "There has been no news of your parcel for a while."
    day = formats.day(at)
    told_so = f"It was last scanned on {day}, in Kaunas. Nothing has come since."
    assert letter.next[1] == told_so
    assert any("as a train does not report" in words for words in letter.next)


def test_on_the_van_there_is_no_train(store):
    order = sent(store, report(Milestone.OUT_FOR_DELIVERY, at=ago(days=9)), left=ago(days=10))
    assert kinds(the_parcel(order)) == {IncidentKind.STALLED}
    letter = told(order)
    assert letter.title == "Your parcel went out for delivery, and we have heard nothing since."
    assert not any("train" in words for words in letter.next)
    assert any("look with neighbours" in words for words in letter.next)


def test_the_usual_quiet_on_the_road_keeps_its_train(store):
    assert any("as a train does not report" in words for words in told(on_the_road(store)).next)


# --- No contradiction between the heading and the journey ---------------------------------------


def now_at(letter: Now) -> list[str]:
    return [step.label for step in letter.steps if step.state == "now"]


def test_a_lost_parcel_has_no_journey_and_nothing_ahead(store):
    order = sent(store, report(Milestone.IN_TRANSIT, at=ago(days=33)), left=ago(days=35))
    assert kinds(the_parcel(order)) == {IncidentKind.LOST}
    letter = told(order)
    assert letter.title == "We have to treat your parcel as lost."
    assert letter.steps == ()
    leg = timeline(load(order), timezone.now()).legs[0]
    assert all(entry.state != "ahead" for entry in leg.events)


@pytest.mark.parametrize("country", ["GB", "DE"])
def test_what_customs_holds_stands_at_customs_whatever_the_last_scan(store, country):
    order = on_the_road(store, country=country)
    wrong(the_parcel(order), IncidentKind.CUSTOMS_HOLD)
    assert now_at(told(order)) == ["Customs"]


def test_on_the_van_today_it_is_no_longer_told_as_late(store):
    reports = [
        report(Milestone.ACCEPTED, at=ago(days=30)),
        report(Milestone.OUT_FOR_DELIVERY, at=timezone.now()),
    ]
    order = sent(store, *reports, left=ago(days=30))
    assert IncidentKind.OVERDUE in kinds(the_parcel(order))
    letter = told(order)
    assert letter.title == "Your parcel is out for delivery."
    assert not any("We had expected it" in words for words in letter.next)


def test_what_was_refused_and_turned_is_told_as_coming_back_with_the_reason_below(store):
    reports = [
        report(Milestone.ATTEMPTED, "Bristol", at=ago(hours=9), incident="refused"),
        report(Milestone.RETURNING, "Bristol", at=ago(hours=3)),
    ]
    order = sent(store, *reports, left=ago(days=3))
    assert kinds(the_parcel(order)) == {IncidentKind.REFUSED}
    letter = told(order)
    assert letter.title == "Your parcel is on its way back to us."
    day = formats.day(the_parcel(order).incidents.get().since)
    last = formats.day(reports[-1].at)
    assert letter.next == (
        str(empathy.TURNED[Milestone.RETURNING]),
        "The carrier reports that it was not taken in at the door. "
        f"The report is from {day}, in Bristol. The carrier is bringing it back to us. "
        f"The last scan was on {last}, in Bristol.",
        str(MILESTONES[Milestone.RETURNING].next_step),
    )
    assert letter.steps == () and letter.scene == "return"
    shipment = order.shipments.get().pk
    assert letter.writes[0] == addresses.order_page(order, "recall", shipment=shipment)


def test_what_turned_and_is_not_seen_any_more_is_lost(store):
    order = sent(store, report(Milestone.RETURNING, "Bristol", at=ago(hours=3)))
    for kind in (IncidentKind.DAMAGED, IncidentKind.STALLED):
        wrong(the_parcel(order), kind)
    assert told(order).title == "Your parcel is on its way back to us."
    wrong(the_parcel(order), IncidentKind.LOST)
    assert told(order).title == "We have to treat your parcel as lost."


def test_an_unclear_signature_is_the_news_for_two_weeks(store):
    signed = report(Milestone.DELIVERED, "Bristol", at=ago(days=1), signed="other")
    order = sent(store, signed, left=ago(days=5))
    letter = told(order)
    assert letter.title == "Your parcel was delivered to somebody else."
    day = formats.day(signed.at)
    assert letter.next[0] == str(empathy.TAKEN_IN_BY_ANOTHER)
    assert letter.next[1] == f"The carrier reports that somebody else took it in on {day}."
    assert letter.next[2].startswith("Please ask at home and next door first.")
    assert {step.state for step in letter.steps} == {"done"}
    later = tell(load(order), timezone.now() + timedelta(days=14))
    assert later.title.startswith("Your parcel was delivered on ")


# --- What the buyer can do ----------------------------------------------------------------------


def test_customs_papers_lead_to_the_page_of_papers(store):
    wants = report(
        Milestone.CUSTOMS, "Langley", at=ago(hours=9), incident="customs_documents", country="GB"
    )
    order = sent(store, wants, left=ago(days=3))
    page = markup(order)
    link = f'<a class="btn" href="{addresses.order_page(order, "papers")}">'
    assert "<h1>Customs needs papers for your parcel.</h1>" in page
    assert link in page
    assert link not in markup(on_the_road(store, number="RB2", order=another(store)))


def test_what_waits_at_a_counter_names_the_place_once(store):
    waits = report(Milestone.READY_FOR_PICKUP, "5 Broad Street", at=ago(days=5))
    order = sent(store, waits, left=ago(days=8))
    assert kinds(the_parcel(order)) == {IncidentKind.WAITING_AT_PICKUP}
    letter = told(order)
    assert " ".join(letter.next).count("5 Broad Street") == 1
    assert now_at(letter) == ["Pick-up"]


@pytest.mark.parametrize(
    ("destination", "carrier", "offered"),
    [("CN", "yto", True), ("CN", "royal-mail", False), ("GB", "yto", False)],
)
def test_a_hotline_is_offered_where_it_can_be_called(store, destination, carrier, offered):
    tried = report(Milestone.ATTEMPTED, at=ago(hours=4))
    order = sent(
        store, tried, carrier=carrier, left=ago(days=2), dispatch={"destination": destination}
    )
    page = markup(order)
    assert ('href="tel:95554"' in page) == offered
    assert "tel:" not in markup(
        on_the_road(
            store,
            order=another(store),
            number="RB2",
            carrier=carrier,
        )
    )


def test_several_attempts_are_counted(store):
    tries = [
        report(Milestone.ATTEMPTED, at=ago(days=days, hours=3), code=f"try {days}")
        for days in (0, 1, 2)
    ]
    letter = told(sent(store, *tries, left=ago(days=4)))
    assert "It has been there 3 times." in letter.next[1]


# --- Several parcels ----------------------------------------------------------------------------


def test_each_of_several_parcels_says_what_is_wrong_with_it(store):
    order = on_the_road(store)
    sent(store, left=ago(days=10), number="RB2", order=order)
    letter = told(order)
    silent = INCIDENTS[IncidentKind.SILENT]
    second = next(row for row in letter.parcels if row.line.startswith(str(silent.sentence)))
    words = empathy.TO_YOU[IncidentKind.SILENT]
    assert any(text.startswith(f"{second.title}: {words} By our records") for text in letter.next)
    assert str(silent.next_step) in letter.next
    assert str(NOTHING_TO_DO) not in letter.next


# --- The parcel back ----------------------------------------------------------------------------


def read_return(rma: ReturnAuthorization, **query) -> str:
    return read(rma.order, addresses.return_page(rma), **query)


def test_a_silent_return_asks_to_correct_the_number_with_the_one_filled_button(store):
    rma = sent_back(store, posted=ago(days=10))
    page = markup(rma.order, addresses.return_page(rma))
    text = INCIDENTS_TO_US[IncidentKind.SILENT]
    assert f"<h1>{text.title}</h1>" in page
    assert str(text.next_step) in html.unescape(page)
    number = addresses.return_page(rma, "return_number")
    assert f'<a class="btn" href="{number}">Correct the number</a>' in page
    assert page.count('class="btn"') == 1


def test_a_return_on_its_first_day_is_told_as_normal(store):
    words = read_return(sent_back(store, posted=ago(hours=5)))
    assert "We have the number of your parcel and follow it." in words
    assert "that is normal" in words


def test_signed_for_but_not_received_does_not_stand_with_us(store):
    rma = sent_back(store, report(Milestone.DELIVERED, "Vilnius", at=ago(days=9)))
    assert kinds(rma.parcel_back.parcel) >= {IncidentKind.DELIVERED_NOT_RECEIVED}
    words = read_return(rma)
    assert "It was signed for at our door, but we do not have it yet." in words
    assert "the loss is ours, not yours" in words
    mine = load_return(rma)
    delivery = delivery_of(mine)
    steps = {step.label: step.state for step in way_back(mine, delivery)}
    assert steps["With us"] == "ahead"
    unclear = str(INCIDENTS_TO_US[IncidentKind.UNCLEAR_SIGNATURE].sentence)
    assert unclear not in words, "that is said already"


def load_return(rma: ReturnAuthorization) -> ReturnAuthorization:
    return next(row for row in load(rma.order).returns.all() if row.pk == rma.pk)


def delivery_of(rma: ReturnAuthorization):
    return delivery_back(rma, timezone.now())


def test_a_return_that_was_opened_is_past_all_that(store):
    rma = sent_back(store, report(Milestone.DELIVERED, "Vilnius", at=ago(days=9)))
    ReturnAuthorization.objects.filter(pk=rma.pk).update(status="received")
    assert "signed for" not in read_return(rma)


def test_the_carrier_bringing_it_back_stays_the_news_of_a_return(store):
    rma = sent_back(
        store,
        report(Milestone.ATTEMPTED, "Vilnius", at=ago(hours=9), incident="refused"),
        report(Milestone.RETURNING, "Vilnius", at=ago(hours=3)),
    )
    mine = load_return(rma)
    told_head = head(mine, delivery_of(mine), timezone.now())
    assert told_head.title == "The carrier is bringing your parcel back to you."
    assert told_head.next[0].startswith(
        "The carrier reports that it was not taken in at our door. The report is from "
    )
    assert told_head.writes


def test_the_orders_page_tells_the_return_as_its_own_page_does(store):
    rma = sent_back(store, posted=ago(days=10))
    Parcel.objects.exclude(pk=rma.parcel_back.parcel_id).update(milestone_at=ago(days=20))
    assert told(rma.order).title == "The carrier has not scanned your parcel yet."


# --- Both languages -----------------------------------------------------------------------------


@LANGUAGES
@pytest.mark.parametrize("kind", list(IncidentKind))
def test_every_kind_has_a_page_in_both_directions_and_languages(store, kind, language):
    order = on_the_road(store)
    detail = {"place": "Langley", "country": "GB", "attempts": 2, "expected_by": "2026-11-20"}
    detail |= {"weight": 400, "carrier_weight": 900, "signed": "locker"}
    wrong(the_parcel(order), kind, **detail)
    rma = sent_back(store, report(Milestone.IN_TRANSIT), number="JP-2")
    wrong(rma.parcel_back.parcel, kind, **detail)
    with translation.override(language), timezone.override("Europe/London"):
        out = str(INCIDENTS[kind].sentence)
        back = str(INCIDENTS_TO_US[kind].sentence)
        if kind in {*SENTENCES, *SAID_BY_THE_HEADING}:
            (parcel,) = deliveries(load(order), timezone.now())
            out, back = parcel.troubles.fact, delivery_of(load_return(rma)).troubles.fact
    pages = [(read(order, lang=language), out), (read_return(rma, lang=language), back)]
    for words, sentence in pages:
        assert sentence in words
        assert "{" not in words and "}" not in words


def test_details_from_elsewhere_never_break_a_page(store):
    order = on_the_road(store)
    detail = {"place": "{day} <b>", "country": "??", "expected_by": "soon", "attempts": 7}
    for kind in IncidentKind:
        wrong(the_parcel(order), kind, **detail)
    page = markup(order)
    assert "<h1>We have to treat your parcel as lost.</h1>" in page
    the_parcel(order).incidents.filter(kind="lost").delete()
    the_parcel(order).incidents.filter(kind="delivered_not_received").delete()
    assert "in {day} &lt;b&gt;." in markup(order)


# --- What a link may not tell -------------------------------------------------------------------


def test_the_place_of_an_incident_is_masked_like_that_of_its_scan(store):
    order = on_the_road(store)
    wrong(the_parcel(order), IncidentKind.WAITING_AT_PICKUP, place="12 Harbour Lane, Bristol")
    assert "Harbour" not in read(order)
    rma = sent_back(store, report(Milestone.IN_TRANSIT), number="JP-2")
    wrong(rma.parcel_back.parcel, IncidentKind.REFUSED, place="12 Harbour Lane")
    assert "Harbour" not in read_return(rma)


# --- Scans, the last mile, and how fresh all that is --------------------------------------------


def test_two_providers_that_tell_one_scan_tell_it_once(store):
    order = on_the_road(store)
    parcel, at = the_parcel(order), ago(minutes=30).replace(second=5)
    one = report(Milestone.IN_TRANSIT, "Kaunas hub", at=at, code="a", words="Departed")
    other = report(Milestone.IN_TRANSIT, "", at=at.replace(second=9), code="b")
    parcel.record([one], provider="17track")
    parcel.record([other], provider="kuaidi100")
    page = read(order)
    assert page.count("It is on its way.") == 2  # the scan of before, and this one
    assert "Kaunas hub" in page


def test_the_carriers_own_words_name_their_language_unless_it_is_the_readers(store):
    at = ago(hours=2)
    chinese = report(at=at, words="快件已离开深圳", language="zh-CN")
    english = report(at=at - timedelta(hours=2), words="Departed", language="en")
    unknown = report(at=at - timedelta(hours=4), words="Izvažiavo", language="??")
    order = sent(store, chinese, english, unknown, left=ago(days=1))
    page = markup(order)
    assert '<p>In Chinese: <span lang="zh-CN">“快件已离开深圳”</span></p>' in page
    assert '<p lang="en">“Departed”</p>' in page
    assert page.count("In Chinese:") == 1
    in_chinese = markup(order, lang="zh-hans")
    assert '<p lang="zh-CN">“快件已离开深圳”</p>' in in_chinese


def test_the_hour_of_the_place_is_told_where_its_clocks_differ(store):
    noon = timezone.localtime(ago(days=1)).replace(hour=12, minute=5, second=0, microsecond=0)
    late, ours = noon.replace(hour=20), int(noon.utcoffset().total_seconds() // 60)
    order = sent(
        store,
        report(at=noon, utc_offset=480, place="Shenzhen"),
        report(at=late, utc_offset=480, place="Shenzhen"),
        report(at=noon - timedelta(hours=3), utc_offset=ours, place="London"),
        report(at=noon - timedelta(hours=5), utc_offset=None, place="Nowhere"),
        report(at=noon - timedelta(hours=6), utc_offset=32_000, place="Nonsense"),
        left=ago(days=3),
    )
    page = markup(order)
    utc = noon.astimezone(timezone.get_fixed_timezone(0)).isoformat()
    assert f'<time datetime="{utc}">' in page, "machines read UTC"
    words = read(order)
    there = noon + timedelta(minutes=480 - ours)
    assert f"({there:%H:%M} there) · Shenzhen" in words
    night = late + timedelta(minutes=480 - ours)
    assert f"({night.day} {night:%B}, {night:%H:%M} there) · Shenzhen" in words
    assert words.count(" there)") == 2


def test_whoever_brings_it_to_the_door_is_named_with_its_own_page(store):
    order = on_the_road(store, carrier="yunexpress")
    Parcel.objects.update(last_mile="royal-mail")
    page, words = markup(order), read(order)
    assert "The last part of the way with Royal Mail, number RB123456785GB" in words
    assert "royalmail.com/track-your-item#/tracking-results/RB123456785GB" in page
    assert "yuntrack.com" in page
    Parcel.objects.update(last_mile="yunexpress")
    assert "The last part of the way" not in read(order)


def test_what_could_not_be_asked_is_labelled_as_old(store):
    order = on_the_road(store)
    assert "Last checked just now" in read(order)
    checked, due = ago(hours=30), ago(minutes=5)
    Parcel.objects.update(checked_at=checked, next_check_at=due)
    words = read(order)
    assert "We could not ask the carrier since" in words and "we keep trying" in words
    assert "Last checked" not in words


def test_what_need_not_be_asked_is_not_labelled_as_old(store):
    """Quiet for three weeks it is asked for every other day; and one that nobody asks for
    any more is not promised to be tried again."""
    order = sent(store, report(at=ago(days=24)), left=ago(days=25))
    Parcel.objects.update(checked_at=ago(hours=30))
    assert "Last checked 1 day ago" in read(order)
    on_time = on_the_road(store, number="RB2", order=another(store))
    Parcel.objects.update(checked_at=ago(hours=30), next_check_at=None)
    assert "Last checked 1 day ago" in read(on_time)


def test_the_return_page_labels_what_is_old_too(store):
    rma = sent_back(store, report(Milestone.IN_TRANSIT))
    Parcel.objects.update(checked_at=ago(days=3), next_check_at=ago(hours=1))
    assert "We could not ask the carrier since" in read_return(rma)


def test_pages_never_ask_a_provider(store):
    """Whatever is due stays due: pages only read."""
    order = sent(store, left=ago(days=10))
    Parcel.objects.update(next_check_at=ago(days=1))
    read(order)
    assert Following.objects.count() == 0
    assert Parcel.objects.to_check().count() == 1


# --- Signatures and appointments ----------------------------------------------------------------


def test_the_buyer_knows_that_it_is_signed_for_and_by_appointment(store):
    wants = {"wants_signature": True, "by_appointment": True}
    order = sent(store, report(Milestone.IN_TRANSIT), dispatch=wants)
    assert "You will be asked to sign for it." in told(order).next
    assert "The carrier makes an appointment with you before it comes." in told(order).next
    plain = on_the_road(store, number="RB2", order=another(store))
    assert "You will be asked to sign for it." not in told(plain).next


def test_once_it_is_here_nobody_is_asked_to_sign(store):
    signed = report(Milestone.DELIVERED, at=ago(hours=2), signed="self")
    order = sent(store, signed, dispatch={"wants_signature": True})
    assert "You will be asked to sign for it." not in told(order).next


# --- What it costs ------------------------------------------------------------------------------


def test_troubles_of_many_parcels_cost_no_more_than_those_of_one(store):
    few, many = on_the_road(store), another(store)
    wrong(the_parcel(few), IncidentKind.STALLED)
    for number in range(5):
        sent(store, report(), number=f"RB2{number}", order=many)
    for parcel in Parcel.objects.filter(number__startswith="RB2"):
        for kind in (IncidentKind.STALLED, IncidentKind.DAMAGED):
            wrong(parcel, kind)
    asked = []
    for order in (few, many):
        client = follow(order)
        with CaptureQueriesContext(connection) as caught:
            client.get(addresses.order_page(order))
        asked.append([query["sql"] for query in caught.captured_queries])
    assert len(asked[0]) == len(asked[1]), "\n".join(asked[1])


def test_troubles_of_a_parcel_that_nobody_loaded_are_read_only_when_somebody_asks(store):
    order = on_the_road(store)
    wrong(the_parcel(order), IncidentKind.DAMAGED)
    troubles = Troubles.of(the_parcel(order), timezone.now(), back=False)
    assert troubles.kind == IncidentKind.DAMAGED


# --- Heading, story and rows say the same -------------------------------------------------------


def test_every_kind_that_a_report_can_state_has_its_line_in_both_directions():
    """What is concluded from many scans, from silence or from weights stands in none."""
    concluded = {
        IncidentKind.SILENT,
        IncidentKind.STALLED,
        IncidentKind.OVERDUE,
        IncidentKind.UNCLEAR_SIGNATURE,
        IncidentKind.WEIGHT_MISMATCH,
        IncidentKind.DELIVERED_NOT_RECEIVED,
    }
    assert set(STATED) == set(STATED_BACK_TO_US) == set(IncidentKind) - concluded


@pytest.mark.parametrize("kind", list(STATED))
def test_a_scan_that_states_a_trouble_tells_it_in_the_story(store, kind):
    order = sent(store, report(Milestone.IN_TRANSIT, "Leipzig", incident=kind))
    assert str(STATED[kind]) in texts_of(order)
    assert "It is on its way." not in texts_of(order)
    rma = sent_back(store, report(Milestone.IN_TRANSIT, incident=kind), number="JP-2")
    assert str(STATED_BACK_TO_US[kind]) in texts_of(rma.order, "Your parcel to us")


@pytest.mark.parametrize(
    ("milestone", "kind", "sentences"),
    [
        ("delivered", "damaged", "It was found damaged. The carrier reports that it was deliv"),
        ("returning", "refused", "It was not accepted at the door. The carrier is bringing it"),
    ],
)
def test_a_scan_that_ends_or_turns_it_tells_both(store, milestone, kind, sentences):
    order = sent(store, report(Milestone(milestone), "Bristol", incident=kind))
    assert any(words.startswith(sentences) for words in texts_of(order))


def test_while_customs_waits_for_papers_the_parcel_is_not_said_to_leave_it(store):
    wants = report(Milestone.CUSTOMS, "Langley", incident="customs_documents", country="GB")
    order = sent(store, wants, left=ago(days=3))
    assert texts_of(order)[0] == "Customs gets its papers; then the parcel travels on to you."
    on_road = on_the_road(store, number="RB2", order=another(store))
    wrong(the_parcel(on_road), IncidentKind.CUSTOMS_DOCUMENTS)
    assert texts_of(on_road)[0].startswith("Customs gets its papers;")
    wants = report(Milestone.CUSTOMS, "Vilnius", incident="customs_documents", country="LT")
    rma = sent_back(store, wants, number="JP-3")
    back = texts_of(rma.order, "Your parcel to us")
    assert back[0] == "Customs gets its papers; then the parcel travels on to us."


def test_a_late_parcel_names_the_day_we_had_expected_it_and_its_last_scan(store):
    order = on_the_road(store)
    wrong(the_parcel(order), IncidentKind.OVERDUE, expected_by="2026-11-20")
    scan = the_parcel(order).scans.first()
    letter = told(order)
    assert letter.title == "Your parcel is later than usual."
    expected_by = formats.day(date(2026, 11, 20))
    assert letter.next[1] == (
        f"We had expected it by {expected_by}. It is not there yet. "
        f"The last scan was on {formats.day(scan.at)}, in Kaunas."
    )
    wrong(the_parcel(order), IncidentKind.DAMAGED)
    assert told(order).next[2] == f"We had expected it by {expected_by}. It is not there yet."


def test_damage_is_not_told_twice(store):
    order = on_the_road(store)
    row = wrong(the_parcel(order), IncidentKind.DAMAGED, place="Leipzig")
    day = formats.day(row.since)
    assert told(order).next[1] == f"The carrier found it damaged on {day}, in Leipzig."


def test_a_lost_parcel_that_nobody_ever_scanned_has_no_day_of_a_scan(store):
    order = sent(store, left=ago(days=40))
    assert kinds(the_parcel(order)) == {IncidentKind.LOST}
    left = formats.day(the_parcel(order).handed_over_at)
    words = told(order).next[1]
    assert words.endswith(f"for a long time. By our records it left us on {left}.")


def test_where_no_report_says_who_took_it_in_nobody_is_guessed(store):
    order = sent(
        store,
        report(Milestone.DELIVERED, "Bristol", at=ago(days=1)),
        left=ago(days=5),
        dispatch={"wants_signature": True},
    )
    letter = told(order)
    assert letter.title == "Your parcel was delivered; we cannot see to whom."
    assert letter.next[1].startswith("The carrier reports that it was delivered, but not to whom.")
    assert not any("front desk" in words or "yourself" in words for words in letter.next)


@pytest.mark.parametrize("hours", [1, 200])
def test_a_town_is_not_told_as_the_place_to_collect_it(store, hours):
    waits = report(Milestone.READY_FOR_PICKUP, "杭州市", at=ago(hours=hours))
    destination = {"destination": "CN"}
    order = sent(store, waits, carrier="yto", left=ago(days=12), dispatch=destination)
    letter = told(order)
    words = " ".join(letter.next)
    assert "It is in 杭州市. The exact place and the code are in the carrier’s message" in words
    assert "If you cannot find it, ask at 95554." in words
    assert "names this place" not in words and "pick-up code" in words
    assert [(step.label, step.state) for step in letter.steps][-2:] == [
        ("Pick-up", "now"),
        ("Collected", "ahead"),
    ]


def test_without_any_place_the_carriers_message_is_named(store):
    order = sent(store, report(Milestone.READY_FOR_PICKUP, "", at=ago(hours=1)))
    message = "The exact place and the code are in the carrier’s message to you."
    assert any(words.startswith(message) for words in told(order).next)


def test_an_address_that_does_not_fit_can_be_looked_at_right_below(store):
    order = on_the_road(store)
    wrong(the_parcel(order), IncidentKind.ADDRESS)
    link = f'<a class="btn" href="{addresses.order_page(order, "address")}">'
    assert f"{link}Check the address (we email you a code)</a>" in markup(order)
    Order.objects.update(email="")
    assert link not in markup(order)
    plain = on_the_road(store, number="RB2", order=another(store))
    assert link not in markup(plain)


def test_where_the_words_say_write_to_us_a_link_does_it(store):
    order = on_the_road(store)
    link = f'<p><a href="{addresses.order_page(order, "messages")}">Write to us</a></p>'
    assert link not in markup(order)
    wrong(the_parcel(order), IncidentKind.DAMAGED)
    assert link in markup(order)


@pytest.mark.parametrize("table", [INCIDENTS, INCIDENTS_TO_US], ids=["to the buyer", "to us"])
def test_what_asks_to_write_is_what_its_words_say(store, table):
    back = table is INCIDENTS_TO_US
    for kind in IncidentKind:
        words = str(table[kind].next_step)
        says = "write to us" in words.lower() or "show us the letter" in words
        row = Incident(kind=kind, detail={})
        parcel = Parcel(milestone=Milestone.IN_TRANSIT)
        lead, besides = (None, (row,)) if kind in ASIDE else (row, ())
        assert Troubles(parcel, lead, besides, back).asks_to_write == says, kind


def test_what_is_lost_cannot_be_sent_back_and_says_so(store):
    order = sent(store, report(at=ago(days=33)), left=ago(days=35))
    words = read(order)
    assert "It did not arrive, so there is nothing to send back." in words
    assert "days after it arrives" not in words


def test_what_comes_back_asks_for_nothing_now(store):
    order = sent(store, report(Milestone.RETURNING, "Bristol"), left=ago(days=3))
    (row,) = [row for row in rows_of(order) if row.title == "Send something back"]
    assert row.url == ""
    assert row.condition.endswith(
        "You do not need to do anything now. You may already tell us: money or a new parcel?"
    )
    again = sent(
        store,
        report(Milestone.RETURNED, "Vilnius"),
        left=ago(days=3),
        order=another(store),
        number="RB2",
    )
    (row,) = [row for row in rows_of(again) if row.title == "Send something back"]
    assert row.condition == "It is back with us, so there is nothing for you to send."


def rows_of(order: Order):
    return actions(load(order), timezone.now(), has_fresh_code=False)


def test_one_lost_parcel_of_two_leaves_the_other_to_be_sent_back(store):
    order = on_the_road(store)
    sent(store, report(at=ago(days=33)), left=ago(days=35), number="RB2", order=order)
    (row,) = [row for row in rows_of(order) if row.title == "Send something back"]
    assert row.url


def test_what_took_a_wrong_turn_is_on_the_road_also_after_customs(store):
    reports = [
        report(Milestone.CUSTOMS, "Langley", at=ago(hours=9)),
        report(Milestone.IN_TRANSIT, "Leipzig", incident="wrong_way"),
    ]
    order = sent(store, *reports, left=ago(days=3))
    assert now_at(told(order)) == ["On the road"]


def test_customs_alone_asks_for_nothing_unless_it_asks(store):
    order = sent(store, report(Milestone.CUSTOMS, "Langley"), left=ago(days=2))
    assert "Unless customs asks, you do not need to do anything." in told(order).next


def test_a_return_at_customs_is_called_a_return(store):
    rma = sent_back(store, report(Milestone.CUSTOMS, "Vilnius"))
    assert "Your return is at customs." in read_return(rma)


def test_an_attempt_of_today_says_today(store):
    order = sent(store, report(Milestone.ATTEMPTED, "Bristol", at=timezone.now()))
    assert told(order).title == "The carrier tried to deliver today."
    the_parcel(order).incidents.all().delete()
    assert told(order).title == "The carrier tried to deliver today."
    assert tell(load(order), timezone.now() + timedelta(days=1)).title.startswith(
        "The carrier tried to deliver on "
    )


def test_phones_are_dialled_without_blanks(store):
    tried = report(Milestone.ATTEMPTED, at=ago(hours=4))
    page = markup(sent(store, tried, left=ago(days=2), dispatch={"destination": "GB"}))
    assert 'href="tel:+443457740740"' in page and "+44 3457 740 740" in page


def test_of_two_alike_the_same_words_come_once_and_each_has_its_facts(store):
    order = sent(store, left=ago(days=10))
    sent(store, left=ago(days=11), number="RB2", order=order)
    words = " ".join(told(order).next)
    silent = INCIDENTS[IncidentKind.SILENT]
    assert words.count(str(empathy.TO_YOU[IncidentKind.SILENT])) == 1
    assert words.count(str(silent.next_step)) == 1
    for days in (10, 11):
        assert words.count(f"By our records it left us on {formats.day(ago(days=days))}.") == 1
