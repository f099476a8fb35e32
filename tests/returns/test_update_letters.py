"""The letters that we promised say what the page says: what is wrong, and when it comes."""

import html
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from portal.order_page.deliveries import delivery_back
from portal.order_page.now import tell
from portal.return_page.tell import head
from returns import empathy, letters
from returns.expected import expected
from returns.guide import Guide
from returns.models import (
    SHOP,
    Document,
    Notice,
    NoticeKind,
    Order,
    Promise,
    PromiseKind,
    ReturnAuthorization,
)
from returns.printed import sheet
from returns.quiet import LEAD
from returns.standing import COMPARE_NUMBER, INCIDENTS_TO_US
from returns.troubles import Troubles
from tests import people
from tests.portal.on_the_way import ago, hear, report, sent, sent_back, the_parcel, wrong
from tests.returns.returning import DESK, returned
from tracking.expectations import Delay
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.models import Lane, Parcel
from tracking.texts import INCIDENTS

pytestmark = pytest.mark.django_db

LANGUAGES = pytest.mark.parametrize("language", ["en", "zh-hans"])
GOLDEN_WEEK = Delay("CN", "National Day", "国庆节", date(2026, 10, 1), date(2026, 10, 7), 5)


def of_order(order: Order) -> letters.Letter:
    """The letter that keeps the promise to write again."""
    promise = order.promise_update(by=SHOP)
    assert promise
    promise.write_letter(promise.due_at - LEAD)
    return letters.write(Notice.objects.filter(kind=NoticeKind.ORDER_UPDATE).latest("pk"))


def of_return(rma: ReturnAuthorization) -> letters.Letter:
    promise = Promise.objects.open().get(authorization=rma, kind=PromiseKind.UPDATE)
    promise.write_letter(promise.due_at - LEAD)
    return letters.write(Notice.objects.filter(kind=NoticeKind.RETURN_UPDATE).latest("pk"))


def read(letter: letters.Letter) -> str:
    """The HTML as it is read, which says the same as the text."""
    body = letter.html.partition("<body>")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def both(letter: letters.Letter) -> list[str]:
    return [" ".join(letter.text.split()), read(letter)]


def page_of(order: Order, language: str):
    with translation.override(language), timezone.override("Europe/London"):
        return tell(Order.objects.with_story().get(pk=order.pk), timezone.now())


# --- To the buyer ------------------------------------------------------------------------------


@LANGUAGES
@pytest.mark.parametrize(
    "kind", [IncidentKind.SILENT, IncidentKind.DAMAGED, IncidentKind.CUSTOMS_DOCUMENTS]
)
def test_what_is_wrong_is_told_in_the_words_of_the_page(store, kind, language):
    order = sent(store, report(Milestone.IN_TRANSIT), language=language)
    wrong(the_parcel(order), kind, place="Langley")
    letter, page = of_order(order), page_of(order, language)
    assert page.title in letter.subject
    for text in both(letter):
        assert page.title in text
        places = [text.index(words) for words in page.next]
        assert places == sorted(places), "in the order of the four parts"


def test_the_last_scan_is_told_once(store):
    order = sent(store, report(Milestone.IN_TRANSIT, at=ago(days=9)), left=ago(days=10))
    for text in both(of_order(order)):
        assert text.count("in Kaunas") == 1
        assert "It was last scanned on" in text and "The last report is from" not in text
        assert "It is on its way." not in text


def test_where_the_trouble_does_not_tell_of_scans_the_last_report_stays(store):
    order = sent(store, report(Milestone.IN_TRANSIT))
    wrong(the_parcel(order), IncidentKind.DAMAGED)
    for text in both(of_order(order)):
        assert "The last report is from" in text and "in Kaunas." in text
        assert "The carrier found it damaged on " in text


def test_others_are_one_line_each(store):
    order = sent(store, report(Milestone.IN_TRANSIT))
    for kind in (IncidentKind.STALLED, IncidentKind.WRONG_WAY):
        wrong(the_parcel(order), kind)
    letter = of_order(order)
    assert str(INCIDENTS[IncidentKind.WRONG_WAY].title) in letter.subject
    assert "It was last scanned on " in letter.text
    assert str(INCIDENTS[IncidentKind.STALLED].next_step) not in letter.text


@LANGUAGES
def test_the_expected_days_and_why_so_late_are_told_as_on_the_page(store, language):
    order = sent(store, report(Milestone.IN_TRANSIT), language=language)
    first = timezone.localdate() + timedelta(days=3)
    Parcel.objects.update(
        expected_from=first,
        expected_to=first + timedelta(days=4),
        delays=[GOLDEN_WEEK.to_json()],
    )
    with translation.override(language), timezone.override("Europe/London"):
        parcel = the_parcel(order)
        told = expected(parcel, Troubles(parcel), timezone.now()).sentences
    assert len(told) == 2
    assert set(told) <= set(page_of(order, language).next)
    for text in both(of_order(order)):
        assert all(words in text for words in told)


def test_a_parcel_that_is_well_is_told_as_before(store):
    order = sent(store, report(Milestone.IN_TRANSIT))
    Parcel.objects.update(expected_from=None, expected_to=None)
    for text in both(of_order(order)):
        assert "Your parcel is on its way." in text
        assert "It is on its way." in text
        assert "as a train does not report" in text


def test_a_label_of_days_ago_is_not_told_as_late_before_the_watch_says_so(store):
    order = sent(store, report(Milestone.ANNOUNCED, at=ago(days=4)), left=ago(days=4))
    the_parcel(order).incidents.all().delete()
    assert "should have been scanned" not in of_order(order).text


def test_two_parcels_are_told_each_with_its_own_trouble(store):
    order = sent(store, report(Milestone.IN_TRANSIT))
    sent(store, report(Milestone.IN_TRANSIT), number="RB2", order=order)
    lost = Parcel.objects.get(number="RB2")
    wrong(lost, IncidentKind.LOST)
    letter = of_order(order)
    assert "We have to treat your parcel as lost." in letter.subject, "the gravest"
    places = [
        letter.text.index(words)
        for words in (
            "Parcel 1 of 2",
            "Your parcel is on its way.",
            "Parcel 2 of 2",
            str(empathy.TO_YOU[IncidentKind.LOST]),
            "Nobody has scanned it",
            "The loss is ours, not yours.",
            "We will look at it again and write to you by ",
        )
    ]
    assert places == sorted(places)


# --- Back to us --------------------------------------------------------------------------------


@LANGUAGES
def test_a_silent_return_is_told_in_the_words_of_its_page(store, language):
    rma = sent_back(store, posted=ago(days=10), language=language)
    letter = of_return(rma)
    with translation.override(language), timezone.override("Europe/London"):
        loaded = Order.objects.with_story().get(pk=rma.order_id).returns.all()[0]
        told = head(loaded, delivery_back(loaded, timezone.now()), timezone.now())
    assert told.title in letter.subject
    for text in both(letter):
        assert all(words in text for words in (told.title, *told.next))
        assert str(COMPARE_NUMBER) not in text, "that is said already"


@LANGUAGES
@pytest.mark.parametrize("kind", [IncidentKind.DELIVERED_NOT_RECEIVED, IncidentKind.WRONG_WAY])
def test_other_troubles_of_a_return_are_told_from_our_side(store, kind, language):
    rma = sent_back(store, report(Milestone.IN_TRANSIT), language=language)
    wrong(rma.parcel_back.parcel, kind, place="Liège")
    letter = of_return(rma)
    with translation.override(language):
        words = [str(INCIDENTS_TO_US[kind].title), str(INCIDENTS_TO_US[kind].next_step)]
    for text in both(letter):
        assert all(part in text for part in words)


def test_a_return_on_its_way_says_when_it_most_likely_reaches_us(store):
    rma = sent_back(store, report(Milestone.IN_TRANSIT))
    day = timezone.localdate() + timedelta(days=5)
    Parcel.objects.update(expected_from=day, expected_to=day, delays=[])
    for text in both(of_return(rma)):
        assert "Most likely it reaches us on " in text
        assert "It is on its way." in text


def test_a_return_that_turned_is_told_as_coming_back_with_the_reason(store):
    rma = sent_back(
        store,
        report(Milestone.ATTEMPTED, "Vilnius", at=ago(hours=9), incident="refused"),
        report(Milestone.RETURNING, "Vilnius", at=ago(hours=3)),
    )
    hear(rma.parcel_back.parcel)
    letter = of_return(rma)
    assert "The carrier is bringing your parcel back to you." in letter.subject
    assert "The carrier reports that it was not taken in at our door." in letter.text


# --- What to ask for at the counter ---------------------------------------------------------------


def to_post(store, **values) -> ReturnAuthorization:
    for name, value in values.items():
        setattr(store, name, value)
    store.save()
    return returned(people.place_order(store))


def asks(rma: ReturnAuthorization) -> list[str]:
    return Guide.of(rma).asks


def test_a_signature_is_asked_for_from_the_stores_value_on(store):
    assert asks(to_post(store, sign_from=Decimal("68.00"))) == [
        "Please ask for delivery against signature."
    ]


def test_below_it_nothing_is_asked_for(store):
    assert asks(to_post(store, sign_from=Decimal("68.01"))) == []


def test_the_service_of_the_lane_is_named_the_carriers_own_first(store):
    rma = to_post(store, sign_from=Decimal(1))
    store.carrier_advice.create(lane="cross_border", carrier="evri", position=1)
    store.carrier_advice.create(
        lane="cross_border", carrier="royal-mail", position=2, recommended=True
    )
    lane = {"account": store.account, "origin": "GB", "destination": "LT"}
    Lane.objects.create(**lane, signature_service="any signature")
    assert asks(rma) == ["Please ask for delivery against signature: any signature."]
    Lane.objects.create(**lane, carrier="royal-mail", signature_service="Tracked & Signed")
    assert asks(rma) == ["Please ask for delivery against signature: Tracked & Signed."]


@LANGUAGES
def test_page_letter_and_print_ask_for_the_same(store, language):
    rma = to_post(store, sign_from=Decimal(1))
    Order.objects.update(language=language)
    rma = ReturnAuthorization.objects.get(pk=rma.pk)
    with translation.override(language):
        (line,) = asks(rma)
        assert line in sheet(rma)["hand_over"]["words"]
    notice = Notice.objects.get(kind=NoticeKind.RETURN_APPROVED)
    Notice.objects.filter(pk=notice.pk).update(language=language)
    notice.refresh_from_db()
    assert all(line in text for text in both(letters.write(notice)))


def test_where_the_label_is_ours_there_is_nothing_to_ask_for(store):
    rma = to_post(store, sign_from=Decimal(1))
    Document.objects.add_label(rma, b"%PDF-1.7", "application/pdf", "0" * 64, by=DESK)
    assert asks(rma) == []
