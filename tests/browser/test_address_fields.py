"""The fields of an address in a real browser, with JavaScript and without."""

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from returns import addresses, tasks
from returns.models import FindAttempt
from tests import people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASTED = "李娜 13912345678 四川省成都市武侯区天府大道1号 610041"


def come_in(page: Page, order, live_server) -> None:
    """With the link, and a fresh code."""
    client = Client()
    people.open_link(client, order)
    step_up = addresses.order_page(order, "step_up")
    client.post(step_up, {"action": "send"})
    tasks.judge_attempts()
    client.post(step_up, {"code": FindAttempt.objects.order_by("-pk")[0].code})
    cookie = client.cookies["homeward"]
    page.context.add_cookies([{"name": "homeward", "value": cookie.value, "url": live_server.url}])
    page.goto(live_server.url + addresses.order_page(order, "address_change"))


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
@pytest.mark.parametrize("width", [390, 1200])
def test_another_country_shows_its_fields_and_what_was_typed_stays(
    sit_down, live_server, script, width
):
    order = people.place_order(people.open_store(), shipped=False, delivered=False)
    reader = sit_down(script=script, width=width)
    page = reader.page
    come_in(page, order, live_server)
    reader.look()
    page.get_by_label("Street and house number").fill("34 Harbour Lane")
    page.get_by_label("Country").select_option("US")
    if not script:
        page.get_by_role("button", name="Show the fields of this country").click()
    expect(page.get_by_label("State")).to_be_visible()
    expect(page.get_by_text("We cannot send this to another country.")).to_be_visible()
    expect(page.get_by_label("Street and house number")).to_have_value("34 Harbour Lane")
    reader.look()
    page.get_by_label("Country").select_option("GB")
    page.get_by_role("button", name="Show the fields of this country").click()
    expect(page.get_by_label("State")).to_have_count(0)
    expect(page.get_by_label("Street and house number")).to_have_value("34 Harbour Lane")
    expect(page.get_by_label("Postcode")).to_have_value("BS1 4QA")
    reader.look()


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_a_pasted_chinese_address_lands_in_its_fields(sit_down, live_server, script):
    order = people.place_order(
        people.open_store(), shipped=False, delivered=False,
        country="CN", region="浙江省", city="杭州市", street="西湖区文三路90号", postcode="310012",
    )  # fmt: skip
    reader = sit_down(script=script)
    page = reader.page
    come_in(page, order, live_server)
    expect(page.get_by_label("District or county")).to_have_value("西湖区")
    page.get_by_text("Paste the whole address instead").click()
    page.get_by_label("The whole address in one piece").fill(PASTED)
    reader.look()
    page.get_by_role("button", name="Put it into the fields").click()
    expect(page.get_by_label("District or county")).to_have_value("武侯区")
    expect(page.get_by_label("Province, or municipality")).to_have_value("四川省")
    expect(page.get_by_label("Road, number, building and room")).to_have_value("天府大道1号")
    reader.look()


def test_enter_in_a_field_sends_the_form_and_a_suggestion_is_one_click(sit_down, live_server):
    order = people.place_order(people.open_store(), shipped=False, delivered=False)
    reader = sit_down()
    page = reader.page
    come_in(page, order, live_server)
    page.get_by_label("Street and house number").fill("34 Harbour Lane")
    page.get_by_label("Postcode").fill("BSI 4QA")
    page.get_by_label("Postcode").press("Enter")
    expect(page.get_by_role("heading", name="Please look at it once more")).to_be_visible()
    reader.look()
    page.get_by_role("button", name="Use BS1 4QA").click()
    expect(page.get_by_role("heading", name="Please look at it once more")).to_have_count(0)
    change = order.address_changes.get()
    assert change.wanted.postcode == "BS1 4QA"
    assert change.wanted.street == "34 Harbour Lane"
