"""The parcel back at the desk: its number, a number in doubt, its label, its scans."""

import io
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from returns import files
from returns.models import BUYER, Actor, Document, Promise, ReturnAuthorization, Shipment
from returns.states import Status
from tests import people
from tests.portal.desk_work import WAYBILL, approved, ask_for_all, at_desk, page, read, send, url
from tests.returns.test_labels import PDF, picture, with_name
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(db):
    return at_desk("ieva", "decide_return")


@pytest.fixture
def rma(store) -> ReturnAuthorization:
    return approved(store)


@pytest.fixture
def folder(settings, tmp_path):
    """Files of this test lie by themselves."""
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = settings.STORAGES | {
        "default": storage | {"OPTIONS": {"location": str(tmp_path)}}
    }
    return tmp_path


def kept(folder) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


def pdf(data: bytes = PDF, name: str = "label.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "application/pdf")


def back(rma) -> Shipment:
    return rma.shipments.get(is_return=True)


# --- a number told by telephone ----------------------------------------------------------------


def test_a_number_told_by_telephone_is_followed(agent, rma):
    shown = send(agent, rma, "number", number="rb 103 456 786 gb")
    assert f"{WAYBILL} (Royal Mail) is followed from now on." in shown.text
    assert (back(rma).number, back(rma).carrier) == (WAYBILL, "royal-mail")
    assert read(rma).posted_at
    case = agent.get(page(rma)).text
    assert WAYBILL in case
    assert "No scan yet." in case
    assert rma.events.get(kind="number_given").user.username == "ieva"


def test_the_carrier_is_chosen_when_it_is_known(agent, rma):
    send(agent, rma, "number", number="123456789012", carrier="dpd")
    assert back(rma).carrier == "dpd"


def test_a_number_with_a_wrong_digit_is_asked_again_and_may_stay(agent, rma):
    shown = send(agent, rma, "number", number="RB104356786GB")
    assert "A digit of it is wrong or missing." in shown.text
    assert WAYBILL in shown.text, "what may have been meant"
    assert 'value="RB104356786GB"' in shown.text
    assert not rma.shipments.exists()
    send(agent, rma, "number", number="RB104356786GB", as_typed="on")
    assert back(rma).number == "RB104356786GB"


@pytest.mark.parametrize("number", ["", "abc", "?" * 30, "x" * 301])
def test_what_is_no_number_is_refused_in_words(agent, rma, number):
    shown = send(agent, rma, "number", number=number)
    assert shown.context["form"].errors["number"]
    assert not rma.shipments.exists()


def test_another_number_drops_the_old_journey(agent, rma):
    rma.name_parcel("RB123456785GB", "royal-mail", by=BUYER)
    assert "drops the old journey" in agent.get(url(rma, "number")).text
    send(agent, rma, "number", number=WAYBILL)
    assert back(rma).number == WAYBILL
    assert not Parcel.objects.filter(number="RB123456785GB").exists()


def test_the_journey_is_told_on_the_page(agent, rma):
    rma.name_parcel(WAYBILL, "royal-mail", by=BUYER)
    report = ScanReport(
        at=timezone.now(), milestone=Milestone.ACCEPTED, place="Bristol", words="Acceptance"
    )
    Parcel.objects.get(number=WAYBILL).record([report])
    case = agent.get(page(rma)).text
    assert "Bristol" in case
    assert "Acceptance" in case


# --- a number in doubt -------------------------------------------------------------------------


@pytest.fixture
def doubtful(rma, store) -> ReturnAuthorization:
    """Bob gave the same number first."""
    bob = people.place_order(store, "JP-20999", name="Bob Marsh", email="bob@example.com")
    ask_for_all(bob).name_parcel(WAYBILL, "royal-mail", by=BUYER)
    rma.name_parcel(WAYBILL, "royal-mail", by=BUYER)
    return read(rma)


def test_a_number_in_doubt_is_flagged_and_shows_whose_else_it_is(agent, doubtful):
    assert "stands for another parcel as well" in agent.get(page(doubtful)).text
    shown = agent.get(url(doubtful, "confirm_number")).text
    assert "Bob Marsh" in shown
    assert "JP-20999" in shown


def test_a_number_in_doubt_is_followed_once_somebody_looked(agent, doubtful):
    shown = send(agent, doubtful, "confirm_number")
    assert "is followed from now on" in shown.text
    assert not back(doubtful).in_doubt
    assert back(doubtful).parcel.number == WAYBILL
    shown = agent.post(url(doubtful, "confirm_number"), {}, follow=True)
    assert "no longer possible" in shown.text
    assert doubtful.events.filter(kind="number_confirmed").count() == 1


def test_a_number_without_doubt_asks_for_nothing(agent, rma):
    rma.name_parcel(WAYBILL, "royal-mail", by=BUYER)
    assert url(rma, "confirm_number") not in agent.get(page(rma)).text
    shown = agent.get(url(rma, "confirm_number"), follow=True)
    assert "no longer possible" in shown.text


# --- the label -----------------------------------------------------------------------------------


def test_a_label_is_kept_and_handed_out_to_the_desk(agent, rma, folder):
    shown = send(agent, rma, "label", file=pdf())
    assert f"{rma.number} has its label." in shown.text
    document = Document.objects.get()
    case = agent.get(page(rma)).text
    link = f"/document_file/{document.key}/"
    assert link in case
    answer = agent.get(page(rma).replace("/change/", link))
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_picture_of_a_label_is_rebuilt(agent, rma, folder):
    send(agent, rma, "label", file=SimpleUploadedFile("label.png", picture(), "image/png"))
    document = Document.objects.get()
    assert document.content_type == "image/jpeg"
    assert Image.open(io.BytesIO(files.read(document.file))).format == "JPEG"


def test_a_new_label_replaces_the_old_one(agent, rma, folder, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        send(agent, rma, "label", file=pdf())
        send(agent, rma, "label", file=pdf(PDF.replace(b"1.7", b"1.4")))
    assert Document.objects.count() == 1
    assert kept(folder) == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"hello", "neither a PDF nor a picture"),
        (PDF[:-8], "ends too early"),
        (with_name(b"/JavaScript"), "has a script"),
        (b"%PDF-" + bytes(5 * 1024 * 1024), "larger than 5 MB"),
    ],
)
def test_what_is_no_label_is_refused_in_words_and_not_kept(agent, rma, folder, data, words):
    shown = send(agent, rma, "label", file=pdf(data), number=WAYBILL)
    assert words in shown.text
    assert f'value="{WAYBILL}"' in shown.text
    assert not Document.objects.exists()
    assert not rma.shipments.exists()
    assert kept(folder) == 0


def test_a_label_needs_a_file(agent, rma):
    assert "This field is required" in send(agent, rma, "label").text


def test_its_number_is_known_but_we_go_on_reminding(agent, rma, folder):
    shown = send(agent, rma, "label", file=pdf(), number=WAYBILL)
    assert f"{WAYBILL} is known now." in shown.text
    rma = read(rma)
    assert back(rma).parcel.number == WAYBILL
    assert rma.posted_at is None
    assert Promise.objects.open().filter(authorization=rma, kind="reminder").exists()
    assert rma in ReturnAuthorization.objects.to_remind(rma.remind_at + timedelta(minutes=1))
    assert "Not posted yet" in agent.get(page(rma)).text


def test_a_scan_of_its_number_sets_it_on_its_way(agent, rma, folder):
    send(agent, rma, "label", file=pdf(), number=WAYBILL)
    scan = ScanReport(at=timezone.now(), milestone=Milestone.ACCEPTED)
    Parcel.objects.get(number=WAYBILL).record([scan])
    ReturnAuthorization.objects.follow()
    rma = read(rma)
    assert rma.status == Status.IN_TRANSIT
    assert rma.posted_at


def test_the_same_number_told_by_the_buyer_later_means_that_it_is_posted(agent, rma, folder):
    send(agent, rma, "label", file=pdf(), number=WAYBILL)
    read(rma).name_parcel(WAYBILL, "royal-mail", by=BUYER)
    rma = read(rma)
    assert rma.posted_at
    assert rma.shipments.count() == 1
    assert not Promise.objects.open().filter(authorization=rma, kind="reminder").exists()
    assert Promise.objects.open().filter(authorization=rma, kind="update").exists()


def test_a_number_that_is_only_known_twice_changes_nothing(rma):
    by = Actor.staff(people.staff("mara"))
    rma.name_parcel(WAYBILL, "royal-mail", by=by, posted=False)
    rma.name_parcel(WAYBILL, "royal-mail", by=by, posted=False)
    assert rma.events.filter(kind="number_given").count() == 1
    assert read(rma).posted_at is None


def test_a_label_for_a_return_that_ended_meanwhile_is_not_kept(agent, rma, folder):
    rma.cancel(by=BUYER)
    shown = agent.post(url(rma, "label"), {"file": pdf()}, follow=True)
    assert "no longer possible" in shown.text
    assert kept(folder) == 0


# --- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize("permissions", [(), ("receive_return",), ("settle_return",)])
@pytest.mark.parametrize("name", ["number", "label", "confirm_number"])
def test_only_the_desk_names_numbers_and_adds_labels(doubtful, permissions, name):
    other = at_desk("other", *permissions)
    assert url(doubtful, name) not in other.get(page(doubtful)).text
    assert other.get(url(doubtful, name)).status_code == 404
    assert other.post(url(doubtful, name), {"number": WAYBILL}).status_code == 404


def test_every_act_is_logged_with_who(agent, doubtful, folder):
    send(agent, doubtful, "confirm_number")
    send(agent, doubtful, "number", number="RB123456785GB")
    send(agent, doubtful, "label", file=pdf())
    told = LogEntry.objects.filter(object_id=str(doubtful.pk), user__username="ieva")
    assert [entry.change_message for entry in told.order_by("pk")] == [
        "Look at the number.",
        "Tracking number.",
        "Add a label.",
    ]
