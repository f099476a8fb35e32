"""Writing to the shop and reading its answer in a real Chromium."""

import pytest
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import expect

from returns import addresses
from returns.models import Actor, ChannelAccount, ContactPoint, Message
from tests import people, pictures
from tests.browser.test_walk import an_order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAYS = {
    "en": {
        "write": "Where is my parcel? I leave on Friday.",
        "answer": "It is at customs since this morning.\nWe look again tomorrow.",
    },
    "zh-hans": {
        "write": "我的包裹到哪里了？我周五要出门。",
        "answer": "今天早上到了海关，我们明天再看一次。",
    },
}


@pytest.fixture
def open_order(live_server, sit_down):
    """`open_order(order, script=True)` → a Reader at the page of the order."""

    def opens(order, **options):
        reader = sit_down(**options)
        token = order.store.sign_link(order.number)
        link = addresses.store_page(order.store, "link", token=token)
        reader.page.goto(live_server.url + link)
        return reader

    return opens


def photo(data: bytes) -> dict[str, object]:
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": data}


def messages(order) -> str:
    return addresses.order_page(order, "messages")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
@pytest.mark.parametrize("language", SAYS)
def test_a_buyer_writes_with_a_photo_and_reads_our_answer(open_order, language, script):
    order, says = an_order(language), SAYS[language]
    reader = open_order(order, script=script)
    page = reader.page
    page.locator(f'.actions a[href="{messages(order)}"]').click()
    reader.look()
    page.locator("textarea").fill(says["write"])
    page.locator("input[type=file]").set_input_files([photo(pictures.photo())])
    page.locator("form button.btn").click()

    message = Message.objects.get()
    mine = page.locator(f"#message-{message.pk}")
    expect(mine).to_contain_text(says["write"])
    with translation.override(language):
        expect(mine).to_contain_text(gettext("Thank you, we have your message."))
    assert page.url.endswith(f"#message-{message.pk}")
    expect(page.locator(".postmark")).to_be_visible()
    shown = mine.locator("img")
    shown.scroll_into_view_if_needed()
    if script:
        assert shown.evaluate("img => img.decode().then(() => img.naturalWidth)") > 0
    reader.look()

    ieva = Actor.staff(people.staff("ieva", first_name="Ieva"))
    order.answer(says["answer"], by=ieva, key="a1")
    page.locator("a.back").click()
    reader.look()
    page.locator(f'section[aria-labelledby=messages] a[href="{messages(order)}"]').click()
    ours = page.locator(".thread > li").last
    expect(ours).to_contain_text(says["answer"].splitlines()[0])
    expect(ours).to_contain_text("Ieva")
    reader.look()
    assert order.messages.get(author="staff").seen_at is not None


@pytest.mark.parametrize(
    ("width", "scheme"), [(320, "dark"), (1200, "light")], ids=["narrow and dark", "wide and light"]
)
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_a_long_thread_fits_every_page(open_order, width, scheme, direction):
    order = an_order("en")
    ieva = Actor.staff(people.staff("ieva", first_name="Ieva"))
    order.write("https://example.com/" + "a" * 200, key="m1", left_out=1, sent_from="+447700900777")
    order.answer("متى يصل الطرد؟", by=ieva, key="a1")
    order.write("It goes to 12 Harbour Lane", key="m2", way="email")
    reader = open_order(order, width=width, color_scheme=scheme)
    reader.page.goto(reader.page.url + "messages/")
    reader.page.evaluate(f"document.documentElement.dir = '{direction}'")
    expect(reader.page.locator(".thread > li")).to_have_count(3)
    reader.look()


def test_by_keyboard_alone(open_order):
    order = an_order("en")
    reader = open_order(order)
    page = reader.page
    page.goto(page.url + "messages/")
    keys = page.keyboard
    for _ in range(12):
        keys.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "TEXTAREA":
            break
    keys.type("?")
    keys.press("Tab")
    assert page.evaluate("document.activeElement.type") == "file"
    keys.press("Tab")
    keys.press("Enter")
    summary = page.locator(".errors")
    expect(summary).to_be_focused()
    reader.complaints.clear()  # the browser tells of the 422
    reader.look()
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator("textarea")).to_be_focused()
    keys.press("End")
    keys.type(" Where is it?")
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator(".thread > li")).to_contain_text("? Where is it?")
    assert Message.objects.get().text == "? Where is it?"


def test_a_photo_that_is_none_keeps_the_words(open_order):
    order = an_order("en")
    reader = open_order(order)
    page = reader.page
    page.goto(page.url + "messages/")
    page.locator("textarea").fill("The box is torn")
    page.locator("input[type=file]").set_input_files([photo(b"<svg/>")])
    page.locator("form button.btn").click()
    expect(page.locator("#photos-error")).to_contain_text("not a photo we can open")
    expect(page.locator("textarea")).to_have_value("The box is torn")
    reader.complaints.clear()  # the browser tells of the 422
    reader.look()


def test_photos_that_are_too_many_or_too_large_do_not_travel_for_nothing(open_order):
    order = an_order("en")
    reader = open_order(order)
    page = reader.page
    page.goto(page.url + "messages/")
    page.locator("textarea").fill("The box is torn")
    photos, send = page.locator("input[type=file]"), page.locator("form button.btn")
    photos.set_input_files([photo(b"x")] * 6)
    expect(page.locator("#photos-error")).to_contain_text("Choose 5 photos at most.")
    reader.look()
    photos.set_input_files([photo(b"x" * 8 * 1024 * 1024)] * 2)
    expect(page.locator("#photos-error")).to_contain_text("larger than 15 MB")
    send.click()
    expect(photos).to_be_focused()
    assert not Message.objects.exists()
    photos.set_input_files([photo(pictures.photo())])
    expect(page.locator("#photos-error")).to_have_count(0)
    send.click()
    expect(page.locator(".thread img")).to_have_count(1)
    assert Message.objects.get().text == "The box is torn"


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_buyer_turns_sms_on_and_off(open_order, script):
    order = an_order("en")
    ChannelAccount.objects.create(store=order.store, provider="demo")
    ChannelAccount.objects.create(store=order.store, provider="whatsapp")
    reader = open_order(order, script=script, width=320)
    page = reader.page
    page.goto(page.url + "messages/")
    page.get_by_role("link", name="Choose how we write to you").click()
    reader.look()
    page.get_by_role("button", name="Send short news by SMS instead of email").click()
    back = page.get_by_role("button", name="Send short news by email again instead of SMS")
    expect(back).to_be_visible()
    assert ContactPoint.objects.get().is_agreed
    reader.look()
    back.click()
    again = page.get_by_role("button", name="Send short news by SMS instead of email")
    expect(again).to_be_visible()
    assert not ContactPoint.objects.get().is_agreed
