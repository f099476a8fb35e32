"""Calls to providers: an end in time, whatever comes back, and no secret in a message."""

import gzip
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.tracking.loopback import Answer, loopback
from tracking import http
from tracking.http import Reply
from tracking.providers import Error, NoAccess, TooFast

SECRET = "a-key-of-juniper"
SOON = 0.25  # seconds; an answer that comes at all comes faster on loopback
AT_ONCE = 5.0  # the drips below would take eight


@pytest.fixture
def server():
    with loopback() as server:
        yield server


def call(server, answer: Answer, **values) -> Reply:
    server.answers("/x", answer)
    return http.call("POST", f"{server.url}/x?sign={SECRET}", **values)


def refused(server, answer: Answer, kind: type[Error] = Error, **values) -> Error:
    """The error, which has exactly this kind and gives nothing away."""
    with pytest.raises(Error) as raised:
        call(server, answer, headers={"token": SECRET}, **values)
    assert type(raised.value) is kind
    whole, cause = "", raised.value
    while cause:
        whole += f"{cause!r} {cause}"
        cause = None if cause.__suppress_context__ else cause.__context__
    assert SECRET not in whole
    return raised.value


# --- what is sent, and what comes back --------------------------------------------------------


def test_what_is_asked_arrives_and_what_is_answered_comes_back(server):
    reply = call(
        server, Answer(status=201, body=b"taken", headers={"X-Trace": "7"}), json=[{"number": "1"}]
    )
    assert (reply.status, reply.body, reply.headers["x-trace"]) == (201, b"taken", "7")
    assert (server.last.method, server.last.query) == ("POST", f"sign={SECRET}")
    assert server.last.json == [{"number": "1"}]
    assert server.last.headers["Content-Type"] == "application/json"


def test_an_empty_list_is_sent_as_one(server):
    call(server, Answer(), json=[])
    assert server.last.body == b"[]"


def test_a_form_is_sent_as_a_form(server):
    call(server, Answer(), form={"param": '{"num":"1"}', "sign": "A+B/=", "name": "圆通"})
    assert server.last.form == {"param": '{"num":"1"}', "sign": "A+B/=", "name": "圆通"}
    assert server.last.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_headers_are_sent_and_nobody_learns_which_library_calls(server):
    call(server, Answer(), headers={"17token": SECRET})
    assert server.last.headers["17token"] == SECRET
    assert server.last.headers["User-Agent"] == "Homeward"


def test_a_compressed_answer_is_read(server):
    answer = Answer(body=gzip.compress(b"taken"), headers={"Content-Encoding": "gzip"})
    assert call(server, answer).body == b"taken"


def test_no_cookie_is_kept(server):
    call(server, Answer(headers={"Set-Cookie": "who=juniper"}))
    call(server, Answer())
    assert server.last.headers["Cookie"] is None


def test_passwords_that_other_programs_keep_are_not_sent(server, tmp_path, monkeypatch):
    kept = tmp_path / "netrc"
    kept.write_text("machine 127.0.0.1 login juniper password of-another-program\n")
    monkeypatch.setenv("NETRC", str(kept))
    call(server, Answer())
    assert server.last.headers["Authorization"] is None


def test_it_goes_through_a_proxy_where_the_environment_names_one(server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    server.answers("/x", Answer(body=b"by proxy"))
    assert http.call("POST", "http://provider.example/x").body == b"by proxy"
    assert server.last.headers["Host"] == "provider.example"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_not_followed(server, status):
    for times, to in enumerate([f"{server.url}/x", "http://[::1/nowhere"], start=1):
        reply = call(server, Answer(status=status, headers={"Location": to}))
        assert (reply.status, len(server.seen)) == (status, times)


@pytest.mark.parametrize("status", [200, 204, 400, 404, 422])
def test_what_is_no_matter_of_the_line_is_left_to_the_adapter(server, status):
    assert call(server, Answer(status=status)).status == status


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_not_let_in_has_no_access(server, status):
    assert str(status) in str(refused(server, Answer(status=status), NoAccess))


def test_a_status_that_is_an_answer_here_is_returned(server):
    reply = call(server, Answer(status=401, body=b"605"), returns=[401])
    assert (reply.status, reply.body) == (401, b"605")
    with pytest.raises(NoAccess):
        call(server, Answer(status=403), returns=[401])


@pytest.mark.parametrize("status", [500, 502, 503, 599])
def test_a_server_that_is_out_of_order_may_be_well_again(server, status):
    answer = Answer(status=status, headers={"Retry-After": "7"})
    assert not refused(server, answer).permanent


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("Sun, 99 Nov 2026 08:00:00 GMT", None),
        ("Sun, 01 Nov 2020 08:00:00 GMT", 0.0),
        ("Sun, 01 Nov 2020 08:00:00", 0.0),
        # No more than a day, whatever is told.
        ("86401", 86400.0),
        ("9" * 20, 86400.0),
        ("9" * 400, 86400.0),
        ("9" * 5000, 86400.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400.0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 86400.0),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Mon, 99999999999999999999 Jan 2026 00:00:00 GMT", None),
    ],
)
def test_whoever_calls_too_fast_is_told_how_long_to_wait(server, told, seconds):
    headers = {} if told is None else {"Retry-After": told}
    error = refused(server, Answer(status=429, headers=headers), TooFast)
    assert isinstance(error, TooFast) and error.after == seconds


def test_the_time_to_wait_may_be_told_as_a_moment(server):
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    error = refused(server, Answer(status=429, headers={"Retry-After": moment}), TooFast)
    assert isinstance(error, TooFast) and error.after and 60 < error.after <= 90


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.17track.net/track",
        "ftp://127.0.0.1/x",
        "file:///etc/hosts",
        "https://",
        "https:///x",
        "http://[::1/x",
        "http://127.0.0.1:port/x",
        "http://127.0.0.1:99999/x",
        "http://.../x",
        "http://exa mple/x",
    ],
)
def test_an_address_that_cannot_be_called_has_to_be_mended(url):
    with pytest.raises(NoAccess) as raised:
        http.call("POST", f"{url}?sign={SECRET}")
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("key", ["two\r\nlines: x", "钥匙", "zero\u2028"])
def test_a_key_that_no_header_takes_has_to_be_mended(server, key):
    server.answers("/x", Answer())
    with pytest.raises(NoAccess) as raised:
        http.call("POST", f"{server.url}/x", headers={"17token": key})
    assert key not in str(raised.value) and raised.value.__suppress_context__
    assert not server.seen


def test_where_nobody_listens_is_said_by_host_only():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        with pytest.raises(Error, match=r"127\.0\.0\.1 cannot be reached") as raised:
            http.call("POST", f"http://127.0.0.1:{taken.getsockname()[1]}/x?sign={SECRET}")
    assert SECRET not in str(raised.value) and raised.value.__suppress_context__


# --- in time ----------------------------------------------------------------------------------

LONG = b"HTTP/1.1 200 OK\r\nX-Padding: " + b"p" * 800 + b"\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(silent=True),
        Answer(body=b"x" * 800, drip=0.01),
        Answer(body=b"x" * 800, drip=0.01, length=False),
        Answer(raw=LONG, drip=0.01),
        Answer(body=b"x" * 800, drip=0.01, status=503),
        Answer(body=b"x" * 800, drip=0.01, status=302, headers={"Location": "/x"}),
        Answer(raw=b"HTTP/1.1 100 Continue\r\n\r\n" * 320, drip=0.001),
    ],
    ids=["silent", "drip", "drip without end", "dripped header", "failing", "redirect", "goes on"],
)
def test_the_time_for_a_whole_answer_has_an_end(server, answer):
    began = time.monotonic()
    error = refused(server, answer, total=SOON)
    assert time.monotonic() - began < AT_ONCE
    assert str(error) == "127.0.0.1 did not answer within 0.25 seconds."
    assert not error.permanent


def test_a_slow_answer_within_the_time_is_taken(server):
    assert call(server, Answer(body=b"at last", drip=0.01)).body == b"at last"


def test_a_call_that_hangs_keeps_no_other_from_its_answer(server):
    go_on = Event()
    server.answers("/slow", Answer(body=b"slow", hold=go_on))
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(http.call, "POST", f"{server.url}/slow")
        server.wait_for(1)
        assert call(server, Answer(body=b"quick")).body == b"quick"
        assert not slow.done()
        go_on.set()
        assert slow.result().body == b"slow"


@pytest.mark.parametrize("times", [{"connect": SOON}, {"total": SOON}], ids=str)
def test_whoever_does_not_take_the_call_is_given_up(times):
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for caller in (first, second):
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())  # the queue is full now
        began = time.monotonic()
        with pytest.raises(Error, match=r"127\.0\.0\.1 does not take the call"):
            http.call("POST", f"http://127.0.0.1:{full.getsockname()[1]}/x", **times)
        assert time.monotonic() - began < http.CONNECT


# --- not too much, and whole ------------------------------------------------------------------


def test_an_answer_may_be_as_long_as_was_said_and_no_longer(server):
    assert len(call(server, Answer(body=b"x" * 1000), most=1000).body) == 1000
    error = refused(server, Answer(body=b"x" * 1001), most=1000)
    assert str(error) == "127.0.0.1 answered with more than 1000 bytes."


@pytest.mark.parametrize("length", [True, False])
def test_of_an_endless_answer_only_so_much_is_read(server, length):
    answer = Answer(body=b"x" * 200_000_000, length=length)
    assert "more than 2097152 bytes" in str(refused(server, answer))


def test_what_unpacks_to_too_much_is_too_much(server):
    bomb = gzip.compress(b"x" * 50_000_000)
    assert len(bomb) < 100_000
    answer = Answer(body=bomb, headers={"Content-Encoding": "gzip"})
    assert "more than 2097152 bytes" in str(refused(server, answer))


def test_the_body_of_a_redirect_is_not_read_without_end_either(server):
    answer = Answer(status=302, headers={"Location": "/x"}, body=b"x" * 50_000_000)
    assert "more than 2097152 bytes" in str(refused(server, answer))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"x" * 5000, cut=0),
        Answer(body=b"x" * 5000, cut=2500),
        Answer(raw=b""),
        Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nhalf"),
        Answer(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf"),
        Answer(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\nhalf"),
        Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nhalf"),
        Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n"),
        Answer(raw=b"HTTP/1.1 two hundred\r\n\r\n"),
        Answer(raw=b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 5000 + b"\r\n"),
        Answer(body=b"not packed at all", headers={"Content-Encoding": "gzip"}),
    ],
    ids=lambda answer: (answer.raw or answer.body)[:40].decode(),
)
def test_an_answer_that_breaks_off_or_is_none_is_an_error(server, answer):
    error = refused(server, answer)
    assert str(error) == "127.0.0.1 cannot be reached, or broke off."
    assert not error.permanent


def test_whatever_a_server_sends_is_an_answer_or_an_error():
    with loopback() as server:

        @given(
            st.binary(max_size=80)
            | st.binary(max_size=80).map(b"HTTP/1.1 200 OK\r\n".__add__)
            | st.binary(max_size=80).map(b"HTTP/1.1 302 Found\r\nLocation: ".__add__)
        )
        @hypothesis_settings(max_examples=150)
        @example(b"HTTP/1.1 302 Found\r\nLocation: http://[::1/\r\n\r\n")
        @example(b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe//\r\n\r\n")
        @example(b"HTTP/1.1 200 OK\r\nSet-Cookie: \xff=\x00; expires=never\r\n\r\n")
        def sends(raw):
            try:
                reply = call(server, Answer(raw=raw))
            except Error as error:
                assert not error.permanent
            else:
                assert isinstance(reply.body, bytes)

        sends()


# --- JSON -------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [{}, [], {"code": 0}, [{"a": "圆通"}]])
def test_objects_and_arrays_are_read(value):
    assert http.json_of(Reply(200, {}, json.dumps(value).encode())) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad Gateway</html>",
        b'{"code": 0',
        b'"text"',
        b"null",
        b"0",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"a":' + b"9" * 5000 + b"}",
    ],
    ids=["empty", "page", "half", "text", "null", "number", "bytes", "deep", "digits"],
)
def test_rubbish_is_an_outage_of_theirs(body):
    with pytest.raises(Error, match="is not JSON") as raised:
        http.json_of(Reply(200, {}, body))
    assert not raised.value.permanent
