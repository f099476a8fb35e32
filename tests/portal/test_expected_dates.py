"""When a parcel should be there, in plain words, and why it is later than usual."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone, translation

from portal.order_page.deliveries import deliveries
from portal.order_page.now import tell
from returns.expected import expected
from returns.models import Order
from returns.troubles import Troubles
from returns.wording import between, ends_of, span
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.on_the_way import ago, kinds, report, sent, the_parcel, wrong
from tests.portal.test_return_form import words as words_of
from tracking.expectations import Delay
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.models import Parcel

pytestmark = pytest.mark.django_db

GOLDEN_WEEK = Delay("CN", "National Day", "国庆节", date(2026, 10, 1), date(2026, 10, 7), 5)
CHRISTMAS = Delay("GB", "Christmas Day", "圣诞节", date(2026, 12, 25), date(2026, 12, 25), 1)
OURS = Delay("", "Summer break", "暑假", date(2026, 9, 28), date(2026, 10, 2), 5)
TUESDAY, FRIDAY = date(2026, 11, 24), date(2026, 11, 27)


@pytest.fixture(autouse=True)
def _in_london():
    with translation.override("en"), timezone.override("Europe/London"):
        yield


@pytest.fixture
def today(monkeypatch):
    """Sets the clock; Sunday 22 November 2026, noon, at first."""

    def set_to(moment: datetime) -> datetime:
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
        return moment

    set_to(datetime(2026, 11, 22, 12, tzinfo=UTC))
    return set_to


def expecting(store, first: date | None, last: date | None, *delays: Delay, **values) -> Order:
    milestone = values.pop("milestone", Milestone.IN_TRANSIT)
    order = sent(store, report(milestone), **values)
    Parcel.objects.update(
        expected_from=first, expected_to=last, delays=[delay.to_json() for delay in delays]
    )
    return Order.objects.with_story().get(pk=order.pk)


def said(order: Order) -> tuple[str, ...]:
    (parcel,) = deliveries(order, timezone.now())
    return parcel.expected.sentences


# --- The range ----------------------------------------------------------------------------------


def test_two_days_make_a_range_and_one_day_a_day(store, today):
    order = expecting(store, TUESDAY, FRIDAY)
    assert said(order) == ("Most likely it reaches you between Tuesday 24 and Friday 27 November.",)
    Parcel.objects.update(expected_from=FRIDAY)
    one = Order.objects.with_story().get(pk=order.pk)
    assert said(one) == ("Most likely it reaches you on Friday 27 November.",)


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        (24, "Most likely it reaches you between Tuesday 24 and Friday 27 November."),
        (25, "Most likely it reaches you by Friday 27 November."),
        (27, "Most likely it reaches you today."),
        (28, "We had expected it by Friday 27 November, so it is later than usual."),
    ],
)
def test_the_words_follow_what_is_left_of_the_range(store, today, day, sentence):
    order = expecting(store, TUESDAY, FRIDAY)
    today(datetime(2026, 11, day, 12, tzinfo=UTC))
    assert said(order) == (sentence,)


def test_a_day_ends_by_the_clock_of_whoever_waits(store, today):
    order = expecting(store, TUESDAY, FRIDAY, dispatch={"destination": "JP"})
    today(datetime(2026, 11, 27, 14, 59, tzinfo=UTC))
    assert said(order) == ("Most likely it reaches you today.",)
    today(datetime(2026, 11, 27, 15, 0, tzinfo=UTC))  # midnight in Tokyo
    assert "later than usual" in said(order)[0]


def test_without_days_nothing_is_said(store, today):
    assert said(expecting(store, None, None)) == ()


@pytest.mark.parametrize(
    "milestone",
    [
        Milestone.OUT_FOR_DELIVERY,
        Milestone.ATTEMPTED,
        Milestone.READY_FOR_PICKUP,
        Milestone.DELIVERED,
        Milestone.RETURNING,
    ],
)
def test_where_the_carrier_knows_more_no_range_is_told(store, today, milestone):
    assert said(expecting(store, TUESDAY, FRIDAY, milestone=milestone)) == ()


@pytest.mark.parametrize(
    ("kind", "is_told"),
    [
        (IncidentKind.STALLED, False),
        (IncidentKind.DAMAGED, True),
        (IncidentKind.WEIGHT_MISMATCH, True),
        (IncidentKind.SILENT, False),
        (IncidentKind.LOST, False),
        (IncidentKind.CUSTOMS_HOLD, False),
        (IncidentKind.WRONG_WAY, False),
        (IncidentKind.ADDRESS, False),
    ],
)
def test_what_is_wrong_and_the_range_do_not_contradict_each_other(store, today, kind, is_told):
    order = expecting(store, TUESDAY, FRIDAY)
    wrong(the_parcel(order), kind)
    assert bool(said(Order.objects.with_story().get(pk=order.pk))) == is_told


# --- Why so late --------------------------------------------------------------------------------


def test_a_holiday_on_the_way_is_named_with_its_country_and_days(store, today):
    assert said(expecting(store, TUESDAY, FRIDAY, GOLDEN_WEEK))[1] == (
        "Later than usual because of National Day in China (1–7 October)."
    )


def test_several_reasons_are_one_sentence_and_countries_have_their_article(store, today):
    why = said(expecting(store, TUESDAY, FRIDAY, OURS, GOLDEN_WEEK, CHRISTMAS))[1]
    assert why == (
        "Later than usual because of Summer break (28 September – 2 October), National Day in "
        "China (1–7 October) and Christmas Day in the United Kingdom (25 December)."
    )


def test_what_is_overdue_says_the_day_once_and_why(store):
    reports = [report(Milestone.ACCEPTED, at=ago(days=30)), report(Milestone.IN_TRANSIT)]
    order = sent(store, *reports, left=ago(days=31))
    assert kinds(the_parcel(order)) == {IncidentKind.OVERDUE}
    Parcel.objects.update(delays=[GOLDEN_WEEK.to_json()])
    letter = tell(Order.objects.with_story().get(pk=order.pk), timezone.now())
    assert letter.title == "Your parcel is later than usual."
    everything = " ".join(letter.next)
    assert everything.count("We had expected it by") == 1
    assert everything.count("ater than usual") == 1
    assert "National Day in China" in letter.next[2]


def test_a_range_that_is_over_with_a_holiday_says_later_than_usual_once(store, today):
    order = expecting(store, TUESDAY, FRIDAY, GOLDEN_WEEK)
    today(datetime(2026, 11, 28, 12, tzinfo=UTC))
    when, why = said(order)
    assert when == "We had expected it by Friday 27 November."
    assert why.startswith("Later than usual because of ")


# --- On the page --------------------------------------------------------------------------------


def test_the_page_tells_it_first_of_what_happens_next(store, today):
    order = expecting(store, TUESDAY, FRIDAY, GOLDEN_WEEK)
    letter = tell(order, timezone.now())
    assert letter.next[:2] == said(order)


def test_each_of_several_parcels_has_its_own_days_and_the_reason_is_told_once(store, today):
    order = sent(store, report())
    sent(store, report(), number="RB2", order=order)
    Parcel.objects.update(expected_from=TUESDAY, expected_to=FRIDAY, delays=[GOLDEN_WEEK.to_json()])
    letter = tell(Order.objects.with_story().get(pk=order.pk), timezone.now())
    assert all("between Tuesday 24 and Friday 27 November" in row.line for row in letter.parcels)
    assert " ".join(letter.next).count("National Day") == 1


def test_the_whole_page_is_told_in_chinese(store, today):
    order = expecting(store, TUESDAY, FRIDAY, GOLDEN_WEEK, language="zh-hans")
    client = CheckedClient()
    people.open_link(client, order)
    text = words_of(client.get(f"/s/{store.slug}/o/{order.ref}/"))
    assert "2026年11月22日" in text
    assert "11月24日（周二）" in text and "国庆节" in text
    assert "National Day" not in text


def test_the_way_back_is_told_as_reaching_us(store, today):
    order = expecting(store, TUESDAY, FRIDAY)
    parcel = the_parcel(order)
    told = expected(parcel, Troubles(parcel, back=True), timezone.now())
    assert told.when == "Most likely it reaches us between Tuesday 24 and Friday 27 November."


# --- Spans of days ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "first", "last", "told"),
    [
        ("en", date(2026, 2, 15), date(2026, 2, 23), ("15", "23 February")),
        ("en", date(2026, 1, 28), date(2026, 2, 3), ("28 January", "3 February")),
        ("zh-hans", date(2026, 2, 15), date(2026, 2, 23), ("2月15日", "23日")),
        ("zh-hans", date(2026, 1, 28), date(2026, 2, 3), ("1月28日", "2月3日")),
    ],
)
def test_spans_are_no_longer_than_they_must_be(today, language, first, last, told):
    with translation.override(language):
        assert ends_of(first, last) == told


def test_days_of_two_years_say_both(today):
    first, last = date(2026, 12, 31), date(2027, 1, 2)
    assert between(first, last) == ("Thursday 31 December", "Saturday 2 January 2027")
    with translation.override("zh-hans"):
        assert between(date(2026, 11, 24), date(2026, 11, 27)) == (
            "11月24日（周二）",
            "27日（周五）",
        )
        assert span(first, last) == "12月31日至2027年1月2日"
    assert span(first, first) == "31 December"
    assert span(first + timedelta(1), first + timedelta(2)) == "1–2 January 2027"
