"""Something is wrong, in a real Chromium: each kind from the order's page to what we do."""

import re

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext
from playwright.sync_api import expect

from returns import addresses, formats
from returns.codes import Kind, ProblemKind, Wish
from returns.models import Order, Problem, ProblemReminder, ReturnAuthorization, Store
from returns.problems import OF_THINGS, facts_of, judge
from tests import people
from tests.browser.test_thread import open_order as open_order
from tests.browser.test_walk import LANGUAGES
from tests.portal.on_the_way import ago, report, sent
from tracking.milestones import Milestone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

K = ProblemKind
SAYS = {"en": "It is torn at the seam.", "zh-hans": "接缝处裂开了。"}
LINES = (("Linen shirt", "68.00", 1), ("Beeswax candles", "12.00", 2))
# Ends with a page of EXCHANGE's, not with one of these.
CALLED_BACK = (K.UNWANTED,)


def an_order(language: str, kind: str) -> Order:
    """One of which this can be told now."""
    words = LANGUAGES[language]
    abroad = {"country": "LT"} if kind == K.CUSTOMS else {}
    store: Store = people.open_store(**(words["store"] | abroad))
    values = {"lines": LINES, **words["order"]}
    match kind:
        case K.LATE:
            return sent(store, report(at=ago(days=6)), left=ago(days=7), **values)
        case K.CUSTOMS:
            return sent(store, report(Milestone.CUSTOMS, at=ago(hours=5)), **values)
        case K.UNWANTED:
            return sent(store, report(at=ago(hours=5)), left=ago(days=1), **values)
        case K.CHANGED_MIND:
            return people.place_order(store, shipped=False, **values)
    return people.place_order(store, **values)


def press_on(reader) -> None:
    reader.page.locator("form[method=post] button.btn").first.click()


def answer(reader, language: str) -> None:
    """Fills in one page: the first of each choice, one of the first thing, a few words."""
    page = reader.page
    groups = dict.fromkeys(
        radio.get_attribute("name") for radio in page.locator("input[type=radio]").all()
    )
    for name in groups:
        wished = page.locator(f"input[type=radio][name={name}][value={Wish.REFUND}]")
        choice = wished if wished.count() else page.locator(f"input[type=radio][name={name}]")
        choice.first.check()
    if page.locator("input[type=checkbox]").count():
        page.locator("input[type=checkbox]").first.check()
    if page.locator("textarea").count():
        page.locator("textarea").first.fill(SAYS[language])


def walk_to_check(reader, order: Order, kind: str, language: str) -> None:
    page = reader.page
    reader.look()
    page.locator(f'.actions a[href="{addresses.order_page(order, "problem")}"]').click()
    reader.look()
    page.locator(f'a[href="{addresses.order_page(order, "problem_kind", kind=kind)}"]').click()
    for _ in range(8):
        reader.look()
        if page.url.endswith("/check/"):
            return
        assert f"/problem/{kind}/" in page.url
        answer(reader, language)
        press_on(reader)
    raise AssertionError("the short path is not short")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
@pytest.mark.parametrize("language", SAYS)
@pytest.mark.parametrize("kind", [kind for kind in K if kind not in CALLED_BACK])
def test_each_kind_is_told_from_the_orders_page(open_order, kind, language, script):
    order = an_order(language, kind)
    reader = open_order(order, script=script, width=390)
    page = reader.page
    walk_to_check(reader, order, kind, language)
    assert page.locator(".events > li").count() >= 2, "what happens then"
    if kind != K.CHANGED_MIND:
        expect(page.locator("main")).to_contain_text(SAYS[language])
    press_on(reader)
    expect(page.locator("h1")).to_be_visible()
    if kind in OF_THINGS:
        rma = ReturnAuthorization.objects.get()
        assert addresses.return_page(rma) in page.url
        assert (rma.kind, rma.wish) == (Kind.CLAIM, Wish.REFUND)
    elif kind == K.CHANGED_MIND:
        assert page.url.endswith(addresses.return_page(ReturnAuthorization.objects.get()))
    else:
        problem = Problem.objects.get()
        assert page.url.endswith(addresses.order_page(order, "problem_told", pk=problem.pk))
        expect(page.locator(".postmark")).to_be_visible()
        assert problem.words == SAYS[language]
    reader.look()


@pytest.mark.parametrize("kind", [K.UNWANTED, K.CHANGED_MIND])
def test_a_parcel_on_its_way_is_called_back(open_order, kind):
    order = an_order("en", K.UNWANTED)
    reader = open_order(order, width=390)
    page = reader.page
    page.goto(f"{reader.page.url}problem/")
    page.locator(f'a[href="{addresses.order_page(order, "problem_kind", kind=kind)}"]').click()
    pk = order.shipments.get().pk
    assert page.url.endswith(addresses.order_page(order, "recall", shipment=pk))
    reader.look()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
@pytest.mark.parametrize("language", SAYS)
@pytest.mark.parametrize("kind", [K.LATE, K.NOT_HERE, K.MISSING])
def test_what_is_too_early_names_the_hour_and_reminds(open_order, kind, language, script):
    words = LANGUAGES[language]
    store = people.open_store(**words["store"])
    if kind == K.LATE:
        order = sent(store, report(at=ago(hours=5)), left=ago(days=1), **words["order"])
    else:
        order = people.place_order(store, days_ago=3, lines=LINES, **words["order"])
    if kind == K.MISSING:
        sent(store, report(at=ago(hours=5)), left=ago(days=1), order=order)
    reader = open_order(order, script=script, width=390)
    page = reader.page
    page.goto(f"{reader.page.url}problem/")
    reader.look()
    row = page.locator(f'a[href="{addresses.order_page(order, "problem_kind", kind=kind)}"]')
    fresh = Order.objects.with_story().get(pk=order.pk)
    begins = judge(facts_of(fresh, timezone.now()), timezone.now())[kind].verdict.begins
    with translation.override(language), timezone.override(order.where):
        moment, remind = formats.moment(begins), gettext("Remind me then")
    expect(row).to_contain_text(moment)
    row.click()
    expect(page.locator("main")).to_contain_text(moment)
    reader.look()
    page.get_by_role("button", name=remind, exact=True).first.click()
    expect(page.locator(".ok").first).to_contain_text(moment)
    assert ProblemReminder.objects.get().remind_at == begins
    reader.look()


@pytest.mark.parametrize("width", [320, 1200])
def test_every_page_fits_and_is_accessible_in_the_dark(open_order, width):
    order = an_order("en", K.QUALITY)
    reader = open_order(order, width=width, color_scheme="dark")
    page, home = reader.page, reader.page.url
    walk_to_check(reader, order, K.QUALITY, "en")
    page.goto(f"{home}problem/quality/remedy/")
    page.locator("input[value=exchange]").check()
    press_on(reader)
    reader.look()  # which one instead
    page.goto(f"{home}problem/not_here/look/")
    reader.look()
    press_on(reader)
    reader.look()
    press_on(reader)  # nothing answered
    expect(page.locator("[role=alert]")).to_be_visible()
    assert page.title().startswith("Problem:")
    reader.look()


def test_back_keeps_what_was_typed_and_the_last_page_changes_it(open_order):
    order = an_order("en", K.DAMAGED)
    reader = open_order(order, script=False, width=390)
    page = reader.page
    walk_to_check(reader, order, K.DAMAGED, "en")
    page.locator('a[href$="/problem/damaged/details/"]').first.click()
    expect(page.locator("textarea")).to_have_value(SAYS["en"])
    page.locator("textarea").fill("It is torn, and wet.")
    press_on(reader)
    expect(page.locator("main")).to_contain_text("It is torn, and wet.")
    page.locator("a.back").click()
    assert re.search(r"/problem/damaged/remedy/$", page.url)
    expect(page.locator(f"input[value={Wish.REFUND}]")).to_be_checked()


def test_it_is_all_right_after_all(open_order):
    order = an_order("en", K.NOT_HERE)
    reader = open_order(order, width=390)
    page = reader.page
    walk_to_check(reader, order, K.NOT_HERE, "en")
    press_on(reader)
    reader.look()
    page.get_by_role("button", name="It is all right after all", exact=True).click()
    expect(page.locator("h1")).to_have_text("Good to hear: it is all right after all.")
    reader.look()
    page.locator("a.back").click()
    expect(page.locator("h1")).to_be_visible()
    assert not Problem.objects.filter(over_at=None).exists()
    reader.look()
