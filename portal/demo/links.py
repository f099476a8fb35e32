"""The doors into the loaded demo: buyers' links with a word on what each shows."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from portal.demo import staff
from portal.demo.cases import CASES
from portal.demo.stores import SHOPS
from returns import addresses
from returns.models import Order, Store


@dataclass(frozen=True)
class Door:
    label: str
    url: str


def buyers() -> list[Door]:
    """One per order of the demo that is there, then the doors that lead elsewhere."""
    shops = list(Store.objects.filter(slug__in=SHOPS).order_by("pk"))
    return (
        [door for store in shops for door in _orders(store)]
        + [door for store in shops[:1] for door in _odd_doors(store)]
        + [
            _door(
                store,
                "find my order",
                addresses.absolute(store, addresses.store_page(store, "find")),
            )
            for store in shops
        ]
    )


def _orders(store: Store) -> list[Door]:
    here = set(Order.objects.filter(store=store).values_list("number", flat=True))
    return [
        _door(store, f"{case.label} ({case.number})", addresses.signed_link(store, case.number))
        for case in CASES[store.slug]
        if case.number in here
    ]


def _odd_doors(store: Store) -> list[Door]:
    yesterday = int((timezone.now() - timedelta(days=1)).timestamp())
    return [
        _door(
            store,
            "a link whose time is over",
            addresses.signed_link(store, CASES[store.slug][0].number, yesterday),
        ),
        _door(
            store,
            "a genuine link of an order that has not arrived yet (JP-20999)",
            addresses.signed_link(store, "JP-20999"),
        ),
    ]


def _door(store: Store, what: str, url: str) -> Door:
    return Door(f"{store.name}: {what}", url)


def desk() -> dict[str, str]:
    """Address and log-in of the desk; no log-in where the demo was not loaded."""
    url = settings.BASE_URL + reverse("admin:index")
    if not Store.objects.filter(slug__in=SHOPS).exists():
        return {"url": url, "username": "", "password": ""}
    return {"url": url, "username": staff.DESK, "password": staff.password()}
