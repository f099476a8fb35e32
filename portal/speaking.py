"""In which language and by whose clock a page is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation.trans_real import parse_accept_lang_header

from returns.models import Order, Store

CHOSEN = "language"  # session: chosen by the reader on the page; without a session a cookie
LANGUAGES = dict(settings.LANGUAGES)


@contextmanager
def speaking(
    request: HttpRequest, store: Store | None = None, order: Order | None = None
) -> Iterator[None]:
    """Speaks the reader's language and tells the time of the buyer or the store, for the
    time of one view. `?lang=` is the reader's choice and is kept (`keep_choice`)."""
    chosen = request.GET.get("lang")
    if chosen in LANGUAGES and request.method != "HEAD" and request.session.keys():
        request.session[CHOSEN] = chosen
    language = language_for(request, store, order)
    zone = order.where if order else store.zone if store else settings.TIME_ZONE
    with translation.override(language), timezone.override(ZoneInfo(zone)):
        # Django's own LocaleMiddleware sets it too, and no type tells of it.
        request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
        yield


def keep_choice(request: HttpRequest, response: HttpResponse) -> None:
    """For readers without a session: a row for each of them could be made without end."""
    chosen = request.GET.get("lang", "")
    if chosen in LANGUAGES and request.method != "HEAD" and not request.session.keys():
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )


def language_for(
    request: HttpRequest, store: Store | None = None, order: Order | None = None
) -> str:
    """The reader's own choice first, then the order's language, then the browser's if we
    speak it, then the store's."""
    wishes = [
        request.GET.get("lang", ""),
        request.session.get(CHOSEN, ""),
        request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""),
        order.language if order else "",
        browser_language(request),
        store.language if store else "",
    ]
    return next((wish for wish in wishes if wish in LANGUAGES), settings.LANGUAGE_CODE)


def browser_language(request: HttpRequest) -> str:
    """The first language the browser asks for that we speak, or ''."""
    for wish, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        try:
            return translation.get_supported_language_variant(wish)
        except LookupError:
            continue
    return ""
