"""Who may open what: the way in, the session, and one decorator for every order page.

| way in                      | sees                              | may do                   |
|-----------------------------|-----------------------------------|--------------------------|
| link (signed or short)      | status, items, timeline, photos   | what cannot hurt when the|
|                             | of goods, messages that name no   | link was forwarded       |
|                             | address; contact, address masked  |                          |
| the session that sent it    | also that photo, paper, message   | also take it away again  |
| fresh code (under 15 min)   | also address, photos of parcel    | also address, contact,   |
|                             | and waybill, documents            | money, data, any photo   |
| no session                  | the Find page at every address    | ask for a code           |
| session of another order    | 404                               |                          |

Being logged in as staff opens nothing here: the desk has pages of its own.
"""

import ipaddress
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone, translation

from portal.speaking import speaking
from returns import addresses
from returns.models import Document, Message, MessagePhoto, Order, Photo, Store
from returns.models.access import PER_NEIGHBOURHOOD, PER_NETWORK, Throttle, secret_hash

GRANTS = "orders"  # session: {order id: when a code was entered (seconds since 1970) or 0}
ENTRIES = "entries"  # session: {order id: when it was opened last (seconds since 1970)}
MOST_GRANTS = 20  # the latest; nobody follows more orders in one browser
SENT = "photos"  # session: keys of the photos, papers, messages that it sent, the latest last
MOST_SENT = 60
CODE_IS_FRESH = timedelta(minutes=15)
LOG_INS = (60, timedelta(hours=1))

View = Callable[..., HttpResponseBase]
type Sent = Photo | Document | Message | MessagePhoto


class StoreRequest(HttpRequest):
    """A request after `store_view`."""

    store: Store


class OrderRequest(StoreRequest):
    """A request after `order_view`: who is asking is settled, and for which order."""

    order: Order
    has_fresh_code: bool


def enter(request: HttpRequest, order: Order, *, by_code: bool = False) -> None:
    """Opens `order` to this session, under a new session key, so that nobody who planted
    the old one comes in too. A link never takes away the freshness of a code."""
    if opens(request, order) and not by_code:
        return
    grants, entries = (dict(request.session.get(kept, {})) for kept in (GRANTS, ENTRIES))
    key, now = str(order.pk), timezone.now().timestamp()
    grants.pop(key, None)
    grants = dict([*grants.items(), (key, int(now) if by_code else 0)][-MOST_GRANTS:])
    request.session.cycle_key()
    request.session[GRANTS] = grants
    request.session[ENTRIES] = {pk: at for pk, at in entries.items() if pk in grants} | {key: now}


def granted(request: HttpRequest) -> list[str]:
    """The ids of the orders that this session has opened, oldest entry first. Whether one
    is open still, `opens` says."""
    return list(request.session.get(GRANTS, {}))


def opens(request: HttpRequest, order: Order) -> bool:
    """Whether this session opened `order`, after its links were closed if they were."""
    key = str(order.pk)
    if key not in request.session.get(GRANTS, {}):
        return False
    closed = order.links_closed_at
    return closed is None or request.session.get(ENTRIES, {}).get(key, 0) > closed.timestamp()


def store_view(view: View) -> View:
    """For pages of a store: finds it (404 when unknown), speaks its language."""

    @wraps(view)
    def wrapper(request: Any, store: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.store = _open_store(store)
        if home := at_home(request, request.store):
            return home
        with speaking(request, request.store):
            return _finished(view(request, *args, **kwargs))

    return wrapper


def order_view(
    view: View | None = None,
    *,
    fresh_code: bool = False,
    story: bool = False,
    bare: bool = False,
) -> Callable[..., Any]:
    """For pages of one order: `request.order` is set, with its goods and returns loaded.

    Without a session: the Find page, at every order address, real or not. With a session
    of other orders only: 404. fresh_code: asks for a code first, unless one was entered
    within the last fifteen minutes. story: with scans, events and promises as well. bare:
    the order and its store alone, for views that read what they need.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(request: Any, store: str, ref: str, *args: Any, **kwargs: Any) -> Any:
            orders = _orders(story, bare)
            order = (
                granted(request)
                and orders.filter(
                    store__slug=store, store__is_active=True, ref=ref, pk__in=granted(request)
                ).first()
            )
            if not order or not opens(request, order):
                return _refused(request, store, to_find=bool(order))
            request.store, request.order = order.store, order
            request.has_fresh_code = _is_fresh(request.session[GRANTS][str(order.pk)])
            if home := at_home(request, order.store):
                return home
            with speaking(request, order.store, order):
                if fresh_code and not request.has_fresh_code:
                    return to_step_up(request)
                return _finished(view(request, *args, **kwargs))

        return wrapper

    return decorate(view) if view else decorate


def to_step_up(request: OrderRequest) -> HttpResponse:
    """To the page that asks for a code, which leads back here. A part of a page cannot be
    asked for one, so htmx is told to go there as a whole."""
    query = urlencode({"next": request.path})
    page = f"{addresses.order_page(request.order, 'step_up')}?{query}"
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": page})
    return redirect(page)


def _orders(story: bool, bare: bool) -> QuerySet[Order]:
    if bare:
        return Order.objects.select_related("store__account")
    return Order.objects.with_story() if story else Order.objects.with_goods()


def _refused(request: Any, slug: str, *, to_find: bool = False) -> HttpResponseBase:
    """The answer at an order's address that this session may not open. It depends on the
    session only, never on whether there is such an order. to_find: it was open before."""
    request.store = _open_store(slug)
    if home := at_home(request, request.store):
        return home
    if granted(request) and not to_find:
        raise Http404
    return redirect(addresses.store_page(request.store, "find"))


def _open_store(slug: str) -> Store:
    return get_object_or_404(Store.objects.select_related("account"), slug=slug, is_active=True)


def at_home(request: HttpRequest, store: Store) -> HttpResponse | None:
    """The way to the store's own host name, when it has one and the common one was asked.
    Raises Http404 where another store is at home."""
    asked = getattr(request, "host_store", "")
    if asked not in ("", store.slug):
        raise Http404
    if asked or not store.host:
        return None
    return redirect(addresses.at_home(store, request.get_full_path()))


def _is_fresh(entered: int) -> bool:
    return entered > (timezone.now() - CODE_IS_FRESH).timestamp()


def _finished(response: HttpResponseBase) -> HttpResponseBase:
    """Templates that render late would speak another language by then."""
    if isinstance(response, HttpResponse) and hasattr(response, "render"):
        response.render()
    response.headers.setdefault("Content-Language", translation.get_language())
    return response


def remember(request: HttpRequest, one: Sent) -> None:
    """This session sent it: it may see it and, where that can be, take it away again."""
    sent = [key for key in request.session.get(SENT, []) if key != str(one.key)]
    request.session[SENT] = [*sent, str(one.key)][-MOST_SENT:]


def sees(request: OrderRequest, photo: Photo) -> bool:
    """A photo of goods everybody with the link; one that shows an address only whoever sent
    it, or entered a code a short time ago."""
    return not photo.shows_address or owns(request, photo)


def owns(request: OrderRequest, one: Sent) -> bool:
    """Whoever holds no more than the link could take away what proves something. A paper and
    the photos of a message are also shown to nobody else: names, addresses and accounts may
    stand on them."""
    return request.has_fresh_code or str(one.key) in request.session.get(SENT, [])


def may_ask(request: HttpRequest) -> datetime | None:
    """Counts one question for a code from the visitor's network and its neighbourhood.
    None: within the limits; otherwise from when on the next question is answered."""
    again_at = Throttle.objects.admit(f"ask:{network(request)}", PER_NETWORK)
    return again_at or Throttle.objects.admit(
        f"ask-near:{neighbourhood(request)}", PER_NEIGHBOURHOOD
    )


def may_withdraw(request: HttpRequest) -> datetime | None:
    """The same for withdrawals from the contract: each is kept for years and writes a letter."""
    again_at = Throttle.objects.admit(f"withdraw:{network(request)}", PER_NETWORK)
    return again_at or Throttle.objects.admit(
        f"withdraw-near:{neighbourhood(request)}", PER_NEIGHBOURHOOD
    )


def may_log_in(request: HttpRequest) -> datetime | None:
    """The same for passwords of staff, before one is looked at: that is slow on purpose."""
    return Throttle.objects.admit(f"login:{network(request)}", [LOG_INS])


def network(request: HttpRequest) -> str:
    """A name for the visitor's network: the address (IPv6: its /64), hashed."""
    return secret_hash("network", _network_of(client_address(request)))


def neighbourhood(request: HttpRequest) -> str:
    """A name for what one customer may own whole: the /24 (IPv6: the /48), hashed."""
    return secret_hash("network", _network_of(client_address(request), v4=24, v6=48))


def client_address(request: HttpRequest) -> str:
    """The visitor's address, or '' when it cannot be told.

    Only as many proxies as are configured are believed; X-Forwarded-For beyond that is
    whatever the visitor wrote.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(hops) >= settings.TRUSTED_PROXIES and hops[0]:
            address = hops[-settings.TRUSTED_PROXIES]
    ip = _ip(address)
    return str(ip) if ip else ""


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    # Some proxies write the port as well: 203.0.113.9:41234, [2001:db8::1]:41234.
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        return ip.ipv4_mapped
    return ip


def _network_of(address: str, v4: int = 32, v6: int = 64) -> str:
    ip = _ip(address)
    if ip is None:
        return "unknown"
    return str(ipaddress.ip_network((ip, v4 if ip.version == 4 else v6), strict=False))
