"""Limits on what comes in, and headers on what goes out."""

import time
from collections.abc import Callable
from io import BytesIO

from django.conf import settings
from django.core.handlers.wsgi import LimitedStream, WSGIRequest
from django.http import HttpRequest, HttpResponse

from portal.large_bodies import entrance_for
from portal.views.errors import busy, too_large

GetResponse = Callable[[HttpRequest], HttpResponse]

# How much of a refused body is still read, and for how long (seconds), so that the sender
# gets to read our answer; and for how long we wait for a body in chunks. Read in small
# parts: the web server gives a part only when it is whole, and nothing ends its wait.
DRAIN_LIMIT = 1024 * 1024
PATIENCE = 5.0
CHUNK = 4 * 1024
# Who may send much gets to read the answer to something yet larger: so many times the limit.
DRAIN_TIMES = 4
# How long a large body waits for one of the places (seconds).
WAIT_FOR_PLACE = 3.0


class BodyLimitMiddleware:
    """Answers 413 to bodies over the limit before anything reads them: everywhere
    DATA_UPLOAD_MAX_MEMORY_SIZE, more at the entrances of portal/large_bodies.py, where 503
    is the answer when all places are taken.

    Stands after SessionMiddleware, so that the answer is in the reader's language and those
    who may send files are known. A body sent in chunks has no declared length; Django would
    take it for empty, so it is read here, up to the limit.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Whatever the sender says: other encodings can carry halves of signs, which
        # neither the database nor a page can hold.
        request.encoding = "utf-8"
        limit, length = settings.DATA_UPLOAD_MAX_MEMORY_SIZE, _length(request)
        if length is not None and length <= limit:
            return self.get_response(request)
        entrance = entrance_for(request)
        if entrance is None:
            return self._receive(request, length, limit, PATIENCE, DRAIN_LIMIT)
        drained = DRAIN_TIMES * entrance.limit
        if length is not None and length > entrance.limit:  # refused: it needs no place
            return self._receive(request, length, entrance.limit, entrance.patience, drained)
        if not entrance.places.acquire(timeout=WAIT_FOR_PLACE):
            self._drain(request, length or 0, entrance.patience, drained)
            return busy(request)
        try:
            return self._receive(request, length, entrance.limit, entrance.patience, drained)
        finally:
            entrance.places.release()

    def _receive(
        self, request: HttpRequest, length: int | None, limit: int, patience: float, drained: int
    ) -> HttpResponse:
        if length is None:
            fits = self._take_chunks(request, limit, patience, drained)
        else:
            fits = length <= limit
            if not fits:
                self._drain(request, length, patience, drained)
        return self.get_response(request) if fits else too_large(request)

    def _take_chunks(self, request: HttpRequest, limit: int, patience: float, drained: int) -> bool:
        """Gives the request its whole body; False when it is over the limit or too slow."""
        stream, body, seen = request.META["wsgi.input"], bytearray(), 0
        until = time.monotonic() + patience
        while seen <= drained and (part := stream.read(CHUNK)):
            seen += len(part)
            if seen <= limit:
                body += part
            if time.monotonic() > until:
                return False
        if seen > limit:
            return False
        request.META["CONTENT_LENGTH"] = str(len(body))
        assert isinstance(request, WSGIRequest)
        # Django's own stream reads from any file; its type tells only of its own.
        request._stream = LimitedStream(BytesIO(bytes(body)), len(body))  # type: ignore[assignment]
        return True

    def _drain(self, request: HttpRequest, length: int, patience: float, drained: int) -> None:
        left, until = min(length, drained), time.monotonic() + patience
        while left > 0 and (part := request.read(min(left, CHUNK))):
            left -= len(part)
            if time.monotonic() > until:
                return


def _length(request: HttpRequest) -> int | None:
    """The declared length of the body; None when it comes in chunks, without one."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length and "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    return int(length) if length.isdecimal() else 0


class PrivacyHeadersMiddleware:
    """Every page is one person's own: not indexed, not kept, its address not passed on.

    Not to other sites, that is: with no-referrer browsers would send our own forms with
    `Origin: null`, and the forgery check would refuse every one. Pages whose address is
    itself a key (buyer links) say no-referrer.

    The outermost middleware. A response that says itself how long it may be kept (static
    files, a store's colours) keeps its word.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response
