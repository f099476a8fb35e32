"""Bodies over the limit are answered with 413 and a plain page, by every road in."""

import http.client
import io
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import Client

from portal.middleware import FILE_LIMIT, BodyLimitMiddleware
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


def test_a_body_at_the_limit_passes(db):
    assert Client().post("/", "a" * LIMIT, content_type=FORM).status_code != 413


def test_a_form_with_a_file_over_the_limit_is_refused_too(db):
    photo = io.BytesIO(b"a" * LIMIT)
    photo.name = "photo.jpg"
    assert Client().post("/", {"photo": photo}).status_code == 413


def test_the_desk_may_send_files_but_no_endless_text(db):
    client = Client()
    table = io.BytesIO(b"a" * (LIMIT + 1))
    table.name = "orders.csv"
    assert client.post("/desk/login/", {"table": table}).status_code != 413
    assert client.post("/desk/login/", {"text": "a" * (LIMIT + 1)}).status_code == 413
    assert client.post("/desk/login/", "a" * (FILE_LIMIT + 1), content_type=FORM).status_code == 413


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
            (b"a" * (20 * 1024 * 1024), False),
            (iter([b"a" * 65536] * 80), True),
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
