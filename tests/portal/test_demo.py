"""The demo: two shops with orders in every stage, true at whatever hour it is loaded."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from urllib.parse import urlsplit

import pytest
import zxingcpp
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone
from PIL import Image

from portal.demo import camera, journeys, journeys_back, pictures, pushes, talks, wrongs
from portal.demo.cases import CASES
from portal.demo.load import files_go_with_rows, load
from portal.management.commands.demo import reset
from returns import files, labels, problems
from returns.codes import PhotoKind, ProblemKind, ResolutionKind
from returns.models import (
    BUYER,
    CLOCK,
    CarrierContact,
    Case,
    Document,
    Event,
    Message,
    Notice,
    Order,
    Photo,
    Problem,
    Promise,
    Receipt,
    Resolution,
    ReturnAuthorization,
    Shipment,
    Store,
    Surplus,
)
from returns.queues import QUEUES
from returns.states import ResolutionState, Status
from tests import people
from tests.page_checks import CheckedClient
from tracking import numbers
from tracking.milestones import Milestone
from tracking.models import Parcel, Push, Scan
from tracking.providers import seventeentrack
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


def test_each_shop_has_somebody_who_answers_its_buyers_and_looks_after_its_cases():
    for slug, name in (("juniper-pine", "Ieva"), ("shanyue", "小月")):
        cases = Case.objects.filter(order__store__slug=slug)
        answers = Message.objects.filter(order__store__slug=slug, author="staff")
        assert {case.owner.first_name for case in cases} == {name}
        assert {message.user.first_name for message in answers} == {name}


def test_what_the_demo_answers_greets_nobody_twice_and_names_no_place_without_a_scan():
    for line in (line for lines in talks.TALKS.values() for line in lines if line.by == "desk"):
        assert not line.text.startswith("Dear") and "你好" not in line.text
    said = CarrierContact.objects.get(case__order__number="JP-20462")
    places = set(said.case.parcel.scans.values_list("place", flat=True))
    assert "Frankfurt" in places and "Frankfurt" in said.answer


def test_the_link_of_the_readme_is_the_vector():
    first = next(door for door in doors() if "JP-20418" in door["label"])
    assert first["url"].endswith("/l/v1.k1.JP-20418.0.02587471d1a6705881e182159f51d81d")


def test_links_begin_with_the_address_of_this_run(tmp_path):
    """The real command on a fresh folder, at another port; what it loads is the same story,
    and every file that it leaves has its row."""
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
            timeout=240,
            check=False,
        )

    early = manage("demo")
    assert early.returncode != 0
    assert "migrate" in early.stderr
    assert manage("migrate", "--verbosity", "0").returncode == 0
    old = tmp_path / "mail" / "old.log"
    old.parent.mkdir(exist_ok=True)
    old.write_text("a letter about orders that are gone")
    answer = manage("demo", "--reset", "--json")
    assert answer.returncode == 0, answer.stderr
    data = json.loads(answer.stdout)
    assert data["staff"]["url"] == "http://127.0.0.1:8147/desk/"
    assert all(door["url"].startswith("http://127.0.0.1:8147/") for door in data["buyers"])
    # Only its owner may read the password.
    assert (tmp_path / "demo_password").stat().st_mode & 0o077 == 0
    assert not old.exists()
    with closing(sqlite3.connect(tmp_path / "homeward.sqlite3")) as there:
        parcels = there.execute("SELECT number FROM tracking_parcel").fetchall()
        photos = there.execute("SELECT file, thumbnail FROM returns_photo").fetchall()
        documents = there.execute("SELECT file FROM returns_document").fetchall()
    assert {row[0] for row in parcels} == set(Parcel.objects.values_list("number", flat=True))
    named = {name for row in photos + documents for name in row}
    assert named == set(on_disk(tmp_path / "files"))


# --- loading ----------------------------------------------------------------------------------


def test_a_second_start_keeps_what_is_there():
    order = Order.objects.get(number="JP-20418")
    rma = people.ask_to_return(order)
    before = Order.objects.count()
    told()
    assert Order.objects.count() == before
    assert ReturnAuthorization.objects.filter(pk=rma.pk).exists()


def on_disk(folder) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


def test_reset_leaves_nothing_behind(settings, tmp_path):
    # Its own files: those that the other tests look at stay where they are.
    kept = {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": kept}
    told()
    photo = camera.photograph(pictures.goods("mug"))
    label = labels.check(camera.print_pdf(pictures.label("DPD", "1", "Here", "HW-1"), 400))
    rma = returns_of("JP-20406")
    Photo.objects.take(rma, PhotoKind.ITEM, photo, by=BUYER)
    Document.objects.add_label(rma, label.data, label.content_type, label.sha256, by=CLOCK)
    assert len(on_disk(tmp_path)) == 3
    assert len(on_disk(settings.DATA_DIR / "demo")) == 3
    reset()
    assert not Order.objects.exists()
    assert not on_disk(tmp_path)
    assert not on_disk(settings.DATA_DIR / "demo")


def test_files_of_a_load_that_fails_do_not_stay_behind():
    with pytest.raises(ZeroDivisionError), files_go_with_rows() as kept:
        kept.append(files.keep("photos", "jpg", b"a picture"))
        assert default_storage.exists(kept[0])
        raise ZeroDivisionError
    assert not default_storage.exists(kept[0])


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
        (ReturnAuthorization, "posted_at"),
        (ReturnAuthorization, "arrived_at"),
        (ReturnAuthorization, "received_at"),
        (ReturnAuthorization, "inspected_at"),
        (ReturnAuthorization, "resolved_at"),
        (ReturnAuthorization, "ended_at"),
        (Photo, "taken_at"),
        (Document, "added_at"),
        (Resolution, "settled_at"),
        (Promise, "made_at"),
        (Promise, "settled_at"),
        (Parcel, "checked_at"),
    ):
        late = model.objects.filter(**{f"{name}__gt": now})
        assert not late.exists(), f"{model.__name__}.{name}: {late.first()}"


JOURNEYS = {
    name: value
    for name, value in (vars(journeys) | vars(journeys_back)).items()
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


def returns_of(number: str) -> ReturnAuthorization:
    """The newest return of an order, with what its page shows."""
    found = ReturnAuthorization.objects.filter(order__number=number)
    return found.select_related("order").prefetch_related("order__shipments__parcel").latest("pk")


def test_every_stage_is_there():
    assert set(Parcel.objects.values_list("milestone", flat=True)) == set(Milestone) - {
        Milestone.UNKNOWN
    }
    statuses = set(ReturnAuthorization.objects.values_list("status", flat=True))
    assert statuses == set(Status) - {Status.LOST}
    assert returns_of("JP-20416").keeps_goods
    assert returns_of("JP-20396").may_be_appealed
    assert not returns_of("JP-20377").may_be_appealed
    assert returns_of("JP-20422").payer == "store"
    assert returns_of("JP-20408").payer == "buyer"
    assert ReturnAuthorization.objects.to_remind().count() == 1


def test_each_kind_of_problem_can_be_told_of_some_order_and_some_are_too_early():
    seen, early, now = set(), set(), timezone.now()
    for order in Order.objects.with_story():
        for kind, option in problems.judge(problems.facts_of(order, now), now).items():
            seen |= {kind} if option.is_possible else set()
            early |= {kind} if option.verdict.why == problems.Why.TOO_EARLY else set()
    assert seen == set(ProblemKind.values)
    assert early >= {ProblemKind.LATE, ProblemKind.NOT_HERE, ProblemKind.MISSING}
    told = {row.order.number: row for row in Problem.objects.select_related("order")}
    assert set(told) >= set(wrongs.TOLD)
    assert told["JP-20487"].case.is_open
    assert told["JP-20488"].authorization.status == Status.REQUESTED


def test_a_parcel_back_is_there_in_every_stage():
    photographed = returns_of("JP-20406")
    assert photographed.parcel_back is None
    kinds = {PhotoKind.ITEM, PhotoKind.PARCEL, PhotoKind.WAYBILL}
    assert {photo.kind for photo in photographed.photos.all()} == kinds
    given = returns_of(pushes.TOUR)
    assert given.status == Status.APPROVED
    assert given.parcel_back.parcel.milestone == Milestone.ANNOUNCED
    doubtful = returns_of("JP-20409").parcel_back
    assert doubtful.in_doubt
    assert Parcel.objects.filter(number=doubtful.number).exists()
    assert returns_of("JP-20407").documents.get().content_type == "application/pdf"
    assert returns_of("JP-20398").parcel_back.parcel.scans.count() == 3
    assert returns_of("SY-88083").parcel_back.parcel.scans.count() == 3
    assert returns_of("JP-20392").parcel_back.parcel.milestone == Milestone.CUSTOMS
    late = returns_of("JP-20304")
    assert late.status == Status.EXPIRED
    assert late.parcel_back
    assert returns_of("JP-20301").came_after_end


@pytest.mark.parametrize("slug", CASES)
def test_each_queue_of_the_desk_has_something_in_each_shop(slug):
    mine = ReturnAuthorization.objects.filter(order__store__slug=slug)
    assert mine.waiting().exists()
    assert mine.to_receive().exists()
    assert mine.to_inspect().exists()
    assert mine.to_settle().exists()
    assert Resolution.objects.to_send().filter(authorization__in=mine).exists()


@pytest.mark.parametrize("name", QUEUES)
def test_no_queue_of_the_desk_is_empty(name):
    assert QUEUES[name].rows().exists()


def test_what_the_warehouse_found_differs():
    receipts = {row.authorization.order.number: row for row in Receipt.objects.all()}
    assert receipts["JP-20382"].weight_differs
    assert receipts["JP-20382"].authorization.lines.get().missing == 1
    assert receipts["JP-20376"].was_empty
    assert not receipts["JP-20385"].weight_differs
    assert Surplus.objects.get().authorization.order.number == "JP-20379"
    for number in ("JP-20382", "JP-20379", "JP-20376", "SY-88072"):
        assert returns_of(number).photos.filter(taken_by="staff").exists(), number


def test_the_money_is_there_in_every_state():
    found = {row.authorization.order.number: row for row in Resolution.objects.all()}
    assert found["JP-20369"].state == ResolutionState.PENDING
    assert found["JP-20364"].state == ResolutionState.FAILED
    assert found["JP-20362"].state == ResolutionState.SUCCEEDED
    assert found["JP-20366"].kind == ResolutionKind.PART_REFUND
    assert found["JP-20366"].words
    assert found["SY-88057"].kind == found["JP-20358"].kind == ResolutionKind.EXCHANGE
    for row in found.values():
        order = Order.objects.with_goods().get(pk=row.authorization.order_id)
        assert row.amount <= order.paid_total


def test_the_story_of_each_return_is_in_order():
    """By its own moments, by the scans of its parcel, and by its history."""
    for rma in ReturnAuthorization.objects.prefetch_related("order__shipments__parcel__scans"):
        back = rma.parcel_back
        scans = list(reversed(back.parcel.scans.all())) if back and back.parcel else []
        steps = [
            rma.requested_at,
            rma.approved_at,
            rma.posted_at,
            *(scan.at for scan in scans),
            rma.received_at,
            rma.inspected_at,
            rma.resolved_at,
        ]
        told = [step for step in steps if step]
        assert told == sorted(told), rma.order.number
        taken = [photo.taken_at for photo in rma.photos.filter(taken_by="buyer")]
        assert all(rma.requested_at < at for at in taken)
        written = list(rma.events.order_by("pk").values_list("at", flat=True))
        assert written == sorted(written), rma.order.number


def test_only_what_is_meant_to_be_late_is_late():
    late = Promise.objects.late().exclude(kind="reminder")
    assert [promise.order.number for promise in late] == ["SY-88085"]


# --- photographs ------------------------------------------------------------------------------


def test_every_photo_is_a_picture_and_shows_what_was_read_on_it():
    assert Photo.objects.count() >= 12
    for photo in Photo.objects.all():
        for name in (photo.file, photo.thumbnail):
            picture = Image.open(BytesIO(files.read(name)))
            assert picture.format == "JPEG"
        if photo.kind == PhotoKind.PARCEL:
            assert photo.codes == [photo.authorization.number]


def test_the_number_on_a_waybill_is_the_one_that_was_given():
    for photo in Photo.objects.filter(kind=PhotoKind.WAYBILL):
        [read] = photo.codes
        assert numbers.is_plausible(read)
        rma = returns_of(photo.authorization.order.number)
        if rma.parcel_back and not rma.parcel_back.in_doubt:
            assert rma.parcel_back.number == read


def test_no_number_is_mistyped():
    for shipment in Shipment.objects.exclude(parcel=None).select_related("parcel"):
        parcel = shipment.parcel
        assert not numbers.is_mistyped(parcel.number, [parcel.carrier]), parcel
        assert not numbers.avoid(parcel.number), parcel


def test_the_waybill_of_the_tour_can_be_read_and_is_nobodys_yet():
    told()
    picture = Image.open(settings.DATA_DIR / "demo" / "waybill.jpg")
    [code] = zxingcpp.read_barcodes(picture)
    [best, *_] = numbers.recognise(code.text)
    assert (best.carrier, best.checked) == ("royal-mail", True)
    assert not Parcel.objects.filter(number=code.text).exists()


def test_what_people_write_on_a_picture_stays_words():
    scene = pictures.parcel('<script>&amp; Søn</script>\n"A"', "HW-7F3K-9Q2M")
    assert Image.open(BytesIO(camera.photograph(scene))).size == camera.SIZE


# --- what the carrier would push ------------------------------------------------------------------


def replayed(path) -> str:
    out = StringIO()
    call_command("push", str(path), "--provider", "17track", stdout=out)
    ReturnAuthorization.objects.follow()
    return out.getvalue()


def test_the_pushes_move_the_return_of_the_tour():
    told()
    rma = returns_of(pushes.TOUR)
    scanned, delivered = pushes.paths()
    assert scanned.name == f"{rma.number}.json"
    assert "2 new" in replayed(scanned)
    rma.refresh_from_db()
    assert (rma.status, rma.arrived_at) == (Status.IN_TRANSIT, None)
    assert "3 new" in replayed(delivered)
    rma.refresh_from_db()
    assert rma.arrived_at
    assert "came before" in replayed(delivered)
    assert Push.objects.count() == 2
    assert ReturnAuthorization.objects.to_receive().filter(pk=rma.pk).exists()


def test_the_second_push_alone_tells_the_whole_story():
    told()
    replayed(pushes.paths()[1])
    rma = returns_of(pushes.TOUR)
    assert rma.status == Status.IN_TRANSIT
    assert rma.arrived_at
    assert rma.parcel_back.parcel.scans.count() == len(journeys_back.WITHIN_LITHUANIA)


def test_the_pushes_tell_of_today_until_one_was_replayed():
    told()
    for path in pushes.paths():
        [news] = seventeentrack.parse(path.read_bytes())
        assert all(report.at < timezone.now() for report in news.reports)
    rma = returns_of(pushes.TOUR)
    assert news.reports[0].at > rma.posted_at
    later = timezone.now() + timedelta(days=3)
    pushes.prepare(later)
    [news] = seventeentrack.parse(pushes.paths()[1].read_bytes())
    assert later - news.reports[-1].at < timedelta(days=1)
    parcel = rma.parcel_back.parcel
    parcel.record(news.reports[:1], now=later)
    before = [path.read_bytes() for path in pushes.paths()]
    pushes.prepare(later + timedelta(days=1))
    assert [path.read_bytes() for path in pushes.paths()] == before


def test_the_readme_names_files_and_orders_that_are_there():
    readme = (settings.BASE_DIR / "README.md").read_text(encoding="utf-8")
    for path in pushes.paths():
        assert f"var/demo/{path.name}" in readme
    named = set(re.findall(r"\bJP-\d{5}\b", readme))
    assert named == set(Order.objects.filter(number__in=named).values_list("number", flat=True))


def test_the_command_says_how_to_replay_them():
    words = told()
    for path in pushes.paths():
        assert f"manage.py push {path}" in words


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
    waiting = Notice.objects.filter(state=WorkState.DUE)
    assert waiting.drafts().count() > 10, "what somebody may read before it leaves"
    assert 2 <= waiting.filter(held_until=None).count() <= 26
    assert Notice.objects.filter(state=WorkState.DONE).count() > 20
    for notice in Notice.objects.filter(state=WorkState.DONE):
        assert notice.done_at >= notice.written_at
