"""Withdrawing from the contract in a real Chromium: from the shop, and from the order."""

import pytest
from playwright.sync_api import expect

from returns import addresses
from returns.models import Withdrawal
from returns.withdrawal_states import WithdrawalStatus
from tests.browser.test_thread import open_order as open_order
from tests.browser.test_walk import LANGUAGES
from tests.returns.withdrawing import declared, eu_order, eu_store, outcome_of, work

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKS = [("en", True), ("en", False), ("zh-hans", True), ("zh-hans", False)]
WAYS = pytest.mark.parametrize(("language", "script"), LOOKS)
TWO = (("Linen shirt", "68.00", 2, {"variant": "Oat, size M"}), ("Beeswax candles", "24.00", 1))


def an_order(language: str, **values):
    shop = LANGUAGES[language]["store"] | {"country": "DE"}
    return eu_order(eu_store(**shop), lines=TWO, language=language, **values)


def asked_again(reader) -> None:
    """What is wrong is said first; the browser notes that the answer was no success."""
    expect(reader.page.locator("#problems")).to_be_visible()
    reader.complaints = [words for words in reader.complaints if "422" not in words]
    reader.look()


def confirm(page) -> None:
    page.locator("button[name=step][value=confirm]").click()


@WAYS
def test_a_buyer_comes_from_the_shop_and_withdraws_in_two_steps(
    live_server, sit_down, language, script
):
    order = an_order(language)
    reader = sit_down(width=320, script=script, locale="zh-CN" if language != "en" else "en-GB")
    page = reader.page
    page.goto(live_server.url + addresses.store_page(order.store, "find"))
    page.locator(f'header a[href="{addresses.store_page(order.store, "withdraw")}"]').click()
    reader.look()
    page.locator("form button.btn").click()  # nothing is filled in
    asked_again(reader)
    page.locator("[name=name]").fill("Sarah Whitcombe")
    page.locator("[name=contract]").fill("JP-20418")
    page.locator("[name=parts]").fill("One of the shirts")
    page.locator("[name=email]").fill("sarah@example.com")
    page.locator("form button.btn").click()
    expect(page.locator("dl.answers")).to_contain_text("One of the shirts")
    reader.look()
    page.locator("button[value=change]").click()
    expect(page.locator("[name=parts]")).to_have_value("One of the shirts")
    page.locator("form button.btn").click()
    confirm(page)
    made = Withdrawal.objects.get()
    expect(page.locator("main")).to_contain_text(made.number)
    reader.look()
    page.reload()
    assert Withdrawal.objects.count() == 1
    assert made.language == language


@WAYS
def test_a_buyer_withdraws_from_a_part_on_the_page_of_the_order(open_order, language, script):
    order = an_order(language)
    reader = open_order(order, script=script, width=320)
    page = reader.page
    reader.look()
    page.locator(f'header a[href="{addresses.order_page(order, "order_withdraw")}"]').click()
    reader.look()
    shirts, candles = order.lines.all()
    page.locator(f"[name=line-{shirts.pk}]").fill("9")
    page.locator("[name=name]").fill("Sarah Whitcombe")
    page.locator("[name=email]").fill("sarah@example.com")
    page.locator("form button.btn").click()
    asked_again(reader)
    page.locator(f"[name=line-{shirts.pk}]").fill("1")
    page.locator(f"[name=line-{candles.pk}]").fill("0")
    page.locator("form button.btn").click()
    expect(page.locator("dl.answers")).to_contain_text("1 × Linen shirt")
    reader.look()
    confirm(page)
    made = Withdrawal.objects.get()
    expect(page.locator("main")).to_contain_text(made.number)
    assert outcome_of(made).status == WithdrawalStatus.EFFECTIVE
    reader.look()
    rma = order.returns.get()
    page.locator(f'a[href="{addresses.return_page(rma)}"]').click()
    reader.look()
    page.goto(page.url.partition("returns/")[0])
    expect(page.locator("#withdrawals")).to_be_visible()
    reader.look()


@WAYS
def test_one_from_the_open_page_is_confirmed_by_the_buyer(open_order, language, script):
    order = an_order(language)
    made = declared(order, parts="one shirt", language=language)
    work()
    reader = open_order(order, script=script)
    page = reader.page
    state = addresses.order_page(order, "withdrawal", number=made.number)
    page.locator(f'a[href="{state}"]').click()
    reader.look()
    way = addresses.order_page(order, "withdrawal_confirm", number=made.number)
    page.locator(f'a[href="{way}"]').click()
    reader.look()
    shirts, candles = order.lines.all()
    page.locator(f"[name=line-{shirts.pk}]").fill("0")
    page.locator(f"[name=line-{candles.pk}]").fill("0")
    page.locator("form button.btn").click()
    asked_again(reader)
    page.locator(f"[name=line-{shirts.pk}]").fill("1")
    page.locator("form button.btn").click()
    expect(page.locator("#follows")).to_be_visible()
    reader.look()
    assert order.returns.get().lines.get().requested == 1


def test_what_has_not_left_is_stopped_and_told(open_order):
    order = an_order("en", shipped=False)
    reader = open_order(order)
    page = reader.page
    way = addresses.order_page(order, "order_withdraw")
    page.locator(f'.actions a[href="{way}"]').click()
    page.locator("[name=name]").fill("Sarah Whitcombe")
    page.locator("[name=email]").fill("sarah@example.com")
    page.locator("form button.btn").click()
    confirm(page)
    reader.look()
    page.locator("section.actions a.row").first.click()
    expect(page.locator("h1")).to_have_text("We stop what has not left us.")
    reader.look()
