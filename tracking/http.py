"""The one way out: a call to a provider, ended in time whatever comes back.

`requests` knows a time-out for each read, and a server that sends one byte now and then
never meets it. So a clock runs beside every call and cuts its connection when the time
for the whole answer is over, in the middle of a header too.

Of the environment two things count: the proxy that it names on purpose (https_proxy,
http_proxy, no_proxy), and the certificates to believe (REQUESTS_CA_BUNDLE), which such a
proxy may need. Passwords that other programs keep in ~/.netrc are sent to nobody.
"""

import json as jsonlib
import os
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from socket import SHUT_RDWR, socket
from ssl import SSLCertVerificationError
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError, NewConnectionError

from tracking.providers import Error, NoAccess, NotReached, TooFast

CONNECT, TOTAL = 5.0, 20.0  # seconds
MOST = 2 * 1024 * 1024  # bytes
CHUNK = 64 * 1024
LONGEST_WAIT = 86_400.0  # seconds; who tells us to wait for longer is mistaken
USER_AGENT = "Homeward"


@dataclass(frozen=True)
class Reply:
    """headers: known in any case. body: with its compression undone."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def call(
    method: str,
    url: str,
    *,
    form: Mapping[str, str] | None = None,
    json: Any = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    connect: float = CONNECT,
    total: float = TOTAL,
    most: int = MOST,
    returns: Collection[int] = (),
) -> Reply:
    """Calls, and reads the answer to its end. Follows no redirect and keeps no cookie.

    form: sent as a form; json: sent as JSON, also when it is empty; body: sent as it is.
    connect, total: seconds, for the connection and for everything together (a name server
    that does not answer has its own). most: bytes of the answer. returns: statuses that are
    answers here, and raise nothing.

    Raises Error when there is no whole answer or the server failed (5xx), TooFast for
    429, NoAccess for 401, 403 and an address or a key that cannot be called with at all,
    NotReached when no connection was made, so that nothing was asked.
    No message holds the address beyond its host, nor anything that was sent.
    """
    host = _host(url)
    with _Session() as session, _Deadline(total) as deadline:
        adapter = _Adapter(deadline)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        asked = requests.Request(method, url, data=form or body, json=json)
        request = _prepared(session, asked, headers or {})
        try:
            with session.send(
                request,
                timeout=(min(connect, total), total),
                allow_redirects=False,
                stream=True,
                proxies=get_environ_proxies(url, None),
                verify=os.environ.get("REQUESTS_CA_BUNDLE") or True,
            ) as response:
                answered = _body(response, most, host)
        except (OSError, HTTPError, ValueError) as error:
            # What they say names the whole address, and sometimes headers: keys are there.
            kind = NotReached if _never_left(error) else Error
            raise kind(_what_happened(error, host, deadline)) from None
        if deadline.is_over:
            # Cut off, an answer without a length looks like a whole one.
            raise Error(deadline.words(host))
    if response.status_code not in returns:
        _refuse(response.status_code, response.headers, host)
    return Reply(response.status_code, response.headers, answered)


def json_of(reply: Reply) -> Any:
    """The object or array in an answer. Raises Error: whoever answers with anything else
    is out of order, and may be well again later."""
    try:
        found = jsonlib.loads(reply.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, (dict, list)):
        raise Error(f"The answer ({reply.status}) is not JSON.")
    return found


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise NoAccess("The address to call must begin with https:// or http:// and a host.")
    return host


def _prepared(
    session: requests.Session, request: requests.Request, headers: Mapping[str, str]
) -> requests.PreparedRequest:
    """Nothing is sent yet: what fails here is the address, or a key that no header takes."""
    try:
        for value in headers.values():
            value.encode("latin-1")
        request.headers = {"User-Agent": USER_AGENT, **headers}
        return session.prepare_request(request)
    except ValueError:
        raise NoAccess("The address or the key cannot be used in a call.") from None


def _body(response: requests.Response, most: int, host: str) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(CHUNK):
        body += chunk
        if len(body) > most:
            raise Error(f"{host} answered with more than {most} bytes.")
    return bytes(body)


def _refuse(status: int, headers: Mapping[str, str], host: str) -> None:
    if status == 429:
        raise TooFast(f"{host} was called too often.", _seconds(headers.get("Retry-After", "")))
    if status in (401, 403):
        raise NoAccess(f"{host} does not let us in ({status}).")
    if status >= 500:
        raise Error(f"{host} is out of order ({status}).")


def _seconds(told: str) -> float | None:
    """Retry-After: seconds, or a moment. None when it is neither, else at most LONGEST_WAIT."""
    if told.isdecimal():
        return min(float(told), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(told)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        wait = (moment - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):  # no moment, or one that no calendar has
        return None
    return min(max(0.0, wait), LONGEST_WAIT)


def _never_left(error: Exception) -> bool:
    """Whether the connection was not even made: nobody can have heard us."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(error, requests.exceptions.SSLError):
        return any(isinstance(one, SSLCertVerificationError) for one in getattr(reason, "args", ()))
    return isinstance(reason, NewConnectionError)


def _what_happened(error: Exception, host: str, deadline: "_Deadline") -> str:
    if isinstance(error, requests.ConnectTimeout):
        return f"{host} does not take the call."
    if deadline.is_over or isinstance(error, requests.Timeout):
        return deadline.words(host)
    if isinstance(error, requests.exceptions.SSLError):
        return f"{host} has no certificate that we trust."
    return f"{host} cannot be reached, or broke off."


class _Deadline:
    """Cuts the connection that it watches when the time is over."""

    def __init__(self, seconds: float):
        self.seconds = seconds
        self.end = time.monotonic() + seconds
        self._timer: Timer | None = None

    def __enter__(self) -> "_Deadline":
        return self

    def __exit__(self, *raised: object) -> None:
        if self._timer:
            self._timer.cancel()

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.end

    def words(self, host: str) -> str:
        return f"{host} did not answer within {self.seconds:g} seconds."

    def watch(self, line: socket) -> None:
        self._timer = Timer(max(0, self.end - time.monotonic()), _cut, [line])
        self._timer.daemon = True
        self._timer.start()


def _cut(line: socket) -> None:
    with suppress(OSError):
        # Not its own method: a TLS socket's forgets its state, and somebody is reading there.
        socket.shutdown(line, SHUT_RDWR)


class _Session(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def get_redirect_target(self, response: requests.Response) -> None:
        """None: else requests reads a redirect to its end, however long, to find the next."""


class _Adapter(HTTPAdapter):
    """Has its connection watched from the moment when the request is out."""

    def __init__(self, deadline: _Deadline):
        self.deadline = deadline
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        deadline = self.deadline

        class Watched(pool.ConnectionCls):
            def getresponse(self) -> Any:
                deadline.watch(self.sock)
                return super().getresponse()

        pool.ConnectionCls = Watched
        return pool
