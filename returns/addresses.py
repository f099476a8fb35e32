"""The one helper that builds every address of the site.

Links go by URL name, so that this package need not know the pages. On a store's own
host name `/s/<store>` falls away.
"""

from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

if TYPE_CHECKING:
    from returns.models import Order, ReturnAuthorization, Store


def _for(store: "Store", path: str) -> str:
    return path.removeprefix(f"/s/{store.slug}") if store.host else path


def welcome() -> str:
    """Path of the page that asks which shop (on a store's own host name: the store)."""
    return reverse("portal:welcome")


def store_page(store: "Store", name: str = "store", **kwargs) -> str:
    """Path of a page of the store: `find`, `code`, `brand`…"""
    return _for(store, reverse(f"portal:{name}", kwargs={"store": store.slug, **kwargs}))


def order_page(order: "Order", name: str = "order", **kwargs) -> str:
    """Path of a page of the order: `order`, `return_items`, `return`…"""
    kwargs |= {"store": order.store.slug, "ref": order.ref}
    return _for(order.store, reverse(f"portal:{name}", kwargs=kwargs))


def return_page(rma: "ReturnAuthorization", name: str = "return", **kwargs) -> str:
    return order_page(rma.order, name, number=rma.number, **kwargs)


def absolute(store: "Store", path: str) -> str:
    """The whole address of a path made above."""
    base = settings.BASE_URL
    if store.host:
        base = f"{base.partition('://')[0]}://{store.host}"
    return base + path


def at_home(store: "Store", path: str) -> str:
    """The whole address of `path` (with its /s/<store>) where the store has its pages."""
    return absolute(store, _for(store, path))


def signed_link(store: "Store", number: str, expiry: int = 0) -> str:
    """The buyer link that a merchant puts into an order email."""
    return absolute(store, store_page(store, "link", token=store.sign_link(number, expiry)))


def short_link(order: "Order", code: str) -> str:
    return absolute(order.store, reverse("portal:short_link", kwargs={"code": code}))
