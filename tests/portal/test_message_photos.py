"""Photos in messages: sending them, what is refused, and who sees them."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portal import access
from returns import addresses, files
from returns.models import Actor, Message, MessagePhoto, Order
from returns.photos.problems import Problem, Unusable
from returns.photos.words import PROBLEMS
from tests import people, pictures
from tests.page_checks import CheckedClient
from tests.portal.test_messages import holder, key_in, page
from tests.portal.test_return_form import words
from tests.portal.test_step_up import code_sent, page_of, send

pytestmark = pytest.mark.django_db

BOTH = ["message_photo", "message_photo_small"]
HEADERS = {
    "Content-Type": "image/jpeg",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Robots-Tag": "noindex, nofollow",
}


def file(data: bytes, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "image/jpeg")


def post(client, order: Order, *photos: SimpleUploadedFile, text: str = "", key: str = ""):
    key = key or key_in(client, order)
    return client.post(page(order), {"text": text, "key": key, "photos": list(photos)})


def url(photo: MessagePhoto, name: str = "message_photo") -> str:
    return addresses.order_page(photo.message.order, name, key=photo.key)


def enter_code(client, order: Order) -> None:
    send(client, order)
    assert client.post(page_of(order), {"code": code_sent()}).status_code == 302


@pytest.fixture
def photo(order) -> MessagePhoto:
    """One that came in by mail: no session sent it."""
    message = order.write("See the photo", key="m1", way="email")
    return MessagePhoto.objects.create(
        message=message,
        file=files.keep("photos", "jpg", pictures.photo()),
        thumbnail=files.keep("photos", "jpg", pictures.photo(size=(40, 30))),
        sha256="0" * 64,
        width=400,
        height=300,
    )


# --- Sending ----------------------------------------------------------------------------------


def test_photos_come_with_the_words_and_are_shown_to_whoever_sent_them(sarah, order):
    sent = [file(pictures.photo(colour)) for colour in ("tan", "navy")]
    assert post(sarah, order, *sent, text="The box is torn").status_code == 302
    assert Message.objects.get().text == "The box is torn"
    shown = sarah.get(page(order)).text
    for one in MessagePhoto.objects.all():
        assert url(one) in shown and url(one, "message_photo_small") in shown
        for name in BOTH:
            assert sarah.get(url(one, name)).status_code == 200
    assert shown.count("<img") == 2


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_speaks_for_itself(sarah, order, kind):
    assert post(sarah, order, file(pictures.photo(kind=kind))).status_code == 302
    message = Message.objects.get()
    assert message.text == "" and message.pictures.count() == 1


def test_the_same_form_with_the_same_photo_twice_is_one_message(sarah, order):
    key = key_in(sarah, order)
    for _ in range(2):
        assert post(sarah, order, file(pictures.photo()), key=key).status_code == 302
    assert MessagePhoto.objects.count() == Message.objects.count() == 1


def test_five_photos_are_the_most(sarah, order):
    response = post(sarah, order, *(file(b"x") for _ in range(6)), text="All of it")
    assert response.status_code == 422
    assert "Choose 5 photos at most." in words(response)
    assert "All of it" in response.text
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "That file is empty."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a photo we can open"),
        (pictures.photo()[:900], "could not open that photo"),
    ],
)
def test_what_is_no_photo_is_said_beside_the_field_and_the_words_stay(sarah, order, data, says):
    response = post(sarah, order, file(data), text="The box is torn")
    assert response.status_code == 422
    beside = response.text.split('id="photos-error"')[1].split("</p>")[0]
    assert says in beside
    assert "The box is torn</textarea>" in response.text
    assert "Please choose your photos again: a browser does not keep them." in words(response)
    assert not Message.objects.exists() and not MessagePhoto.objects.exists()


def test_of_several_the_one_that_is_no_photo_is_named(sarah, order):
    bad = file(b"<html>", "<b>two</b>.jpg")
    response = post(sarah, order, file(pictures.photo(), "one.jpg"), bad)
    assert response.status_code == 422
    assert "&gt;.jpg: That file is not a photo we can open." in response.text
    assert not MessagePhoto.objects.exists()


def test_without_a_problem_nobody_is_asked_to_choose_again(sarah, order):
    assert "choose your photos again" not in words(sarah.get(page(order)))
    response = post(sarah, order, text="")
    assert response.status_code == 422
    assert "choose your photos again" not in words(response)


@pytest.mark.parametrize(
    ("where", "problem", "status"),
    [
        ("portal.forms.messages.develop", Problem.BUSY, 503),
        ("returns.files.keep_all", Problem.NO_ROOM, 507),
    ],
)
def test_what_is_our_fault_is_not_called_the_senders(
    sarah, order, monkeypatch, where, problem, status
):
    """Too many photos at the same time, or the disk is full."""

    def fails(*args, **kwargs):
        raise Unusable(problem)

    monkeypatch.setattr(where, fails)
    response = post(sarah, order, file(pictures.photo()), text="The box is torn")
    assert response.status_code == status
    assert str(PROBLEMS[problem]) in words(response)
    assert "The box is torn</textarea>" in response.text
    assert not Message.objects.exists()


def test_a_message_larger_than_a_form_may_bring_its_photos(sarah, order):
    large = pictures.photo(size=(3000, 2000), kind="PNG")
    large += b"\0" * (600 * 1024 - len(large))
    assert post(sarah, order, file(large)).status_code == 302


def test_a_message_of_seventeen_megabytes_is_too_large(sarah, order):
    response = post(sarah, order, file(b"a" * 17 * 1024 * 1024))
    assert response.status_code == 413


# --- Who sees them ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", BOTH)
def test_a_link_alone_does_not_show_a_photo_but_a_code_does(order, photo, name):
    reader = holder(order)
    assert reader.get(url(photo, name)).status_code == 404
    shown = reader.get(page(order))
    assert "Hidden, because it may show an address" in words(shown)
    assert str(photo.key) not in shown.text
    assert f"{page_of(order)}?next={page(order)}" in shown.text
    enter_code(reader, order)
    assert reader.get(url(photo, name)).status_code == 200
    assert url(photo, name) in reader.get(page(order)).text


def test_a_code_that_is_no_longer_fresh_shows_it_no_more(order, photo):
    reader = holder(order)
    enter_code(reader, order)
    session = reader.session
    session[access.GRANTS][str(order.pk)] -= 15 * 60 + 1
    session.save()
    assert reader.get(url(photo)).status_code == 404


@pytest.mark.parametrize("name", BOTH)
def test_a_stranger_and_the_desk_and_nobody_see_it(client, bob, desk, photo, name):
    find = addresses.store_page(photo.message.order.store, "find")
    assert bob.get(url(photo, name)).status_code == 404
    assert client.get(url(photo, name))["Location"] == find
    assert desk.get(url(photo, name))["Location"] == find


def test_the_photo_of_another_order_is_not_found(store, photo):
    other = people.place_order(store, "JP-20777")
    reader = holder(other)
    enter_code(reader, other)
    path = addresses.order_page(other, "message_photo", key=photo.key)
    assert reader.get(path).status_code == 404
    unknown = addresses.order_page(other, "message_photo", key=uuid.uuid4())
    assert reader.get(unknown).status_code == 404


def test_the_photo_of_a_private_note_is_not_found(order, photo):
    note = order.note_for_us("Ours", by=Actor.staff(people.staff("ieva")), key="n1")
    MessagePhoto.objects.update(message=note)
    reader = holder(order)
    enter_code(reader, order)
    assert reader.get(url(photo)).status_code == 404


def test_a_file_that_is_gone_is_not_found(order, photo):
    reader = holder(order)
    enter_code(reader, order)
    files.drop([photo.file])
    assert reader.get(url(photo)).status_code == 404


def test_a_photo_comes_with_the_headers_of_a_strangers_file(order, photo):
    reader = holder(order)
    enter_code(reader, order)
    for name in BOTH:
        response = reader.get(url(photo, name))
        assert {key: response[key] for key in HEADERS} == HEADERS
        called = f'inline; filename="{order.ref}-{photo.pk}.jpg"'
        assert response["Content-Disposition"] == called


def test_a_photo_is_for_reading(sarah, order):
    post(sarah, order, file(pictures.photo()))
    path = url(MessagePhoto.objects.get())
    assert sarah.post(path).status_code == 405
    assert sarah.head(path).status_code == 200


def test_a_photo_asks_the_database_a_few_times_only(sarah, order, django_assert_max_num_queries):
    post(sarah, order, file(pictures.photo()))
    path = url(MessagePhoto.objects.get())
    with django_assert_max_num_queries(3):
        assert sarah.get(path).status_code == 200


def test_after_the_links_were_closed_the_photos_are_closed_too(order, photo):
    reader: CheckedClient = holder(order)
    enter_code(reader, order)
    order.close_links(by=Actor.staff(people.staff("ieva")))
    assert reader.get(url(photo)).status_code == 302
