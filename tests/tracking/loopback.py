"""A real HTTP server on loopback that plays a provider, well or badly.

    with loopback() as server:
        server.answers("/register", Answer(json={"code": 0}))
        ...
        assert server.last.json == [{"number": "RB123456785GB"}]

Nothing in it sleeps for long: what hangs or drips ends with the test.
"""

import json as jsonlib
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

PATIENCE = 10.0  # seconds until a test that waits is told that it waits in vain


@dataclass(frozen=True)
class Seen:
    """One request as it came. headers: known in any case."""

    method: str
    path: str
    query: str
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return jsonlib.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form, each once."""
        return {
            name: values[-1]
            for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()
        }


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server does with one request.

    json: sent as JSON, instead of body. hold: it is answered when this is set. silent: it
    is not answered at all, until the server closes. drip: seconds between two bytes, from
    the first of the status line on when raw, else of the body. cut: the connection is
    reset after so many bytes of the body. length: False to send no Content-Length, so that
    the end of the connection is the end of the answer. raw: sent as it is, not even HTTP.
    """

    status: int = 200
    body: bytes = b""
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hold: threading.Event | None = None
    silent: bool = False
    drip: float = 0.0
    cut: int | None = None
    length: bool = True
    raw: bytes | None = None

    @property
    def content(self) -> bytes:
        return self.body if self.json is None else jsonlib.dumps(self.json).encode()


Play = Answer | Callable[[Seen], Answer]


class Loopback:
    """url: without a closing slash. seen: the requests so far, in the order they came.
    finished: how many of them were answered or given up."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.finished = 0
        self.closing = threading.Event()
        self.url = ""
        self._plays: dict[str, list[Play]] = {}
        self._failures: list[BaseException] = []
        self._changed = threading.Condition()

    def answers(self, path: str, *plays: Play) -> None:
        """What is answered at `path` from now on, in this order; the last one stays. A
        function gets the request. Other paths are 404."""
        self._plays[path] = list(plays)

    @property
    def last(self) -> Seen:
        return self.seen[-1]

    def wait_for(self, count: int) -> None:
        """Until so many requests have come."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.seen) >= count, PATIENCE), (
                f"{len(self.seen)} of {count} requests came."
            )

    def wait_until_finished(self, count: int) -> None:
        """Until so many requests were answered, or their caller has gone."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.finished >= count, PATIENCE), (
                f"{self.finished} of {count} requests were finished."
            )

    # --- what the handler calls ---------------------------------------------------------------

    def take(self, seen: Seen) -> Answer:
        with self._changed:
            self.seen.append(seen)
            play = self.choose(seen)
            self._changed.notify_all()
        if play is None:
            return Answer(status=404, body=b"Nothing is here.")
        return play(seen) if callable(play) else play

    def choose(self, seen: Seen) -> Play | None:
        plays = self._plays.get(seen.path)
        return (plays.pop(0) if len(plays) > 1 else plays[0]) if plays else None

    def finish(self, failure: BaseException | None = None) -> None:
        with self._changed:
            self.finished += 1
            if failure:
                self._failures.append(failure)
            self._changed.notify_all()

    def complain(self) -> None:
        """Raises what went wrong in a test's own function."""
        if self._failures:
            raise self._failures[0]


@contextmanager
def loopback(played: Loopback | None = None) -> Iterator[Loopback]:
    """played: what is asked of it, when not by `answers`."""
    played = played or Loopback()

    class Handler(_Handler):
        server_played = played

    server = _Server(("127.0.0.1", 0), Handler)
    played.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.daemon = True
    thread.start()
    try:
        # Whatever proxy the developer has, it is not for this.
        with mock.patch.dict(os.environ, {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}):
            yield played
    finally:
        played.closing.set()
        server.shutdown()
        thread.join(PATIENCE)
        server.server_close()
    played.complain()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Forty workers may knock at the same moment.
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_played: Loopback

    def log_message(self, *args: object) -> None:
        pass

    def play(self) -> None:
        played = self.server_played
        self.close_connection = True
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        seen = Seen(self.command, urlsplit(path).path, query, self.headers, self.rfile.read(length))
        failure: BaseException | None = None
        try:
            self.send(played.take(seen), played)
        except (ConnectionError, TimeoutError):
            pass  # The caller has had enough.
        except Exception as error:
            failure = error
        finally:
            played.finish(failure)

    do_GET = do_POST = do_PUT = do_DELETE = play

    def send(self, answer: Answer, played: Loopback) -> None:
        if answer.hold:
            while not answer.hold.wait(0.02):
                if played.closing.is_set():
                    return
        if answer.silent:
            played.closing.wait()
            return
        if answer.raw is not None:
            self.pour(answer.raw, answer.drip, played)
            return
        content = answer.content
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.length:
            self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        if answer.cut is not None:
            self.wfile.write(content[: answer.cut])
            self.reset()
        else:
            self.pour(content, answer.drip, played)

    def pour(self, content: bytes, drip: float, played: Loopback) -> None:
        if not drip:
            self.wfile.write(content)
            return
        for byte in content:
            self.wfile.write(bytes([byte]))
            if played.closing.wait(drip):
                return

    def reset(self) -> None:
        """Ends it as a crash does: with a reset instead of a farewell."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
