"""A store's own host name: `returns.example.com/find/` is `/s/<store>/find/` there.

The name must also stand in HOMEWARD_ALLOWED_HOSTS. `returns/addresses.py` leaves the
prefix out of the addresses of such a store; here it is put back before the address is
resolved. Other stores and the desk have no pages under that name.
"""

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from returns.models import Store

HEALTH = "/healthz"  # a balancer asks it by any name, also while the database is away
SHARED = ("/k/", HEALTH)  # belong to no store; a short link knows its own


class StoreHostMiddleware:
    """Sets `request.host_store`, the slug of the store whose own name was asked, or ''."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        slug = "" if request.path_info.startswith(HEALTH) else store_at(request.get_host())
        # Ours; read with getattr where a request may not have come through here.
        request.host_store = slug  # type: ignore[attr-defined]
        if slug and not request.path_info.startswith(SHARED):
            # Only what is resolved: `request.path` stays what the browser asked for.
            request.path_info = f"/s/{slug}{request.path_info}"
        return self.get_response(request)


def store_at(host: str) -> str:
    """The slug of the store with this host name, open or closed; '' when there is none."""
    host = host.lower()
    if host == urlsplit(settings.BASE_URL).netloc.lower() or not _may_be_a_stores(host):
        return ""
    return Store.objects.filter(host=host).values_list("slug", flat=True).first() or ""


def _may_be_a_stores(host: str) -> bool:
    """Spares the database for `localhost` and bare addresses, which no store can own."""
    name = host.partition(":")[0]
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." in name
    return False
