"""Pages for when something cannot be shown, in the reader's language."""

from datetime import datetime
from math import ceil
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone, translation

from portal.speaking import browser_language, language_for
from returns import addresses


def _page(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    """With a store known, it looks like that store and offers its Find, whatever was asked
    for there. Plain where there is no session yet: it may hold the language chosen."""
    if not hasattr(request, "session"):
        return _plain_page(request, status)
    store = getattr(request, "store", None)
    if store:
        find_url = addresses.store_page(store, "find")
        context |= {"store": store, "find_url": find_url, "home_url": find_url}
    language = language_for(request, store, getattr(request, "order", None))
    with translation.override(language):
        response = render(request, f"{status}.html", context, status=status)
    response.headers["Content-Language"] = language
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Also comes before there is a session: a host name that is not ours, for one."""
    if isinstance(exception, RequestDataTooBig):
        return too_large(request)
    return _page(request, 400)


def too_large(request: HttpRequest) -> HttpResponse:
    """413: more was sent than any form of ours holds."""
    return _page(request, 413)


def busy(request: HttpRequest) -> HttpResponse:
    """503: too many large things are being sent to us at the same time."""
    response = _page(request, 503)
    response.headers["Retry-After"] = "60"  # seconds
    return response


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Mostly a form left open too long, or cookies switched off: the page says so, and that
    going back brings what was typed."""
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 404)


def too_often(request: HttpRequest, again_at: datetime) -> HttpResponse:
    """429, with the time from which on it works again."""
    response = _page(request, 429, again_at=again_at)
    seconds = (again_at - timezone.now()).total_seconds()
    response.headers["Retry-After"] = str(max(ceil(seconds), 1))
    return response


def broken(request: HttpRequest) -> HttpResponse:
    """Needs neither session nor database: one of them may be what broke."""
    return _plain_page(request, 500)


def _plain_page(request: HttpRequest, status: int) -> HttpResponse:
    language = browser_language(request) or "en"
    with translation.override(language):
        response = HttpResponse(render_to_string(f"{status}.html"), status=status)
    response.headers["Content-Language"] = language
    return response
