"""Lanes, holidays and accounts on the desk: what is typed in counts, and parcels follow it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.tracking.desk import account, member, parcel, shown
from tracking.expectations import Usual, usual_for
from tracking.models import Account, HolidayNotice, Lane, Lanes, Parcel

pytestmark = pytest.mark.django_db

LANES, HOLIDAYS = "/desk/tracking/lane/", "/desk/tracking/holidaynotice/"


@pytest.fixture
def owner():
    verbs = ("add", "change", "delete", "view")
    models = ("lane", "holidaynotice", "account")
    return member("owner", *(f"{verb}_{model}" for verb in verbs for model in models))


@pytest.fixture
def waiting() -> Parcel:
    """On its way, and not to be looked at before next week."""
    return parcel(watch_at=timezone.now() + timedelta(days=7))


def is_looked_at(row: Parcel) -> bool:
    row.refresh_from_db()
    return row.watch_at is not None and row.watch_at <= timezone.now()


def rest(row: Parcel) -> None:
    Parcel.objects.filter(pk=row.pk).update(watch_at=timezone.now() + timedelta(days=7))


def lane(**values) -> Lane:
    defaults = {"account": account(), "origin": "CN", "destination": "DE"}
    return Lane.objects.create(**(defaults | values))


def add_lane(client: Client, **values: str):
    usual = {"account": str(account().pk), "origin": "CN", "destination": "DE", "carrier": ""}
    return client.post(f"{LANES}add/", usual | values, follow=True)


def add_holiday(client: Client, **values: str):
    usual = {
        "account": str(account().pk),
        "first": "2026-12-24",
        "last": "2027-01-03",
        "name": "Winter break",
    }
    return client.post(f"{HOLIDAYS}add/", usual | values, follow=True)


def test_a_lane_is_typed_in_and_parcels_expect_accordingly(owner, waiting):
    add_lane(
        owner,
        origin="cn",
        destination=" de ",
        carrier="yunexpress",
        days_from="9",
        days_to="16",
        silent_hours="72",
        signature_service="Adult Signature",
    )
    made = Lane.objects.get()
    assert (made.origin, made.destination, made.carrier) == ("CN", "DE", "yunexpress")
    assert (made.usual.days_from, made.usual.days_to) == (9, 16)
    assert made.patience.silent_hours == 72
    assert is_looked_at(waiting)
    assert "Adult Signature" in owner.get(LANES).text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"origin": "UK"}, "ISO code"),
        ({"destination": "Germany"}, "ISO code"),
        ({"destination": ""}, "required"),
        ({"days_from": "9"}, "Give both days, or neither."),
        ({"days_from": "9", "days_to": "8"}, "sooner than the first day"),
        ({"days_from": "0", "days_to": "8"}, "greater than or equal to 1"),
        ({"days_from": "9", "days_to": "500"}, "less than or equal to 120"),
        ({"silent_hours": "3"}, "greater than or equal to 24"),
        ({"stalled_hours": "9999"}, "less than or equal to 720"),
        ({"carrier": "nobody"}, "Select a valid choice"),
    ],
)
def test_a_lane_that_cannot_be_is_refused_in_words(owner, waiting, values, said):
    assert said in shown(add_lane(owner, **values))
    assert not Lane.objects.exists()
    assert not is_looked_at(waiting)


def test_a_lane_is_there_once(owner):
    lane()
    assert "already exists" in shown(add_lane(owner))
    assert Lane.objects.count() == 1


def test_what_was_learned_is_shown_and_cannot_be_typed(owner):
    made = lane(
        carrier="Speedy Pigeons",
        median_days=7,
        late_days=12,
        learned_from=48,
        learned_at=datetime(2026, 11, 20, tzinfo=UTC),
    )
    said = shown(owner.get(f"{LANES}{made.pk}/change/"))
    assert "Half of 48 parcels within 7 days, 90 of 100 within 12; reckoned 2026-11-20." in said
    owner.post(
        f"{LANES}{made.pk}/change/",
        {
            "account": str(made.account_id),
            "origin": "CN",
            "destination": "DE",
            "carrier": "Speedy Pigeons",
            "days_from": "3",
            "days_to": "5",
            "median_days": "1",
        },
    )
    made.refresh_from_db()
    assert (made.carrier, made.days_from, made.median_days) == ("Speedy Pigeons", 3, 7)


def test_learned_lanes_are_found_from_their_account(owner):
    lane(origin="CN", learned_at=timezone.now(), median_days=7, late_days=12, learned_from=10)
    lane(origin="LT")
    page = owner.get(f"/desk/tracking/account/{account().pk}/change/").text
    link = f"{LANES}?account__id__exact={account().pk}&learned=yes"
    assert link.replace("&", "&amp;") in page or link in page
    found = owner.get(link).text
    assert "CN → DE" in found and "LT → DE" not in found
    assert "LT → DE" in owner.get(f"{LANES}?learned=no").text


def test_parcels_follow_when_a_lane_is_deleted_alone_or_with_others(owner, waiting):
    first, second = lane(), lane(origin="LT")
    owner.post(f"{LANES}{first.pk}/delete/", {"post": "yes"})
    assert is_looked_at(waiting)
    rest(waiting)
    owner.post(LANES, {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"})
    assert not Lane.objects.exists()
    assert is_looked_at(waiting)


def test_a_lane_that_moves_concerns_both_accounts(owner, waiting):
    made = lane()
    other = account("other")
    values = {"account": str(other.pk), "origin": "CN", "destination": "DE", "carrier": ""}
    owner.post(f"{LANES}{made.pk}/change/", values)
    assert Lane.objects.get().account == other
    assert is_looked_at(waiting)


def test_a_holiday_moves_what_is_expected(owner, waiting):
    add_holiday(owner, country="lt", name_zh="冬歇")
    made = HolidayNotice.objects.get()
    assert (made.country, made.first, made.name_zh) == ("LT", date(2026, 12, 24), "冬歇")
    assert is_looked_at(waiting)
    rest(waiting)
    owner.post(f"{HOLIDAYS}{made.pk}/delete/", {"post": "yes"})
    assert is_looked_at(waiting)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"last": "2026-12-20"}, "The last day is before the first."),
        ({"last": "2027-12-20"}, "No more than 120 days at once."),
        ({"country": "XX"}, "ISO code"),
        ({"first": "soon"}, "Enter a valid date"),
        ({"name": ""}, "required"),
    ],
)
def test_a_holiday_that_cannot_be_is_refused_in_words(owner, waiting, values, said):
    assert said in shown(add_holiday(owner, **values))
    assert not HolidayNotice.objects.exists()
    assert not is_looked_at(waiting)


def test_days_on_which_we_are_closed_need_no_country(owner):
    add_holiday(owner)
    assert "We are closed" in owner.get(HOLIDAYS).text
    assert account().calendar.closed >= {date(2026, 12, 31)}


def test_a_change_of_our_calendar_moves_what_is_expected_and_a_change_of_name_does_not(
    owner, waiting
):
    mine = account()
    values = {"name": "Juniper", "slug": mine.slug, "zone": mine.zone, "country": "GB"}
    values |= {"opens": "09:00:00", "closes": "18:00:00"}
    owner.post(f"/desk/tracking/account/{mine.pk}/change/", values)
    assert account("Juniper").pk == mine.pk
    assert not is_looked_at(waiting)
    owner.post(f"/desk/tracking/account/{mine.pk}/change/", values | {"country": "LT"})
    assert is_looked_at(waiting)


def test_who_may_only_look_changes_nothing(waiting):
    made = lane()
    reader = member("reader", "view_lane", "view_holidaynotice")
    assert "CN → DE" in reader.get(LANES).text
    assert "Save" not in reader.get(f"{LANES}{made.pk}/change/").text
    assert add_lane(reader, origin="LT").status_code == 403
    assert add_holiday(reader).status_code == 403
    assert reader.post(f"{LANES}{made.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Client().get(LANES).status_code == 302
    assert Lane.objects.count() == 1 and not is_looked_at(waiting)


def test_what_somebody_typed_in_counts_before_what_was_learned():
    mine = Account.objects.create(name="lanes of juniper", country="LT")
    way = {"account": mine, "origin": "LT", "destination": "GB"}
    Lane.objects.create(**way, days_from=4, days_to=8)
    Lane.objects.create(**way, carrier="royal-mail", median_days=3, late_days=3)
    Lane.objects.create(**{**way, "destination": "US"}, carrier="usps", median_days=0, late_days=0)
    lanes = Lanes(mine.lanes.all())
    assert lanes.usual("LT", "GB", "royal-mail") == Usual(4, 8)
    assert lanes.usual("LT", "US", "usps") == Usual(1, 2), "never a single day"
    assert lanes.usual("LT", "FR", "usps") == usual_for("LT", "FR")
