"""Photos of a return: sending, looking at and taking them away."""

import hashlib
import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from returns import addresses
from returns.codes import PhotoKind
from returns.models import BUYER, Actor, Photo, ReturnAuthorization
from returns.states import Status
from tests import people, pictures
from tests.page_checks import CheckedClient
from tests.portal.test_return_form import words

pytestmark = pytest.mark.django_db

NUMBER = "RB123456785GB"


@pytest.fixture
def rma(order) -> ReturnAuthorization:
    return people.ask_to_return(order)


def page(rma, name="photos", **more) -> str:
    return addresses.return_page(rma, name, **more)


def send(client, rma, data: bytes, kind: str = "item", name: str = "photo.jpg", **options):
    file = SimpleUploadedFile(name, data, "image/jpeg")
    return client.post(page(rma), {"kind": kind, "photo": file}, **options)


def section(response, kind: str) -> str:
    """The part of the page about one kind."""
    return response.content.decode().split(f'id="kind-{kind}"')[1].split("</section>")[0]


# --- Sending ----------------------------------------------------------------------------------


def test_there_is_a_real_field_for_each_kind_and_no_camera_is_forced(sarah, rma):
    markup = sarah.get(page(rma)).content.decode()
    fields = re.findall(r'<input type="file"[^>]*>', markup)
    assert [re.search(r'id="photo-(\w+)"', field)[1] for field in fields] == [
        PhotoKind.ITEM,
        PhotoKind.PARCEL,
        PhotoKind.WAYBILL,
    ]
    for field in fields:
        assert "image/heic" in field and "capture" not in field
    assert "What you send back" in markup and "The packed parcel" in markup
    assert "There is room for 10 more photos." in words(sarah.get(page(rma)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_kept_and_shown_where_it_belongs(sarah, rma, kind):
    data = pictures.photo(kind=kind)
    response = send(sarah, rma, data, "parcel")
    assert response["Location"] == f"{page(rma)}#kind-parcel"
    photo = Photo.objects.get()
    assert (photo.kind, photo.taken_by) == ("parcel", "buyer")
    assert photo.sha256 == hashlib.sha256(data).hexdigest()
    shown = sarah.get(page(rma))
    assert page(rma, "photo_small", key=photo.key) in section(shown, "parcel")
    assert page(rma, "photo_small", key=photo.key) not in section(shown, "item")
    assert "There is room for 9 more photos." in words(shown)
    assert page(rma, "photo_small", key=photo.key) in sarah.get(page(rma, "return")).text


def test_without_a_script_the_plain_form_does_it_all(sarah, rma):
    """The page has one form a kind with a button, and the answer is the page again."""
    markup = sarah.get(page(rma)).content.decode()
    forms = re.findall(r'<form class="upload-form.*?</form>', markup, re.DOTALL)
    assert len(forms) == 3
    for form in forms:
        assert 'enctype="multipart/form-data"' in form and "Send this photo" in form
    response = send(sarah, rma, pictures.photo(), follow=True)
    assert response.status_code == 200
    assert Photo.objects.count() == 1


def test_the_same_photo_sent_twice_is_one_photo(sarah, rma):
    for _ in range(2):
        assert send(sarah, rma, pictures.photo()).status_code == 302
    assert Photo.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "photo.jpg", "That file is empty."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo.jpg", "not a photo we can open"),
        (b"<html><script>alert(1)</script>", "photo.jpg", "not a photo we can open"),
        (b"%PDF-1.7 nothing", "photo.pdf", "not a photo we can open"),
        (pictures.photo()[:900], "photo.jpg", "could not open that photo"),
    ],
)
def test_what_is_no_photo_is_refused_in_words_beside_its_field(sarah, rma, data, name, says):
    response = send(sarah, rma, data, "waybill", name)
    assert response.status_code == 422
    assert says in section(response, "waybill") and says not in section(response, "item")
    assert words(response).count(says) == 2, "in the summary too"
    assert "<title>Problem: " in response.content.decode()
    assert not Photo.objects.exists()


def test_a_form_without_a_photo_asks_for_one(sarah, rma):
    response = sarah.post(page(rma), {"kind": "item"})
    assert response.status_code == 422
    assert "Choose a photo first" in section(response, "item")


@pytest.mark.parametrize("kind", ["", "selfie", "\0"])
def test_a_kind_that_is_not_asked_for_is_no_photo(sarah, rma, kind):
    response = send(sarah, rma, pictures.photo(), kind)
    assert response.status_code == 422
    assert not Photo.objects.exists()


def colours(count: int) -> list[str]:
    return [f"#{number * 20:02x}4080" for number in range(count)]


def test_the_eleventh_photo_is_refused_and_the_page_says_what_helps(sarah, rma):
    for number, colour in enumerate(colours(10)):
        fill(rma, pictures.photo(colour), number)
    assert "There are 10 photos, which is the most." in words(sarah.get(page(rma)))
    assert 'type="file"' not in sarah.get(page(rma)).content.decode()
    response = send(sarah, rma, pictures.photo("white"))
    assert response.status_code == 409
    assert "Take one away to add another." in words(response)
    assert Photo.objects.count() == 10


def fill(rma, data: bytes, number: int, by: Actor = BUYER, kind: str = "item") -> Photo:
    """A row as `take` makes it; developing ten of them takes long."""
    return Photo.objects.create(
        authorization=rma,
        kind=kind,
        file=f"x{number}",
        thumbnail=f"y{number}",
        sha256=f"{by.kind}{number}".ljust(64, "0"),
        width=4,
        height=3,
        taken_by=by.kind,
    )


def test_before_it_is_approved_only_the_goods_are_photographed(sarah, rma):
    ReturnAuthorization.objects.update(status=Status.REQUESTED)
    response = sarah.get(page(rma))
    assert "Photos of the goods" in words(response)
    assert response.content.decode().count('type="file"') == 1
    assert send(sarah, rma, pictures.photo(), "waybill").status_code == 422
    assert send(sarah, rma, pictures.photo(), "item").status_code == 302


@pytest.mark.parametrize("status", [Status.RECEIVED, Status.CLOSED, Status.CANCELLED])
def test_once_we_have_the_goods_no_more_photos_are_taken(sarah, rma, status):
    photo = fill(rma, b"", 1)
    ReturnAuthorization.objects.update(status=status)
    shown = sarah.get(page(rma))
    assert 'type="file"' not in shown.content.decode()
    assert page(rma, "photo_small", key=photo.key) in shown.content.decode()
    response = send(sarah, rma, pictures.photo())
    assert response.status_code == 409
    assert "takes no more photos" in words(response)
    assert Photo.objects.count() == 1


def test_whoever_is_second_reads_what_the_first_did(sarah, rma, monkeypatch):
    """The warehouse opened the parcel while the photo was on its way."""
    from returns import photos

    develop = photos.develop

    def slowly(data):
        ReturnAuthorization.objects.update(status=Status.RECEIVED)
        return develop(data)

    monkeypatch.setattr(photos, "develop", slowly)
    response = send(sarah, rma, pictures.photo())
    assert response.status_code == 409
    assert "takes no more photos" in words(response)
    assert not Photo.objects.exists()


def test_a_form_of_another_site_is_refused(order, rma):
    client = Client(enforce_csrf_checks=True)
    people.open_link(client, order)
    assert send(client, rma, pictures.photo()).status_code == 403
    assert not Photo.objects.exists()


def test_who_cannot_take_a_photo_reads_that_it_is_fine_and_where_to_go_on(sarah, rma):
    response = sarah.get(page(rma))
    assert "I cannot take a photo" in words(response)
    assert "That is fine, your return goes on without one." in words(response)
    assert page(rma, "return_number") in response.content.decode()


# --- A number on the slip ---------------------------------------------------------------------


def test_a_barcode_on_the_receipt_is_offered_as_the_number_and_nothing_is_saved(sarah, rma):
    response = send(sarah, rma, pictures.waybill(NUMBER), "waybill", follow=True)
    assert "We read this number on your photo." in words(response)
    assert f"{page(rma, 'return_number')}?read=0" in response.content.decode()
    assert rma.order.shipments.filter(is_return=True).count() == 0
    rma.name_parcel(NUMBER, "royal-mail", by=BUYER)
    assert "We read this number" not in words(sarah.get(page(rma)))


def test_who_may_not_see_the_receipt_does_not_read_its_number(sarah, rma):
    send(sarah, rma, pictures.waybill(NUMBER), "waybill")
    other = CheckedClient()
    people.open_link(other, rma.order)
    assert NUMBER not in other.get(page(rma)).content.decode()


# --- Taking one away --------------------------------------------------------------------------


def test_a_photo_can_be_taken_away_again_by_whoever_sent_it(sarah, rma):
    send(sarah, rma, pictures.photo())
    photo = Photo.objects.get()
    gone = page(rma, "photo_remove", key=photo.key)
    assert gone in sarah.get(page(rma)).content.decode()
    for _ in range(2):
        assert sarah.post(gone)["Location"] == page(rma)
    assert not Photo.objects.exists()
    assert sarah.get(gone).status_code == 405


def test_the_holder_of_a_forwarded_link_cannot_take_away_what_proves_something(sarah, rma):
    send(sarah, rma, pictures.photo())
    photo = Photo.objects.get()
    other = CheckedClient()
    people.open_link(other, rma.order)
    gone = page(rma, "photo_remove", key=photo.key)
    assert gone not in other.get(page(rma)).content.decode()
    assert other.post(gone).status_code == 302  # as for one that is gone
    assert Photo.objects.count() == 1


def test_our_own_photos_are_not_the_buyers_to_take_away(sarah, rma):
    photo = fill(rma, b"", 1, by=Actor.staff(people.staff("ieva")))
    sarah.post(page(rma, "photo_remove", key=photo.key))
    ReturnAuthorization.objects.update(status=Status.RECEIVED)
    assert Photo.objects.count() == 1


def test_after_we_have_the_goods_a_photo_stays(sarah, rma):
    send(sarah, rma, pictures.photo())
    photo = Photo.objects.get()
    ReturnAuthorization.objects.update(status=Status.RECEIVED)
    assert "Take this photo away" not in words(sarah.get(page(rma)))
    response = sarah.post(page(rma, "photo_remove", key=photo.key))
    assert response.status_code == 409
    assert Photo.objects.count() == 1


# --- What is asked of the database ------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 10])
def test_ten_photos_need_no_more_queries_than_none(sarah, rma, count, django_assert_num_queries):
    for number in range(count):
        fill(rma, b"", number, kind=PhotoKind.values[number % 3])
    with django_assert_num_queries(6):
        assert sarah.get(page(rma)).status_code == 200


def test_what_is_shown_is_upright_and_small(sarah, rma):
    send(sarah, rma, pictures.photo(size=(1200, 900)))
    photo = Photo.objects.get()
    small = Image.open(BytesIO(sarah.get(page(rma, "photo_small", key=photo.key)).content))
    assert max(small.size) <= 320
    large = Image.open(BytesIO(sarah.get(page(rma, "photo", key=photo.key)).content))
    assert large.size == (photo.width, photo.height) == (1200, 900)


def test_whoever_sends_files_without_end_is_asked_to_wait(sarah, order, monkeypatch):
    monkeypatch.setattr("returns.models.photo.UPLOADS", ((2, timedelta(hours=1)),))
    rma = people.ask_to_return(order)
    page = addresses.return_page(rma, "photos")
    for number in range(3):
        file = SimpleUploadedFile("note.txt", b"no photo %d" % number)
        answer = sarah.post(page, {"kind": "item", "photo": file})
    assert answer.status_code == 429
    assert "try again in an hour" in answer.content.decode()
