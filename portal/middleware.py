"""Limits on what comes in, and headers on what goes out."""

from collections.abc import Callable
from io import BytesIO

from django.conf import settings
from django.core.handlers.wsgi import LimitedStream, WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

GetResponse = Callable[[HttpRequest], HttpResponse]

# Files go in only where the desk imports them.
FILE_LIMIT = 16 * 1024 * 1024
FILE_PATHS = ("/desk/",)
# How much of a refused body is still read, so that the sender gets to read our answer.
DRAIN_LIMIT = 2 * FILE_LIMIT
CHUNK = 64 * 1024


def body_limit(path: str) -> int:
    """The most bytes that a request to `path` may carry."""
    return FILE_LIMIT if path.startswith(FILE_PATHS) else settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def too_large(request: HttpRequest) -> HttpResponse:
    """The page for 413, in the reader's language."""
    return render(request, "413.html", status=413)


class BodyLimitMiddleware:
    """Answers 413 to bodies over the limit before anything reads them.

    Stands after LocaleMiddleware, so that the answer is in the reader's language. A body
    sent in chunks has no declared length; Django would take it for empty, so it is read
    here, up to the limit.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Whatever the sender says: other encodings can carry halves of signs, which
        # neither the database nor a page can hold.
        request.encoding = "utf-8"
        length = request.META.get("CONTENT_LENGTH") or ""
        if not length and "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            if not self._take_chunks(request):
                return too_large(request)
        elif length.isdecimal() and int(length) > body_limit(request.path_info):
            self._drain(request, int(length))
            return too_large(request)
        return self.get_response(request)

    def _take_chunks(self, request: HttpRequest) -> bool:
        """Gives the request its whole body; False when it is over the limit."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE  # it is held in memory
        stream, body, seen = request.META["wsgi.input"], b"", 0
        while seen <= DRAIN_LIMIT and (part := stream.read(CHUNK)):
            seen += len(part)
            if seen <= limit:
                body += part
        if seen > limit:
            return False
        request.META["CONTENT_LENGTH"] = str(len(body))
        assert isinstance(request, WSGIRequest)
        request._stream = LimitedStream(BytesIO(body), len(body))  # type: ignore[assignment]
        return True

    def _drain(self, request: HttpRequest, length: int) -> None:
        left = min(length, DRAIN_LIMIT)
        while left > 0 and (part := request.read(min(left, CHUNK))):
            left -= len(part)


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
