"""Photos at the desk: taken at the warehouse one by one, shown to nobody but staff."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from returns import files
from returns.models import BUYER, Photo, ReturnAuthorization
from returns.states import Status
from tests import people
from tests.portal.desk_work import approved, ask_for_all, at_desk, page, send, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def warehouse(db):
    return at_desk("jonas", "receive_return")


@pytest.fixture
def rma(store) -> ReturnAuthorization:
    return approved(store)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """Files of this test lie by themselves."""
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = settings.STORAGES | {
        "default": storage | {"OPTIONS": {"location": str(tmp_path)}}
    }
    return tmp_path


def drawn(color: str = "tan") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), color).save(file, "JPEG")
    return file.getvalue()


def upload(data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile("photo.jpg", drawn() if data is None else data, "image/jpeg")


def test_a_phone_opens_its_camera(warehouse, rma):
    shown = warehouse.get(url(rma, "photo")).text
    assert 'capture="environment"' in shown
    assert 'accept="image/*"' in shown
    assert 'enctype="multipart/form-data"' in shown


def test_one_photo_at_a_time_is_kept_and_shown(warehouse, rma):
    send(warehouse, rma, "photo", file=upload())
    shown = send(warehouse, rma, "photo", file=upload(drawn("blue")), kind="parcel")
    assert "the photo is kept" in shown.text
    assert shown.redirect_chain[-1][0] == url(rma, "photo")
    first, second = Photo.objects.all()
    assert (first.kind, second.kind) == ("item", "parcel")
    assert (first.taken_by, first.user.username) == ("staff", "jonas")
    case = warehouse.get(page(rma)).text
    for photo in (first, second):
        assert f"/photo_file/{photo.key}/?small" in case


def test_staff_may_photograph_in_every_state(warehouse, rma):
    ReturnAuthorization.objects.filter(pk=rma.pk).update(status=Status.CLOSED)
    send(warehouse, rma, "photo", file=upload())
    assert Photo.objects.count() == 1


def test_the_same_photo_sent_twice_is_one(warehouse, rma):
    for _ in range(2):
        send(warehouse, rma, "photo", file=upload())
    assert Photo.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "That file is empty."),
        (b"<svg/>", "not a photo we can open"),
        (drawn()[:900], "part of it may be missing"),
    ],
)
def test_what_is_no_photo_says_why_and_is_not_kept(warehouse, rma, folder, data, words):
    shown = send(warehouse, rma, "photo", file=upload(data), kind="waybill")
    assert words in shown.text
    assert not Photo.objects.exists()
    assert not [path for path in folder.rglob("*") if path.is_file()]
    assert shown.context["form"]["kind"].value() == "waybill"


def test_a_photo_is_needed_and_its_kind(warehouse, rma):
    assert "This field is required" in send(warehouse, rma, "photo").text
    shown = send(warehouse, rma, "photo", file=upload(), kind="selfie")
    assert "Select a valid choice" in shown.text
    assert not Photo.objects.exists()


def test_more_than_there_is_room_for_is_refused_in_words(warehouse, rma):
    Photo.objects.bulk_create(
        Photo(authorization=rma, kind="item", sha256=str(n), width=1, height=1, taken_by="staff")
        for n in range(30)
    )
    shown = send(warehouse, rma, "photo", file=upload())
    assert "has 30 photos already" in shown.text
    assert Photo.objects.count() == 30


# --- shown ---------------------------------------------------------------------------------------


@pytest.fixture
def photo(rma) -> Photo:
    """Sarah's, of her waybill."""
    return Photo.objects.take(rma, "waybill", drawn(), by=BUYER)


def address(photo: Photo, rma: ReturnAuthorization | None = None) -> str:
    return page(rma or photo.authorization).replace("/change/", f"/photo_file/{photo.key}/")


def test_photos_are_shown_to_the_desk_as_what_we_made_of_them(warehouse, photo):
    answer = warehouse.get(address(photo))
    assert answer.content == files.read(photo.file)
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"].startswith("inline")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    small = warehouse.get(address(photo), {"small": ""})
    assert small.content == files.read(photo.thumbnail)


def test_a_photo_of_another_return_is_not_there(warehouse, photo, store):
    other = ask_for_all(people.place_order(store, "JP-2"))
    assert warehouse.get(address(photo, other)).status_code == 404


def test_a_photo_whose_file_is_gone_is_not_there(warehouse, photo):
    files.drop([photo.file])
    assert warehouse.get(address(photo)).status_code == 404


def test_who_may_not_see_returns_sees_no_photo(photo, bob, client, db):
    stranger = at_desk("stranger")
    assert stranger.get(address(photo)).status_code == 200
    nobody = people.staff("nobody", "view_order")
    stranger.force_login(nobody)
    assert stranger.get(address(photo)).status_code == 404
    for visitor in (bob, client):
        answer = visitor.get(address(photo))
        assert answer.status_code == 302
        assert "login" in answer.url


def test_beside_the_inspection_stand_the_photos(warehouse, photo):
    rma = photo.authorization
    send(warehouse, rma, "receive")
    assert f"/photo_file/{photo.key}/?small" in warehouse.get(url(rma, "inspect")).text
