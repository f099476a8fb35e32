"""What is measured. Each function makes one Pair, in a database with nothing else in it."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from itertools import count
from typing import Any

import typst
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from PIL import Image

from returns import photos
from returns.models import BUYER, Order, ReturnAuthorization
from returns.printed import own_fonts, printed_guide
from tests import people
from tests.bench import parcels
from tests.bench.measure import Pair
from tests.returns import photographs
from tracking.milestones import Milestone
from tracking.models import Connection, ScanReport
from tracking.providers import Access, seventeentrack

TWELVE_MEGAPIXELS = (4000, 3000)
NUMBER = "RB123456785GB"
KEY = "a-key-for-the-bench"


def photo() -> Pair:
    """One photo of a phone, from the bytes of the upload to what is kept."""
    label = photographs.barcode(NUMBER, 1800)
    seen = photographs.waybill(label, TWELVE_MEGAPIXELS, angle=4)
    grain = Image.effect_noise(TWELVE_MEGAPIXELS, 60).convert("RGB")
    upload = photographs.saved(Image.blend(seen, grain, 0.12), quality=90)
    assert [code.text for code in photos.develop(upload).codes] == [NUMBER]

    def least(_: object) -> None:
        image = Image.open(BytesIO(upload))
        image.draft("RGB", (2000, 1500))  # its decoder leaves out every second pixel
        image.save(BytesIO(), "JPEG", quality=85)
        image.thumbnail((320, 320))
        image.save(BytesIO(), "JPEG", quality=85)

    return Pair(
        "photo",
        f"a JPEG of 12 megapixels, {len(upload) / 1e6:.1f} MB: rebuilt in its child, barcode read",
        "Pillow decodes half of it, shrinks and encodes, in this process",
        7,
        lambda _: photos.develop(upload),
        least,
    )


def pdf() -> Pair:
    """The guide of an approved return."""
    rma = _approved(_order("JP-1"))
    fonts = own_fonts()

    def thing(_: object) -> None:
        with override("en"):
            printed_guide(ReturnAuthorization.objects.select_related("order__store").get(pk=rma.pk))

    return Pair(
        "pdf",
        "the guide of a return, read from the database and printed",
        "typst compiles an empty page",
        40,
        thing,
        lambda _: typst.compile(b"#page[]", font_paths=fonts, ignore_system_fonts=True),
    )


def push() -> Pair:
    """A push of a provider, until it is acknowledged."""
    order, client, numbers = _order("JP-2"), _client(), count()
    account = order.store.account
    Connection.objects.create(account=account, provider="17track", key=KEY)
    story, bare = _story(24), f"/bare/?account={account.pk}"

    def prepare() -> tuple[dict[str, str], bytes]:
        told = {
            "provider": {"key": 11031},
            "events": [{**one, "n": next(numbers)} for one in story],
        }
        info = {"tracking": {"providers": [told]}}
        data = {"number": NUMBER, "carrier": 11031, "track_info": info}
        body = json.dumps({"event": "TRACKING_UPDATED", "data": data}).encode()
        return seventeentrack.signed(body, Access(KEY))

    def thing(given: tuple[dict[str, str], bytes]) -> None:
        headers, body = given
        address = f"/hooks/17track/{account.slug}/"
        answer = client.post(address, body, content_type="application/json", headers=headers)
        assert answer.status_code == 200

    def least(given: tuple[dict[str, str], bytes]) -> None:
        answer = client.post(bare, given[1], content_type="application/json")
        assert answer.status_code == 200

    return Pair(
        "push",
        "17TRACK calls with 24 events: checked, stored as it came, acknowledged",
        "the same body through the same door, and one INSERT",
        150,
        thing,
        least,
        prepare,
    )


def page() -> Pair:
    """The order's own page, as its buyer sees it while things travel both ways."""
    order, client = _order("JP-3"), _client()
    _on_its_way_back(order)
    people.open_link(client, order)
    address = f"/s/{order.store.slug}/o/{order.ref}/"

    def thing(_: object) -> None:
        assert client.get(address).status_code == 200

    thing(None)
    asked = _queries_of(lambda: thing(None))

    def least(_: object) -> None:
        client.get("/healthz")
        with connection.cursor() as cursor:
            for sql, values in asked:
                cursor.execute(sql, values)
                cursor.fetchall()

    return Pair(
        "page",
        f"the page of an order with two parcels and a return on its way ({len(asked)} queries)",
        "/healthz through the same door, and the same queries alone",
        60,
        thing,
        least,
    )


THINGS: dict[str, Callable[[], Pair]] = {
    "photo": photo,
    "pdf": pdf,
    "push": push,
    "page": page,
    **parcels.THINGS,
}


# --- what they need -----------------------------------------------------------------------------


def _client() -> Client:
    """Under a name that the site knows: the test environment, which would add another, also
    watches every template, and that takes time."""
    return Client(SERVER_NAME="localhost")


def _order(number: str) -> Order:
    store = people.open_store(f"shop-{number.lower()}")
    lines = (("Linen shirt", "68.00", 1), ("Stoneware mug", "22.00", 2), ("Honey", "14.00", 1))
    return people.place_order(store, number, lines, days_ago=9)


def _approved(order: Order) -> ReturnAuthorization:
    rma = people.ask_to_return(order)
    return ReturnAuthorization.objects.get(pk=rma.pk)


def _on_its_way_back(order: Order) -> None:
    rma, now = _approved(order), timezone.now()
    people.ship(order, days_ago=2, number="RB987654321GB")
    parcel = rma.name_parcel(NUMBER, "royal-mail", by=BUYER).parcel
    assert parcel is not None
    parcel.record(
        ScanReport(
            at=now + timedelta(seconds=hour), milestone=Milestone.IN_TRANSIT, place="Bristol"
        )
        for hour in range(12)
    )
    ReturnAuthorization.objects.follow()


def _story(events: int) -> list[dict[str, Any]]:
    start = timezone.now() - timedelta(days=3)
    return [
        {
            "time_utc": (start + timedelta(hours=hour)).isoformat(),
            "description": "Item received at the office of exchange, waiting to be sent on.",
            "location": "Frankfurt",
            "stage": None,
            "sub_status": "InTransit_Other",
        }
        for hour in range(events)
    ]


def _queries_of(work: Callable[[], None]) -> list[tuple[str, Any]]:
    """The SELECTs that it makes, with their values. What it writes would not be the same a
    second time, so there must be nothing of it."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, values: Any, many: bool, context: Any) -> Any:
        assert sql.startswith("SELECT"), sql
        asked.append((sql, values))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(note):
        work()
    return asked
