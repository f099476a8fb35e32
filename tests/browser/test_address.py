"""Changing an address in a real Chromium: from the link, by a code, to how it stands."""

from dataclasses import replace

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext
from playwright.sync_api import expect

from returns import address_texts, addresses, tasks
from returns.address_policy import AGAIN
from returns.models import BUYER, AddressChange, ChangeStatus, FindAttempt, Notice, Order
from returns.postal.address import PostalAddress
from tests import people
from tests.browser.test_thread import open_order as open_order
from tests.browser.test_walk import LANGUAGES
from tests.portal.on_the_way import hear, report, the_parcel
from tests.portal.test_address_pages import BROOKLYN, by_ups, for_free, redirected
from tests.post_office import send_due
from tracking.gateways import Aim
from tracking.milestones import Milestone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WANTED = {
    "en": {"street": "8 Chapel Row", "city": "Bath", "postcode": "BA1 1HN"},
    "zh-hans": {"street": "人民南路四段 1 号 2 单元 301"},
}


def an_order(language: str) -> Order:
    words = LANGUAGES[language]
    store = people.open_store(**words["store"])
    values = words["order"] | ({"region": "四川省"} if language != "en" else {})
    return people.place_order(store, shipped=False, **values)


def by_code(reader) -> None:
    """Asks for the code on the page that wants one, reads the mail, and enters it."""
    reader.look()
    reader.page.locator("form button.btn").last.click()
    expect(reader.page.locator("input[name=code]")).to_be_visible()
    tasks.judge_attempts()
    notice = Notice.objects.filter(kind="access_code").latest("pk")
    code = FindAttempt.objects.get(pk=notice.facts["attempt"]).code
    reader.look()
    reader.page.locator("input[name=code]").fill(code)
    reader.page.locator("form button.btn").first.click()


def heading(reader) -> str:
    return reader.page.locator("h1").inner_text()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
@pytest.mark.parametrize("language", WANTED)
def test_a_buyer_walks_from_the_link_to_another_address(open_order, language, script):
    order = an_order(language)
    reader = open_order(order, script=script, width=390)
    page = reader.page
    reader.look()
    page.locator(f'.actions a[href="{addresses.order_page(order, "address")}"]').click()
    by_code(reader)
    expect(page.locator(".envelope")).to_contain_text(order.street)
    reader.look()
    page.locator(f'a[href="{addresses.order_page(order, "address_change")}"]').click()
    reader.look()
    for name, value in WANTED[language].items():
        page.locator(f"[name={name}]").fill(value)
    with translation.override(language):
        button = str(address_texts.BUTTONS[Aim.REDIRECT])
        steps = gettext("Step by step")
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator("h1")).to_be_visible()
    if page.locator("[name=seen]").count():  # a doubt that is shown once
        reader.look()
        page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator("#story")).to_have_text(steps)
    change = AddressChange.objects.get()
    assert page.url.endswith(addresses.order_page(order, "address_status", pk=change.pk))
    expect(page.locator(".envelope")).to_contain_text(WANTED[language]["street"][:12])
    expect(page.locator(".postmark")).to_be_visible()
    assert Order.objects.get().street.endswith(WANTED[language]["street"])
    reader.look()
    page.locator("a.back").click()
    expect(page.locator(f'a[href$="/address/changes/{change.pk}/"]')).to_be_visible()
    reader.look()


@pytest.mark.parametrize(
    ("width", "scheme"), [(320, "dark"), (1200, "light")], ids=["narrow and dark", "wide and light"]
)
def test_every_page_fits_and_is_accessible(open_order, width, scheme):
    order = for_free(by_ups(lines=(("Linen shirt", "68.00", 2),)))
    reader = open_order(order, width=width, color_scheme=scheme)
    page, home = reader.page, reader.page.url
    page.goto(f"{home}address/")
    by_code(reader)
    expect(page.locator(".envelope")).to_be_visible()
    reader.look()
    pk = order.shipments.get().pk
    for path in (f"change/{pk}/", f"return/{pk}/", f"hold/{pk}/", f"reschedule/{pk}/"):
        page.goto(f"{home}address/{path}")
        reader.look()
    page.goto(f"{home}address/again/{pk}/")  # which is not possible yet
    reader.look()
    page.goto(f"{home}address/confirm/")
    reader.look()
    change = redirected(order)
    for status in ChangeStatus:
        AddressChange.objects.update(status=status, failure="too_late")
        page.goto(f"{home}address/changes/{change.pk}/")
        reader.look()
    AddressChange.objects.update(status=ChangeStatus.REQUESTED, failure="")
    page.goto(f"{home}address/changes/{change.pk}/withdraw/")
    reader.look()


def test_too_late_leads_to_sending_it_again_with_what_was_typed(open_order):
    order = by_ups()
    reader = open_order(order, script=False)
    page, home = reader.page, reader.page.url
    page.goto(f"{home}address/change/{order.shipments.get().pk}/")
    by_code(reader)
    for name in ("street", "city", "postcode"):
        page.locator(f"[name={name}]").fill(BROOKLYN[name])
    page.locator("[name=agrees]").check()
    hear(the_parcel(order), report(Milestone.OUT_FOR_DELIVERY, at=timezone.now()))
    page.get_by_role("button", name="Change the address", exact=True).click()
    expect(page.locator("h1")).to_have_text("That is not possible now.")
    expect(page.locator(".envelope")).to_contain_text("45 Bergen Street")
    assert page.locator('a[href^="tel:"]').count() == 1
    page.locator('a[href*="/address/again/"]').click()
    expect(page.locator("[name=street]")).to_have_value("45 Bergen Street")
    with translation.override("en"):
        button = str(address_texts.BUTTONS[AGAIN])
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator("#story")).to_be_visible()
    assert AddressChange.objects.get().aim == AGAIN


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_change_is_stopped_with_one_button(open_order, script):
    order = for_free(by_ups())
    change = redirected(order)
    reader = open_order(order, script=script)
    page = reader.page
    page.locator(f'a[href$="/address/changes/{change.pk}/"]').first.click()
    expect(page.locator(".envelope")).not_to_contain_text("Bergen")
    reader.look()
    page.get_by_role("button", name="Stop this change").click()
    by_code(reader)
    expect(page.locator("h1")).to_have_text("Stop this change?")
    reader.look()
    page.get_by_role("button", name="Yes, stop it").click()
    expect(page.locator("#story")).to_be_visible()
    expect(page.locator(".events")).to_contain_text("It was stopped.")
    reader.look()
    assert AddressChange.objects.get().status == ChangeStatus.WITHDRAWN


def test_an_open_page_turns_by_itself_when_the_shop_has_it(open_order):
    order = an_order("en")
    reader = open_order(order)
    page, home = reader.page, reader.page.url
    bath = replace(PostalAddress.of(order), **WANTED["en"])
    change = order.change_address(Aim.REDIRECT, after=bath, key="k", by=BUYER)
    page.goto(f"{home}address/changes/{change.pk}/")
    before = heading(reader)
    send_due(timezone.now())
    tasks.follow_addresses()
    AddressChange.objects.get().note_in_shop()
    page.locator("[data-refresh]").dispatch_event("refresh")
    expect(page.locator("h1")).not_to_have_text(before)
    reader.look()
