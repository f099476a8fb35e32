"""Bodies over the limit are answered with 413 and a plain page, by every road in."""

import contextlib
import http.client
import io
import itertools
import socket
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import Client

from portal.middleware import BodyLimitMiddleware
from returns import addresses
from tests.running_site import running_site

LIMIT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
FORM = "application/x-www-form-urlencoded"


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


def pass_chunked(body: bytes) -> tuple[HttpResponse, list[bytes]]:
    """A request without a declared length through the middleware; what the view read."""
    request = WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/",
            "wsgi.input": io.BytesIO(body),
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "HTTP_TRANSFER_ENCODING": "chunked",
            "CONTENT_TYPE": FORM,
        }
    )
    seen: list[bytes] = []

    def view(request):
        seen.append(request.body)
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


@pytest.mark.chaos
def test_the_real_server_delivers_the_refusal(tmp_path):
    """Sent to the end or not, in chunks or not: the sender gets to read the page."""
    with running_site(tmp_path) as site:
        for body, chunked in [
            (b"a" * (LIMIT + 1), False),
            (b"a" * (1024 * 1024), False),
            (iter([b"a" * 65536] * 15), True),
        ]:
            connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
            connection.request("POST", "/", body, {"Content-Type": FORM}, encode_chunked=chunked)
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
