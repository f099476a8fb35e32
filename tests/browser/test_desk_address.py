"""The desk changes an address for a caller in a real Chromium: three clicks, with the script
and without it."""

import time

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Locator, expect

from returns import tasks
from returns.models import AddressChange, InterceptionRule, Order
from tests import people
from tests.post_office import send_due
from tracking.models import GatewayAccount, Interception
from tracking.tasks import intercept

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MAY = ("view_order", "view_addresschange", "decide_address", "view_notice", "view_message")
ENOUGH = 3


@pytest.fixture
def order(db) -> Order:
    """On the road with a carrier whom the gateway can ask; the store pays."""
    store = people.open_store()
    InterceptionRule.objects.create(store=store, payer="store")
    order = people.place_order(store, shipped=False)
    people.ship(order)
    return order


@pytest.fixture
def gateway(order) -> GatewayAccount:
    return GatewayAccount.objects.create(account=order.store.account, gateway="demo")


@pytest.fixture
def open_order(live_server, sit_down, order):
    """`open_order(script=True)` → a Reader at the desk's page of the order."""

    def opens(**options):
        reader = sit_down(**options)
        client = Client()
        client.force_login(people.staff("ieva", *MAY, first_name="Ieva"))
        cookie = {"name": "homeward", "value": client.cookies["homeward"].value}
        reader.context.add_cookies([cookie | {"url": live_server.url}])
        reader.page.goto(f"{live_server.url}/desk/returns/order/{order.pk}/change/")
        return reader

    return opens


class Finger:
    """Counts what it presses."""

    def __init__(self) -> None:
        self.clicks = 0

    def press(self, what: Locator) -> None:
        self.clicks += 1
        what.click()


def work() -> None:
    """What the workers do, until nothing is left to do at once."""
    send_due(timezone.now())
    tasks.follow_addresses()
    intercept()
    tasks.follow_addresses()


@pytest.mark.parametrize(
    ("width", "script"), [(390, True), (1200, True), (390, False)], ids=["390", "1200", "no script"]
)
def test_from_the_order_to_the_request_at_the_gateway_it_takes_three_clicks(
    open_order, gateway, order, width, script
):
    reader = open_order(width=width, script=script)
    page, finger = reader.page, Finger()
    began = time.monotonic()
    finger.press(page.get_by_role("link", name="Change the address"))
    page.get_by_label("Street and house number").fill("8 Chapel Row")
    page.get_by_label("Town or city").fill("Bath")
    page.get_by_label("Postcode").fill("BA1 1HN")
    finger.press(page.get_by_text("Called back on the number on the order"))
    finger.press(page.get_by_role("button", name="Send", exact=True))
    expect(page.get_by_text("The contact on the order is told first")).to_be_visible()
    work()
    took = time.monotonic() - began
    asked = Interception.objects.get()
    assert asked.asked_at and asked.reference and asked.after["city"] == "Bath"
    assert finger.clicks == ENOUGH
    print(f"\n{finger.clicks} clicks and {took:.1f} seconds, with a machine that types")
    page.reload()
    reader.look()
    expect(page.get_by_text("We have asked Royal Mail to bring it")).to_be_visible()


@pytest.mark.parametrize("width", [320, 1200])
def test_a_doubt_is_read_and_sent_all_the_same_and_enter_takes_no_suggestion(
    open_order, order, width
):
    reader = open_order(width=width)
    page = reader.page
    page.get_by_role("link", name="Change the address").click()
    reader.look()
    page.get_by_label("Street and house number").fill("8 Chapel Row")
    page.get_by_label("Town or city").fill("Bath")
    page.get_by_label("Postcode").fill("BA1 IHN")
    page.get_by_label("Read back the code that we emailed").check()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("button", name="Make it BA1 1HN")).to_be_visible()
    reader.look()
    page.get_by_label("Postcode").press("Enter")
    expect(page.get_by_text("The contact on the order is told first")).to_be_visible()
    assert AddressChange.objects.get().wanted.postcode == "BA1 IHN"


@pytest.mark.parametrize("width", [320, 1200])
def test_a_carrier_is_called_and_what_it_said_is_noted(open_order, live_server, order, width):
    reader = open_order(width=width)
    page = reader.page
    page.get_by_role("link", name="Change the address").click()
    page.get_by_label("Street and house number").fill("8 Chapel Row")
    page.get_by_label("Read back the code that we emailed").check()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("The contact on the order is told first")).to_be_visible()
    work()
    page.goto(f"{live_server.url}/desk/")
    page.get_by_role("link", name="Carriers to call").click()
    reader.look()
    page.locator("#result_list").get_by_role("link", name="To another address").click()
    reader.look()
    page.get_by_role("link", name="Note the call").click()
    expect(page.get_by_text("+44 3457 740 740")).to_be_visible()
    reader.look()
    page.get_by_label("They say no").check()
    page.get_by_label("Why not").select_option(label="They do not go there")
    page.get_by_role("button", name="Note what they said").click()
    expect(page.get_by_text("Did not work: they do not go there").first).to_be_visible()
    reader.look()
    page.goto(f"{live_server.url}/desk/returns/addresschange/figures/")
    reader.look()
