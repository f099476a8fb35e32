"""Who may open what: the way in, the session, and one decorator for every order page.

| way in                      | sees                              | may do                   |
|-----------------------------|-----------------------------------|--------------------------|
| link (signed or short)      | status, items, timeline; contact  | what cannot hurt when the|
|                             | and address masked                | link was forwarded       |
| fresh code (under 15 min)   | also address and documents        | also address, contact,   |
|                             |                                   | money, data              |
| no session                  | the Find page at every address    | ask for a code           |
| session of another order    | 404                               |                          |
"""

import ipaddress
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone, translation
from zoneinfo import ZoneInfo

from returns import addresses
from returns.models import Order, Store
from returns.models.access import secret_hash

GRANTS = "orders"  # session: {order id: when a code was entered (seconds since 1970) or 0}
LANGUAGE = "language"  # session: chosen by the reader on the page
CODE_IS_FRESH = timedelta(minutes=15)
LANGUAGES = dict(settings.LANGUAGES)


class OrderRequest(HttpRequest):
    """A request after `order_view`: who is asking is settled, and for which order."""

    store: Store
    order: Order
    has_fresh_code: bool


def enter(request: HttpRequest, order: Order, *, by_code: bool = False) -> None:
    """Opens `order` to this session, under a new session key. A link never takes away
    the freshness of a code entered before."""
    grants = dict(request.session.get(GRANTS, {}))
    before = grants.get(str(order.pk), 0)
    request.session.cycle_key()
    grants[str(order.pk)] = int(timezone.now().timestamp()) if by_code else before
    request.session[GRANTS] = grants


def store_view(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For pages of a store: finds it (404 when unknown), speaks its language."""

    @wraps(view)
    def wrapper(request: Any, store: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.store = get_object_or_404(
            Store.objects.select_related("account"), slug=store, is_active=True
        )
        with speaking(request, request.store):
            return _finished(view(request, *args, **kwargs))

    return wrapper


def order_view(
    view: Callable[..., HttpResponseBase] | None = None, *, fresh_code: bool = False
) -> Callable[..., Any]:
    """For pages of one order: `request.order` is set, with its whole story loaded.

    Without a session: the Find page, at every order address, real or not. With a session
    of other orders only: 404. fresh_code: asks for a code first, unless one was entered
    within the last fifteen minutes.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def wrapper(request: Any, store: str, ref: str, *args: Any, **kwargs: Any) -> Any:
            shop = get_object_or_404(
                Store.objects.select_related("account"), slug=store, is_active=True
            )
            request.store = shop
            grants = request.session.get(GRANTS, {})
            if not grants:
                return redirect(addresses.store_page(shop, "find"))
            order = (
                Order.objects.with_story().filter(store=shop, ref=ref, pk__in=list(grants)).first()
            )
            if order is None:
                raise Http404
            order.store = shop
            request.order = order
            request.has_fresh_code = _is_fresh(grants[str(order.pk)])
            with speaking(request, shop, order):
                if fresh_code and not request.has_fresh_code:
                    target = addresses.order_page(order, "step_up")
                    return redirect(f"{target}?next={request.path}")
                return _finished(view(request, *args, **kwargs))

        return wrapper

    return decorate(view) if view else decorate


def _is_fresh(entered: int) -> bool:
    return entered > (timezone.now() - CODE_IS_FRESH).timestamp()


def _finished(response: HttpResponseBase) -> HttpResponseBase:
    """Templates that render late would speak another language by then."""
    if isinstance(response, HttpResponse) and hasattr(response, "render"):
        response.render()
    return response


class speaking:  # noqa: N801  reads as a statement: `with speaking(request, store):`
    """The reader's language and clock, for the time of one view.

    The reader's own choice on the page (`?lang=`) first, then the order's language, then
    the browser's where the store speaks it, then the store's.
    """

    def __init__(self, request: HttpRequest, store: Store, order: Order | None = None):
        chosen = request.GET.get("lang")
        if chosen in LANGUAGES:
            request.session[LANGUAGE] = chosen
        browser = translation.get_language_from_request(request)
        self.language = (
            request.session.get(LANGUAGE)
            or (order.language if order else "")
            or (browser if request.headers.get("Accept-Language") and not order else "")
            or store.language
        )
        self.zone = order.where if order else store.zone
        self.request = request

    def __enter__(self) -> None:
        self._language = translation.override(self.language)
        self._zone = timezone.override(ZoneInfo(self.zone))
        self._language.__enter__()
        self._zone.__enter__()
        self.request.LANGUAGE_CODE = self.language  # type: ignore[attr-defined]

    def __exit__(self, *error: Any) -> None:
        self._zone.__exit__(*error)
        self._language.__exit__(*error)


def network(request: HttpRequest) -> str:
    """A name for the visitor's network: the address (IPv6: its /64), hashed.

    Only as many proxies as are configured are believed; X-Forwarded-For beyond that is
    whatever the visitor wrote.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(hops) >= settings.TRUSTED_PROXIES and hops[0]:
            address = hops[-settings.TRUSTED_PROXIES]
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return secret_hash("network", address)
    if ip.version == 6:
        ip = ipaddress.ip_network(f"{ip}/64", strict=False).network_address
    return secret_hash("network", str(ip))
