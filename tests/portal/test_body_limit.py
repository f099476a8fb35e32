"""Bodies over the limit are answered with 413 and a plain page, by every road in."""

import contextlib
import http.client
import io
import itertools
import socket
from dataclasses import replace
from threading import BoundedSemaphore
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import InMemoryUploadedFile, SimpleUploadedFile
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from portal.access import GRANTS
from portal.large_bodies import ENTRANCES
from portal.middleware import BodyLimitMiddleware
from returns import addresses
from tests.running_site import running_site

LIMIT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
FORM = "application/x-www-form-urlencoded"
MB = 1024 * 1024
PHOTOS = "/s/juniper-pine/o/JP-20418/returns/HW-7F3K-9Q2M/photos/"
AT_HOME = "/o/JP-20418/returns/HW-7F3K-9Q2M/photos/"  # on the store's own host
DESK = "/desk/returns/returnauthorization/7/photos/"
HOOK = "/hooks/17track/main/"
SARAH = {GRANTS: {"7": 0}}
STAFF = {SESSION_KEY: "1"}


def test_a_body_over_the_limit_is_answered_in_the_readers_language(db):
    client = Client()
    for language in ("en", "zh-hans"):
        answer = client.post(
            "/", "a" * (LIMIT + 1), content_type=FORM, headers={"Accept-Language": language}
        )
        assert answer.status_code == 413
        assert answer["Content-Language"] == language
        assert f'lang="{language}"' in answer.content.decode()


def test_the_refusal_speaks_the_language_that_the_reader_chose(sarah, order):
    sarah.get(addresses.order_page(order) + "?lang=zh-hans")
    english = {"Accept-Language": "en"}
    answer = sarah.post("/", "a" * (LIMIT + 1), content_type=FORM, headers=english)
    assert answer.status_code == 413
    assert answer["Content-Language"] == "zh-hans"
    assert 'lang="zh-hans"' in answer.content.decode()


def test_a_body_at_the_limit_passes(db):
    assert Client().post("/", "a" * LIMIT, content_type=FORM).status_code != 413


def test_a_form_with_a_file_over_the_limit_is_refused_too(db):
    photo = io.BytesIO(b"a" * LIMIT)
    photo.name = "photo.jpg"
    assert Client().post("/", {"photo": photo}).status_code == 413


def test_the_desk_takes_no_more_than_the_other_pages(db):
    assert Client().post("/desk/login/", {"text": "a" * (LIMIT + 1)}).status_code == 413


# --- Where more may be sent --------------------------------------------------------------


def photo(size: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("photo.jpg", b"a" * size, "image/jpeg")


def passed(path, session, view=None, **content) -> HttpResponse:
    """A request of this session through the middleware; the view says 200."""
    content = content or {"data": {"photo": photo(LIMIT + 1)}}
    request = RequestFactory().post(path, **content)
    request.session = session
    return BodyLimitMiddleware(view or (lambda request: HttpResponse()))(request)


@pytest.mark.parametrize(
    ("path", "session", "status"),
    [
        (PHOTOS, SARAH, 200),
        (AT_HOME, SARAH, 200),
        (PHOTOS + "more/", SARAH, 200),
        (PHOTOS, {}, 413),
        (PHOTOS, {GRANTS: {}}, 413),
        (PHOTOS, STAFF, 413),
        (DESK, STAFF, 200),
        (DESK, SARAH, 413),
        (DESK, {}, 413),
        ("/desk/auth/user/1/change/", STAFF, 413),
        (PHOTOS.removesuffix("photos/"), SARAH, 413),
        ("/else" + PHOTOS, SARAH, 413),
    ],
)
def test_files_are_taken_at_their_places_from_people_we_know(path, session, status):
    assert passed(path, session).status_code == status


def test_other_requests_than_post_bring_no_files():
    request = RequestFactory().put(PHOTOS, b"a" * (LIMIT + 1), "multipart/form-data; boundary=a")
    request.session = SARAH
    assert BodyLimitMiddleware(lambda request: HttpResponse())(request).status_code == 413


def test_a_buyers_session_is_enough(sarah, order):
    """By the whole site: who has opened the order gets past the limit, to the 404 of a
    return that there is not."""
    path = addresses.order_page(order) + "returns/HW-7F3K-9Q2M/photos/"
    assert sarah.post(path, {"photo": photo(MB)}).status_code == 404
    assert Client().post(path, {"photo": photo(MB)}).status_code == 413


def test_a_form_of_the_desk_may_bring_a_file(desk):
    """404 for a return that there is not, or the way back to the list."""
    path = "/desk/returns/returnauthorization/999/change/"
    assert desk.post(path, {"label": photo(MB)}).status_code != 413
    assert Client().post(path, {"label": photo(MB)}).status_code == 413


@pytest.mark.parametrize(("size", "status"), [(15 * MB, 200), (16 * MB, 413)])
def test_a_photo_has_an_end_too(size, status):
    assert passed(PHOTOS, SARAH, data={"photo": photo(size)}).status_code == status


def test_a_large_file_is_held_in_memory():
    """So that a full disk is no matter until the photo is kept."""

    def view(request):
        kept = request.FILES["photo"]
        assert isinstance(kept, InMemoryUploadedFile)
        return HttpResponse(f"{kept.size} {request.POST['kind']}")

    answer = passed(PHOTOS, SARAH, view, data={"photo": photo(15 * MB), "kind": "waybill"})
    assert answer.content == f"{15 * MB} waybill".encode()


def test_only_the_files_of_a_form_may_be_large():
    def view(request):
        return HttpResponse(len(request.POST))

    with pytest.raises(RequestDataTooBig):
        passed(PHOTOS, SARAH, view, data={"text": "a" * (LIMIT + 1)})
    body = {"data": "a" * (LIMIT + 1), "content_type": FORM}
    assert passed(PHOTOS, SARAH, view, **body).status_code == 413


@pytest.mark.parametrize(("size", "status"), [(LIMIT + 1, 200), (2 * MB, 200), (2 * MB + 1, 413)])
def test_providers_may_push_two_megabytes(size, status):
    def view(request):
        assert len(request.read(size + 1)) == size
        return HttpResponse()

    body = {"data": b"a" * size, "content_type": "application/json"}
    assert passed(HOOK, {}, view, **body).status_code == status


@pytest.fixture
def one_place(monkeypatch):
    """Every entrance has one place, and nobody waits for it."""
    monkeypatch.setattr("portal.middleware.WAIT_FOR_PLACE", 0)
    few = [replace(entrance, places=BoundedSemaphore(1)) for entrance in ENTRANCES]
    monkeypatch.setattr("portal.large_bodies.ENTRANCES", few)


def test_when_all_places_are_taken_the_next_one_is_asked_to_come_back(one_place):
    answers = []

    def view(request):
        for language in ("en", "zh-hans"):
            answers.append(passed(PHOTOS, SARAH | {"language": language}))
        answers.append(passed(DESK, STAFF))
        answers.append(passed(PHOTOS, SARAH, data={"photo": photo(99)}))
        return HttpResponse()

    assert passed(PHOTOS, SARAH, view).status_code == 200
    english, chinese, elsewhere, small = answers
    for answer, language in ((english, "en"), (chinese, "zh-hans")):
        assert answer.status_code == 503
        assert int(answer["Retry-After"]) > 0
        assert answer["Content-Language"] == language
        assert f'lang="{language}"' in answer.content.decode()
    assert elsewhere.status_code == small.status_code == 200
    assert passed(PHOTOS, SARAH).status_code == 200


def test_a_view_that_fails_gives_its_place_back(one_place):
    def view(request):
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            passed(PHOTOS, SARAH, view)
    assert passed(PHOTOS, SARAH).status_code == 200


# --- Bodies in chunks --------------------------------------------------------------------


def pass_chunked(body: bytes, path: str = "/") -> tuple[HttpResponse, list[bytes]]:
    """A request without a declared length through the middleware; what the view read."""
    request = WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "wsgi.input": io.BytesIO(body),
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "HTTP_TRANSFER_ENCODING": "chunked",
            "CONTENT_TYPE": FORM,
        }
    )
    seen: list[bytes] = []

    def view(request):
        seen.append(request.read())
        return HttpResponse()

    return BodyLimitMiddleware(view)(request), seen


def test_a_body_in_chunks_arrives_whole():
    answer, seen = pass_chunked(b"name=Sarah")
    assert answer.status_code == 200
    assert seen == [b"name=Sarah"]


def test_a_body_in_chunks_over_the_limit_is_refused():
    answer, seen = pass_chunked(b"a" * (LIMIT + 1))
    assert answer.status_code == 413
    assert seen == []


def test_a_push_in_chunks_arrives_whole():
    answer, seen = pass_chunked(b"a" * (2 * MB), HOOK)
    assert answer.status_code == 200
    assert seen == [b"a" * (2 * MB)]
    assert pass_chunked(b"a" * (2 * MB + 1), HOOK)[0].status_code == 413


@pytest.mark.chaos
def test_the_real_server_delivers_the_refusal(tmp_path):
    """Sent to the end or not, in chunks or not: the sender gets to read the page."""
    with running_site(tmp_path) as site:
        for path, body, chunked in [
            ("/", b"a" * (LIMIT + 1), False),
            ("/", b"a" * MB, False),
            ("/", iter([b"a" * 65536] * 15), True),
            (HOOK, b"a" * 6 * MB, False),
            (HOOK, iter([b"a" * 65536] * 90), True),
        ]:
            connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
            connection.request("POST", path, body, {"Content-Type": FORM}, encode_chunked=chunked)
            answer = connection.getresponse()
            assert answer.status == 413
            assert b"<h1" in answer.read()
            connection.close()
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
        connection.request(
            "POST",
            "/",
            iter([urlencode({"a": "b"}).encode()]),
            {"Content-Type": FORM},
            encode_chunked=True,
        )
        assert connection.getresponse().status != 413
        connection.close()


@pytest.mark.chaos
def test_a_few_who_send_slowly_do_not_stop_the_site(tmp_path):
    # With the form's cookie, so that its token is looked for in the body.
    begun = (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {FORM}\r\n"
        f"Cookie: homeward-form={'a' * 32}\r\n"
    )
    with running_site(tmp_path) as site, contextlib.ExitStack() as held:
        for length in (1000, 1000, 1000, 100_000_000):
            slow = held.enter_context(socket.create_connection(("127.0.0.1", site.port)))
            slow.sendall(f"{begun}Content-Length: {length}\r\n\r\na".encode())
        for _ in range(3):  # until each of them certainly has a thread
            with urlopen(f"http://127.0.0.1:{site.port}/healthz", timeout=2) as answer:
                assert answer.status == 200


def test_who_drips_a_refused_body_is_not_read_to_the_end(monkeypatch):
    """The clock is moved by the reading, as a slow sender does it."""
    seconds = itertools.count()
    monkeypatch.setattr("portal.middleware.time.monotonic", lambda: next(seconds))
    body = io.BytesIO(b"a" * 1024 * 1024)
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "wsgi.input": body,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
    }
    for more in ({"CONTENT_LENGTH": "1048576"}, {"HTTP_TRANSFER_ENCODING": "chunked"}):
        body.seek(0)
        answer = BodyLimitMiddleware(lambda request: HttpResponse())(WSGIRequest(environ | more))
        assert answer.status_code == 413
        assert 0 < body.tell() < LIMIT
