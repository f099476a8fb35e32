"""The parcel back, in a real browser: from the approved return to the mail about the money.

The buyer photographs the carrier's receipt, the number is read from it, 17TRACK pushes,
the warehouse opens and inspects at its own pages, and the money is on its way.
"""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from returns import addresses, tasks
from returns.models import ContactPoint, Photo, ReturnAuthorization
from returns.states import Status
from tests import people
from tests.browser.test_walk import an_order
from tests.returns.photographs import barcode, saved, waybill
from tests.tracking.seventeentrack import KEY, ROYAL_MAIL, send
from tracking.models import Connection
from tracking.tasks import process_pushes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NUMBER = "RB123456785GB"
WAREHOUSE = ("view_returnauthorization", "view_order", "receive_return", "settle_return")


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    location = {"location": str(tmp_path / "files")}
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"] | {"OPTIONS": location}
    }


@pytest.fixture
def receipt(tmp_path) -> Path:
    """A photo of a drawn waybill with the real barcode of the number, held a little askew."""
    path = tmp_path / "receipt.jpg"
    path.write_bytes(saved(waybill(barcode(NUMBER, 900), (1600, 1200), angle=3)))
    return path


def push(connection: Connection, sub_status: str, hours_ago: float) -> None:
    at = (timezone.now() - timedelta(hours=hours_ago)).isoformat()
    event = {
        "time_utc": at,
        "description": "As the carrier says",
        "location": "Bristol",
        "sub_status": sub_status,
    }
    told = {"provider": {"key": ROYAL_MAIL, "country": "GB"}, "events": [event]}
    item = {
        "number": NUMBER,
        "carrier": ROYAL_MAIL,
        "track_info": {"tracking": {"providers": [told]}},
    }
    body = json.dumps({"event": "TRACKING_UPDATED", "data": item}).encode()
    answer = send(body, connection.account.slug, KEY)
    assert answer.status_code == 200
    process_pushes()
    tasks.follow_returns()
    ContactPoint.objects.update(wrote_at=None)  # hours pass between two scans
    tasks.deliver_notices()


def come_in_as_staff(page: Page, live_server, name: str) -> None:
    client = Client()
    client.force_login(people.staff(name, *WAREHOUSE))
    cookie = client.cookies["homeward"]
    page.context.add_cookies([{"name": "homeward", "value": cookie.value, "url": live_server.url}])


def letters() -> list[str]:
    return [message.subject for message in mail.outbox]


def text(page: Page) -> str:
    return page.locator("main").inner_text()


def press(reader, selector: str) -> None:
    reader.page.locator(selector).first.click()
    reader.page.wait_for_load_state()


@pytest.mark.parametrize(("language", "script"), [("en", True), ("zh-hans", True), ("en", False)])
def test_the_parcel_comes_back_and_the_money_goes_out(
    live_server, sit_down, receipt, language, script
):
    order = an_order(language)
    order.store.policy.refresh_from_db()
    connection = Connection.objects.create(account=order.store.account, provider="17track", key=KEY)
    rma = ReturnAuthorization.objects.get(pk=people.ask_to_return(order).pk)
    assert rma.status == Status.APPROVED
    tasks.deliver_notices()
    assert [part.get_content_type() for part in mail.outbox[0].message().walk()].count(
        "application/pdf"
    ) == 1

    # --- the buyer: photo, number -----------------------------------------------------------
    buyer = sit_down(script=script)
    page = buyer.page
    token = order.store.sign_link(order.number)
    # What the page still loads would be broken off by going on at once.
    link = live_server.url + addresses.store_page(order.store, "link", token=token)
    page.goto(link, wait_until="networkidle")
    page.goto(live_server.url + addresses.return_page(rma))
    buyer.look()
    page.goto(live_server.url + addresses.return_page(rma, "photos"))
    buyer.look()
    page.locator("#kind-waybill input[type=file]").set_input_files(receipt)
    if not script:
        press(buyer, "#kind-waybill form button")
    page.locator("#kind-waybill .did-you a").first.wait_for()
    buyer.look()
    assert Photo.objects.get(authorization=rma).codes == [NUMBER]
    shown = page.locator("#kind-waybill img").first
    assert shown.evaluate("img => img.decode().then(() => img.naturalWidth)") > 0 if script else 1
    press(buyer, "#kind-waybill .did-you a")
    buyer.look()
    assert page.locator("input[name=number]").input_value() == NUMBER
    press(buyer, "form[method=post] button.btn")
    buyer.look()
    assert page.url.endswith(f"/returns/{rma.number}/")
    assert NUMBER in text(page)

    # --- the carrier, by push -----------------------------------------------------------------
    push(connection, "InTransit_PickedUp", 0.02)
    rma.refresh_from_db()
    assert rma.status == Status.IN_TRANSIT
    page.reload()
    buyer.look()
    push(connection, "Delivered_Other", 0.01)
    rma.refresh_from_db()
    assert rma.arrived_at

    # --- the warehouse ------------------------------------------------------------------------
    desk = sit_down(script=script)
    come_in_as_staff(desk.page, live_server, "warehouse")
    desk.page.goto(f"{live_server.url}/desk/returns/returnauthorization/?q={NUMBER}")
    assert desk.page.url.endswith(f"/{rma.pk}/change/"), "a scanned waybill opens its return"
    for step, status in (
        ("receive", Status.RECEIVED),
        ("inspect", Status.INSPECTED),
        ("settle", Status.RESOLVED),
    ):
        desk.page.goto(f"{live_server.url}/desk/returns/returnauthorization/{rma.pk}/{step}/")
        if step == "inspect":
            desk.page.locator("[name^=condition_]").first.check()
        press(desk, ".press button")
        rma.refresh_from_db()
        assert rma.status == status, desk.page.locator("#content").inner_text()
    page.reload()
    buyer.look()
    assert "68.00" in text(page)
    money = rma.resolutions.get()
    desk.page.goto(f"{live_server.url}/desk/returns/returnauthorization/{rma.pk}/sent/{money.pk}/")
    press(desk, ".press button")
    rma.refresh_from_db()
    assert rma.status == Status.CLOSED
    assert desk.complaints == []

    # --- what the buyer got -------------------------------------------------------------------
    tasks.deliver_notices()
    last = mail.outbox[-1]
    assert "68.00" in last.body
    assert last.extra_headers["Content-Language"].lower().startswith(language[:2])
    kinds = list(rma.notices.order_by("pk").values_list("kind", "state"))
    assert [kind for kind, state in kinds if state == "done"] == [
        "return_approved",
        "return_scanned",
        "return_arrived",
        "return_settled",
    ], kinds
    page.reload()
    buyer.look()
    page.goto(live_server.url + addresses.order_page(order))
    buyer.look()
    assert "68.00" in page.locator("body").inner_text()
