"""Who may see which photo and document: every row of the table in portal/access.py."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portal import access
from returns import addresses, files
from returns.codes import PhotoKind
from returns.models import Actor, Document, Photo, ReturnAuthorization
from returns.models.event import BUYER
from returns.states import Status
from tests import people, pictures
from tests.page_checks import CheckedClient
from tests.portal.test_return_form import words
from tests.portal.test_step_up import code_sent, page_of, send

pytestmark = pytest.mark.django_db

BOTH = ["photo", "photo_small"]
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Robots-Tag": "noindex, nofollow",
}


@pytest.fixture
def rma(order) -> ReturnAuthorization:
    return people.ask_to_return(order)


@pytest.fixture
def reader(order) -> CheckedClient:
    """Somebody with the link, who sent nothing."""
    client = CheckedClient()
    people.open_link(client, order)
    return client


def kept(rma, kind: str, *, by: Actor = BUYER) -> Photo:
    """A photo whose files are in the store."""
    data = pictures.photo()
    return Photo.objects.create(
        authorization=rma,
        kind=kind,
        file=files.keep("photos", "jpg", data),
        thumbnail=files.keep("photos", "jpg", data),
        sha256=f"{kind}{by.kind}".ljust(64, "0"),
        width=400,
        height=300,
        taken_by=by.kind,
    )


def url(photo: Photo, name: str = "photo") -> str:
    return addresses.return_page(photo.authorization, name, key=photo.key)


def enter_code(client, order) -> None:
    send(client, order)
    assert client.post(page_of(order), {"code": code_sent()}).status_code == 302


def staff() -> Actor:
    return Actor.staff(people.staff("ieva"))


# --- The table --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BOTH)
def test_photos_of_goods_are_seen_by_link(reader, rma, name):
    photo = kept(rma, PhotoKind.ITEM)
    response = reader.get(url(photo, name))
    assert response.status_code == 200
    assert response.content == pictures.photo()


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("kind", [PhotoKind.PARCEL, PhotoKind.WAYBILL])
@pytest.mark.parametrize("by", ["buyer", "staff"])
def test_photos_that_show_an_address_need_a_fresh_code(reader, rma, name, kind, by):
    photo = kept(rma, kind, by=BUYER if by == "buyer" else staff())
    hidden = reader.get(url(photo, name))
    assert hidden.status_code == 404
    enter_code(reader, rma.order)
    assert reader.get(url(photo, name)).status_code == 200
    session = reader.session
    session[access.GRANTS][str(rma.order.pk)] -= 15 * 60 + 1
    session.save()
    assert reader.get(url(photo, name)).status_code == 404, "the code is no longer fresh"


@pytest.mark.parametrize("name", BOTH)
def test_what_may_not_be_seen_is_answered_like_what_is_not_there(reader, rma, name):
    photo = kept(rma, PhotoKind.WAYBILL)
    nothing = addresses.return_page(rma, name, key=uuid.uuid4())
    hidden, missing = reader.get(url(photo, name)), reader.get(nothing)
    assert hidden.status_code == missing.status_code == 404
    assert hidden.content == missing.content
    assert dict(hidden.headers) == dict(missing.headers)


def test_whoever_sent_a_photo_sees_it_without_a_code(sarah, rma):
    file = SimpleUploadedFile("a.jpg", pictures.photo(), "image/jpeg")
    sarah.post(addresses.return_page(rma, "photos"), {"kind": "waybill", "photo": file})
    photo = Photo.objects.get()
    for name in BOTH:
        assert sarah.get(url(photo, name)).status_code == 200


def test_a_session_remembers_no_more_than_its_latest_photos(rf, rma):
    request = rf.get("/")
    request.session = {}
    for _ in range(access.MOST_SENT + 5):
        access.remember(request, Photo(key=uuid.uuid4()))
    last = Photo(key=uuid.uuid4())
    access.remember(request, last)
    assert len(request.session[access.SENT]) == access.MOST_SENT
    assert str(last.key) in request.session[access.SENT]


@pytest.mark.parametrize("name", BOTH)
def test_without_a_session_every_address_leads_to_find(client, rma, name):
    photo = kept(rma, PhotoKind.ITEM)
    find = addresses.store_page(rma.order.store, "find")
    nothing = addresses.return_page(rma, name, key=uuid.uuid4())
    for path in (url(photo, name), nothing):
        assert client.get(path)["Location"] == find


@pytest.mark.parametrize("name", BOTH)
def test_a_session_of_another_order_finds_nothing(bob, rma, name):
    assert bob.get(url(kept(rma, PhotoKind.ITEM), name)).status_code == 404


@pytest.mark.parametrize("name", BOTH)
def test_a_photo_of_another_order_is_not_found_under_ones_own(sarah, order, store, rma, name):
    other = people.ask_to_return(people.place_order(store, "JP-31000"))
    photo = kept(other, PhotoKind.ITEM)
    assert sarah.get(addresses.return_page(rma, name, key=photo.key)).status_code == 404


@pytest.mark.parametrize("name", [*BOTH, "photo_remove"])
def test_a_photo_of_another_return_of_the_same_order_is_not_found_under_this_one(store, name):
    order = people.place_order(store, lines=(("Candle", "12.00", 3),))
    first = people.ask_to_return(order, key="one")
    second = people.ask_to_return(order, key="two")
    photo = kept(first, PhotoKind.ITEM)
    client = CheckedClient()
    people.open_link(client, order)
    path = addresses.return_page(second, name, key=photo.key)
    if name == "photo_remove":
        client.post(path)
        assert Photo.objects.filter(pk=photo.pk).exists()
    else:
        assert client.get(path).status_code == 404
        assert client.get(url(photo, name)).status_code == 200


@pytest.mark.parametrize("name", BOTH)
def test_being_staff_opens_nothing_here(desk, rma, name):
    """The desk has pages of its own."""
    find = addresses.store_page(rma.order.store, "find")
    assert desk.get(url(kept(rma, PhotoKind.ITEM), name))["Location"] == find


@pytest.mark.parametrize("name", BOTH)
def test_a_file_that_is_gone_is_not_found(reader, rma, name):
    photo = kept(rma, PhotoKind.ITEM)
    files.drop([photo.file, photo.thumbnail])
    assert reader.get(url(photo, name)).status_code == 404


def test_after_the_links_were_closed_the_photos_are_closed_too(reader, rma):
    photo = kept(rma, PhotoKind.ITEM)
    rma.order.close_links(by=staff())
    assert reader.get(url(photo)).status_code == 302


# --- How it is given --------------------------------------------------------------------------


@pytest.mark.parametrize("name", BOTH)
def test_case_66_a_photo_comes_with_the_headers_of_a_strangers_file(reader, rma, name):
    photo = kept(rma, PhotoKind.ITEM)
    response = reader.get(url(photo, name))
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"] == f'inline; filename="{rma.number}-item.jpg"'
    for header, value in HEADERS.items():
        assert response[header] == value


def test_a_photo_is_for_reading(reader, rma):
    assert reader.post(url(kept(rma, PhotoKind.ITEM))).status_code == 405
    assert reader.head(url(Photo.objects.get())).status_code == 200


def test_a_photo_asks_the_database_a_few_times_only(reader, rma, django_assert_max_num_queries):
    photo = kept(rma, PhotoKind.ITEM)
    with django_assert_max_num_queries(3):
        assert reader.get(url(photo, "photo_small")).status_code == 200


# --- On the pages -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["photos", "return"])
def test_what_is_hidden_is_drawn_and_says_why(reader, rma, name):
    photo = kept(rma, PhotoKind.WAYBILL)
    response = reader.get(addresses.return_page(rma, name))
    assert "Hidden, because it shows an address" in words(response)
    assert str(photo.key) not in response.content.decode()


def test_the_way_to_a_code_leads_back_to_the_photos(reader, rma):
    kept(rma, PhotoKind.PARCEL)
    here = addresses.return_page(rma, "photos")
    way = f"{page_of(rma.order)}?next={here}"
    assert way in reader.get(here).content.decode()
    send(reader, rma.order, here)
    answer = reader.post(page_of(rma.order), {"code": code_sent(), "next": here})
    assert answer["Location"] == here
    assert "Hidden, because" not in words(reader.get(here))


# --- The label and the instructions -----------------------------------------------------------


def labelled(rma) -> Document:
    data = b"%PDF-1.7\n%%EOF"
    return Document.objects.add_label(rma, data, "application/pdf", "0" * 64, by=staff())


def test_the_label_needs_a_fresh_code_and_is_a_download(reader, rma):
    labelled(rma)
    label = addresses.return_page(rma, "return_label")
    assert label in reader.get(addresses.return_page(rma)).content.decode()
    assert reader.get(label)["Location"] == f"{page_of(rma.order)}?next={label}".replace(
        "/s/", "%2Fs%2F"
    ) or reader.get(label)["Location"].startswith(page_of(rma.order))
    enter_code(reader, rma.order)
    response = reader.get(label)
    assert response["Content-Type"] == "application/pdf"
    disposition = f'attachment; filename="{rma.number}-label.pdf"'
    assert response["Content-Disposition"] == disposition
    for header, value in HEADERS.items():
        assert response[header] == value


def test_without_a_label_there_is_nothing_whoever_asks(reader, bob, rma):
    label = addresses.return_page(rma, "return_label")
    enter_code(reader, rma.order)
    assert reader.get(label).status_code == 404
    assert bob.get(label).status_code == 404


def test_the_instructions_come_as_pdf_by_link_and_hold_no_address_of_the_buyer(reader, bob, rma):
    guide = addresses.return_page(rma, "return_guide")
    response = reader.get(guide)
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    assert response["Content-Disposition"] == f'inline; filename="{rma.number}.pdf"'
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert bob.get(guide).status_code == 404


@pytest.mark.parametrize("status", [Status.REQUESTED, Status.IN_TRANSIT, Status.CANCELLED])
def test_the_instructions_are_there_only_while_something_is_to_be_posted(reader, rma, status):
    ReturnAuthorization.objects.update(status=status)
    assert reader.get(addresses.return_page(rma, "return_guide")).status_code == 404


def test_once_it_is_posted_there_are_no_more_instructions(reader, rma):
    rma.say_posted(by=BUYER)
    assert reader.get(addresses.return_page(rma, "return_guide")).status_code == 404
