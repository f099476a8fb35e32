"""The demo: two shops with orders in every stage, true at whatever hour it is loaded."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from portal.demo import journeys
from portal.demo.cases import CASES
from portal.demo.load import load, upu_check_digit
from returns.models import Event, Notice, Order, Promise, ReturnAuthorization, Shipment, Store
from returns.states import Status
from tests import people
from tests.page_checks import CheckedClient
from tracking.milestones import Milestone
from tracking.models import Parcel, Scan
from tracking.work import WorkState

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def _loaded(django_db_setup, django_db_blocker):
    """Loaded once for all tests of this file, each of which sees it unchanged."""
    with django_db_blocker.unblock(), transaction.atomic():
        assert load()
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def demo(_loaded, db):
    pass


def told(*options: str) -> str:
    out = StringIO()
    call_command("demo", *options, stdout=out)
    return out.getvalue()


def doors() -> list[dict[str, str]]:
    return json.loads(told("--json"))["buyers"]


def cases():
    return [(slug, case) for slug, rows in CASES.items() for case in rows]


def order_of(slug, case) -> Order:
    return Order.objects.with_story().get(store__slug=slug, number=case.number)


# --- the doors --------------------------------------------------------------------------------


def test_every_link_ends_in_a_good_page():
    found = doors()
    assert len(found) >= 30
    assert len({door["url"] for door in found}) == len(found)
    for door in found:
        # A fresh browser for each; CheckedClient looks for the one h1 and more.
        answer = CheckedClient().get(urlsplit(door["url"]).path, follow=True)
        assert answer.status_code == 200, door["label"]


@pytest.mark.parametrize("slug", CASES)
def test_the_language_of_the_order_wins_over_the_browsers(slug):
    for case in CASES[slug]:
        order = order_of(slug, case)
        other = "en-GB" if order.language == "zh-hans" else "zh-CN"
        client = CheckedClient(headers={"accept-language": other})
        page = people.open_link(client, order)
        assert f'<html lang="{order.language}"'.lower() in page.content.decode().lower(), case


def test_json_is_all_that_is_printed_and_has_its_shape():
    data = json.loads(told("--json"))
    assert set(data) == {"staff", "buyers"}
    assert set(data["staff"]) == {"url", "username", "password"}
    assert all(set(door) == {"label", "url"} for door in data["buyers"])


def test_the_printed_log_in_opens_the_desk():
    staff = json.loads(told("--json"))["staff"]
    client = Client()
    answer = client.post(
        urlsplit(staff["url"]).path + "login/",
        {
            "username": staff["username"],
            "password": staff["password"],
            "next": urlsplit(staff["url"]).path,
        },
        follow=True,
    )
    assert answer.status_code == 200
    assert answer.context["user"].username == staff["username"]
    assert answer.context["user"].has_perm("returns.decide_return")
    assert not answer.context["user"].has_perm("returns.view_linkkey")


def test_the_link_of_the_readme_is_the_vector():
    first = next(door for door in doors() if "JP-20418" in door["label"])
    assert first["url"].endswith("/l/v1.k1.JP-20418.0.02587471d1a6705881e182159f51d81d")


def test_links_begin_with_the_address_of_this_run(tmp_path):
    """The real command on a fresh folder, at another port."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("HOMEWARD_")
    } | {
        "HOMEWARD_DATA_DIR": str(tmp_path),
        "PORT": "8147",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }

    def manage(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    early = manage("demo")
    assert early.returncode != 0
    assert "migrate" in early.stderr
    assert manage("migrate", "--verbosity", "0").returncode == 0
    answer = manage("demo", "--json")
    assert answer.returncode == 0, answer.stderr
    data = json.loads(answer.stdout)
    assert data["staff"]["url"] == "http://127.0.0.1:8147/desk/"
    assert all(door["url"].startswith("http://127.0.0.1:8147/") for door in data["buyers"])
    # Only its owner may read the password.
    assert (tmp_path / "demo_password").stat().st_mode & 0o077 == 0


# --- loading ----------------------------------------------------------------------------------


def test_a_second_start_keeps_what_is_there():
    order = Order.objects.get(number="JP-20418")
    rma = people.ask_to_return(order)
    before = Order.objects.count()
    told()
    assert Order.objects.count() == before
    assert ReturnAuthorization.objects.filter(pk=rma.pk).exists()


def test_reset_starts_over_and_tells_the_same_story():
    people.ask_to_return(Order.objects.get(number="JP-20418"))
    numbers = set(Parcel.objects.values_list("number", flat=True))
    old = settings.DATA_DIR / "mail" / "old.log"
    old.parent.mkdir(exist_ok=True)
    old.write_text("a letter about orders that are gone")
    told("--reset")
    assert not ReturnAuthorization.objects.filter(order__number="JP-20418").exists()
    assert set(Parcel.objects.values_list("number", flat=True)) == numbers
    assert not old.exists()


def test_production_refuses_by_name(settings):
    settings.PRODUCTION = True
    for options in ([], ["--reset"], ["--json"]):
        with pytest.raises(CommandError, match="HOMEWARD_MODE is production"):
            told(*options)
    assert Order.objects.exists()


def test_beside_a_shop_of_ones_own_nothing_is_loaded():
    call_command("flush", interactive=False, verbosity=0)
    people.open_store("my-own-shop")
    assert "not loaded" in told()
    assert list(Store.objects.values_list("slug", flat=True)) == ["my-own-shop"]
    data = json.loads(told("--json"))
    assert data == {
        "staff": {"url": data["staff"]["url"], "username": "", "password": ""},
        "buyers": [],
    }


# --- what it tells ----------------------------------------------------------------------------


def test_nothing_lies_in_the_future():
    now = timezone.now()
    for model, name in (
        (Scan, "at"),
        (Event, "at"),
        (Notice, "written_at"),
        (Order, "placed_at"),
        (Order, "paid_at"),
        (Order, "cancelled_at"),
        (Order, "arrived_at"),
        (Shipment, "shipped_at"),
        (ReturnAuthorization, "requested_at"),
        (ReturnAuthorization, "approved_at"),
        (ReturnAuthorization, "ended_at"),
        (Promise, "made_at"),
        (Promise, "settled_at"),
        (Parcel, "checked_at"),
    ):
        late = model.objects.filter(**{f"{name}__gt": now})
        assert not late.exists(), f"{model.__name__}.{name}: {late.first()}"


JOURNEYS = {
    name: value
    for name, value in vars(journeys).items()
    if isinstance(value, list) and value and isinstance(value[0], journeys.Step)
}


@pytest.mark.parametrize("name", JOURNEYS)
def test_a_journey_told_at_any_hour_is_over_and_in_order(name):
    journey = JOURNEYS[name]
    buyers = [case.buyer for _, case in cases()]
    midnight = datetime(2026, 3, 29, tzinfo=UTC)  # the clocks of Europe change on this day
    for hour in range(0, 48):
        now = midnight + timedelta(hours=hour, minutes=7)
        for buyer in buyers[:: 1 + len(buyers) // 8]:
            scans = journeys.told(journey, journey[-1].milestone, 0, buyer, now)
            moments = [scan.at for scan in scans]
            assert moments == sorted(set(moments))
            assert moments[-1] < now
            assert [scan.milestone for scan in scans] == [step.milestone for step in journey]


def test_each_parcel_stands_where_its_last_scan_says():
    for parcel in Parcel.objects.prefetch_related("scans"):
        scans = list(parcel.scans.all())
        assert parcel.milestone == (scans[0].milestone if scans else Milestone.ANNOUNCED), parcel


def test_an_order_is_placed_before_it_is_sent_and_sent_before_it_travels():
    for shipment in Shipment.objects.select_related("order", "parcel").prefetch_related(
        "parcel__scans"
    ):
        moments = [shipment.order.placed_at, shipment.shipped_at]
        if shipment.parcel:
            moments += [scan.at for scan in reversed(shipment.parcel.scans.all())]
        assert moments == sorted(moments), shipment.order.number


def test_every_stage_is_there():
    assert set(Parcel.objects.values_list("milestone", flat=True)) == set(Milestone) - {
        Milestone.UNKNOWN
    }
    statuses = set(ReturnAuthorization.objects.values_list("status", flat=True))
    assert statuses == {
        Status.REQUESTED,
        Status.INFO_REQUESTED,
        Status.APPROVED,
        Status.DECLINED,
        Status.CANCELLED,
        Status.EXPIRED,
    }
    by_number = {
        rma.order.number: rma for rma in ReturnAuthorization.objects.select_related("order")
    }
    assert by_number["JP-20416"].keeps_goods
    assert by_number["JP-20396"].may_be_appealed
    assert not by_number["JP-20377"].may_be_appealed
    assert by_number["JP-20422"].payer == "store"
    assert by_number["JP-20408"].payer == "buyer"
    assert ReturnAuthorization.objects.to_remind().count() == 1


def test_what_the_labels_say_about_delivery_is_true():
    for slug, case in cases():
        order = order_of(slug, case)
        arrived = order.delivered_at
        words = case.label
        if "delivered" in words or "try a return" in words:
            assert arrived, case.label
        if "two parcels" in words:
            assert [bool(row.delivered_at) for row in order.outbound].count(True) == 1
        if words.startswith("delivered today"):
            assert timezone.now() - arrived < timedelta(hours=24)


def test_old_letters_count_as_sent_and_a_few_wait_for_the_worker():
    due = Notice.objects.filter(state=WorkState.DUE).count()
    assert 2 <= due <= 6
    assert Notice.objects.filter(state=WorkState.DONE).count() > 20
    for notice in Notice.objects.filter(state=WorkState.DONE):
        assert notice.done_at >= notice.written_at


def test_waybills_of_the_post_have_the_right_check_digit():
    assert upu_check_digit("47312482") == 9  # the example that the Universal Postal Union gives
    numbers = Parcel.objects.filter(number__startswith="RL").values_list("number", flat=True)
    assert numbers
    assert all(int(number[10]) == upu_check_digit(number[2:10]) for number in numbers)
