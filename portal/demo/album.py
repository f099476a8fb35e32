"""The photographs of the demo: what is on each, and their development.

They are drawn and developed aside, two at a time, while the story is told: each is opened in a
process of its own, as every upload is.
"""

import random
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from django.utils.translation import override

from portal.demo import camera, pictures, waybills
from portal.demo.case import Asked, Case, Then, moment
from portal.demo.stores import Shop
from returns import photos
from returns.codes import PhotoKind
from returns.models.authorization import ALPHABET
from tracking import carriers

AT_ONCE = 2
SURFACES = {"juniper-pine": "oak", "shanyue": "walnut"}
INKS = {
    "royal-mail": "#a3232b", "la-poste": "#1f3f7a", "dpd": "#9c1030", "dhl": "#b3261e",
    "dhl-paket": "#8a6a00", "sf": "#222222", "zto": "#21519c", "ems": "#155a9c",
}  # fmt: skip
PACKING = 180  # grams


class Album:
    """Photographs in the making. `album[scene]` is the one of a scene that it was made for;
    photos.Unusable when this machine could not develop it."""

    def __init__(self, scenes: Iterable[pictures.Scene]) -> None:
        self.pool = ThreadPoolExecutor(AT_ONCE)
        self.coming: dict[pictures.Scene, Future[photos.Picture]] = {
            scene: self.pool.submit(_develop, scene) for scene in dict.fromkeys(scenes)
        }

    def __getitem__(self, scene: pictures.Scene) -> photos.Picture:
        return self.coming[scene].result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.pool.shutdown(cancel_futures=True)


def _develop(scene: pictures.Scene) -> photos.Picture:
    return photos.develop(camera.photograph(scene))


# --- what is on them ----------------------------------------------------------------------------


def scenes(shop: Shop, cases: Iterable[Case], now: datetime) -> Iterable[pictures.Scene]:
    """In the order in which they are asked for."""
    for case in cases:
        for nth, asked in enumerate(case.asked):
            for then in asked.story:
                if then.verb.startswith("photograph"):
                    yield scene(shop, case, asked, nth, then, now)


def scene(
    shop: Shop, case: Case, asked: Asked, nth: int, then: Then, now: datetime
) -> pictures.Scene:
    """What the photo of one step shows. nth: which return of the order it is."""
    ready = next((word for word in then.words if isinstance(word, pictures.Scene)), None)
    if ready:
        return ready
    kind, *more = then.words
    if kind == PhotoKind.PARCEL:
        return pictures.parcel(
            shop.store["returns_address"],
            return_number(case, nth),
            surface=SURFACES[shop.store["slug"]],
            brand=shop.store["brand"],
        )
    return _waybill(shop, case, asked, more[0], then, now)


def _waybill(
    shop: Shop, case: Case, asked: Asked, carrier: str, then: Then, now: datetime
) -> pictures.Scene:
    assert then.at is not None
    buyer, address = case.buyer, shop.store["returns_address"].splitlines()
    day = moment(now, then.at, buyer.zone).astimezone(ZoneInfo(buyer.zone))
    grams = case.items[asked.position].grams * asked.quantity + PACKING
    with override(buyer.language):
        name = carriers.called(carrier)
    return pictures.waybill(
        name,
        waybill(case, carrier),
        (f"1 × {grams / 1000:.2f} kg", f"→ {address[0]}", *address[1:3]),
        surface=SURFACES[shop.store["slug"]],
        brand=INKS[carrier],
        stamp=f"{buyer.city.removesuffix('市').upper()}\n{day:%d.%m.%Y}",
    )


# --- the numbers on them, which are the same each time --------------------------------------------


def waybill(case: Case, carrier: str) -> str:
    """The tracking number that the buyer gets at the counter."""
    return waybills.new(carrier, random.Random(f"{case.number} {carrier}"), case.buyer.country)


def return_number(case: Case, nth: int) -> str:
    chance = random.Random(f"{case.number} {nth}")
    signs = "".join(chance.choice(ALPHABET) for _ in range(8))
    return f"HW-{signs[:4]}-{signs[4:]}"
