"""The main job in a real browser: from the link in the order email to a return number."""

import io

import pytest
import zxingcpp
from django.core import mail
from PIL import Image

from returns import addresses, tasks
from returns.codes import Payment
from returns.models import CarrierAdvice, Lane, ReturnAuthorization
from returns.states import Status
from tests import people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LANGUAGES = {
    "en": {"store": {}, "order": {}, "lang": "en"},
    "zh-hans": {
        "store": {
            "slug": "shanyue",
            "name": "山月茶器",
            "language": "zh-hans",
            "currency": "CNY",
            "country": "CN",
            "zone": "Asia/Shanghai",
            "signed_by": "小月",
            "returns_address": "山月茶器 退货组\n浙江省杭州市西湖区文三路 90 号\n310012",
        },
        "order": {
            "language": "zh-hans",
            "name": "李晓梅",
            "country": "CN",
            "zone": "Asia/Shanghai",
            "city": "成都市",
            "street": "锦江区春熙路 8 号",
            "postcode": "610021",
            "phone": "+86 138 0013 8000",
        },
        "lang": "zh-hans",
    },
}


def an_order(language: str):
    words = LANGUAGES[language]
    store = people.open_store(**words["store"])
    CarrierAdvice.objects.create(
        store=store,
        lane=Lane.CROSS_BORDER,
        carrier="royal-mail",
        service="International Tracked",
        payment=Payment.PREPAID,
        recommended=True,
        days_from=5,
        days_to=8,
    )
    CarrierAdvice.objects.create(
        store=store,
        lane=Lane.DOMESTIC,
        carrier="sf",
        payment=Payment.PREPAID,
        recommended=True,
    )
    return people.place_order(
        store,
        lines=(("Linen shirt", "68.00", 1), ("Beeswax candles", "12.00", 2)),
        **words["order"],
    )


def press_on(reader) -> None:
    reader.page.locator("form[method=post] button.btn").first.click()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_buyer_walks_from_the_link_to_the_return_number(live_server, sit_down, language, script):
    order = an_order(language)
    # The browser speaks another language than the order: the order's wins.
    other = "zh-CN" if language == "en" else "en-GB"
    reader = sit_down(script=script, locale=other)
    page = reader.page
    token = order.store.sign_link(order.number)
    page.goto(live_server.url + addresses.store_page(order.store, "link", token=token))

    assert token not in page.url
    assert page.locator("html").get_attribute("lang").lower().startswith(language[:2])
    reader.look()
    page.locator('a[href$="/return/"]').click()

    reader.look()
    page.locator("form[method=post] input[type=checkbox]").first.check()
    press_on(reader)

    reader.look()
    page.locator("input[type=radio][value=changed_mind]").check()
    press_on(reader)

    reader.look()
    page.locator("input[type=radio][value=refund]").check()
    press_on(reader)

    reader.look()
    assert "68.00" in page.locator("main").inner_text()
    press_on(reader)

    reader.look()
    rma = ReturnAuthorization.objects.get(order=order)
    assert rma.status == Status.APPROVED
    assert rma.number in page.locator("main").inner_text()
    assert page.url.endswith(f"/returns/{rma.number}/")

    tasks.work()
    letter = mail.outbox[0]
    assert len(mail.outbox) == 1, "approval at once is one letter, not two"
    assert rma.number in letter.body
    assert letter.extra_headers["Content-Language"].lower().startswith(language[:2])


def test_the_codes_on_the_ticket_can_be_read_by_a_scanner(live_server, sit_down):
    order = an_order("en")
    reader = sit_down(width=1200)
    token = order.store.sign_link(order.number)
    reader.page.goto(live_server.url + addresses.store_page(order.store, "link", token=token))
    rma = people.ask_to_return(order)
    reader.page.goto(live_server.url + addresses.return_page(rma))
    picture = Image.open(io.BytesIO(reader.page.screenshot(full_page=True)))
    read = {(str(code.format), code.text) for code in zxingcpp.read_barcodes(picture)}
    assert {text for _, text in read} == {rma.number}
    assert len(read) == 2, f"a barcode and a QR code, but read {read}"


def test_a_forgotten_answer_is_asked_for_beside_its_field(live_server, sit_down):
    order = an_order("en")
    reader = sit_down()
    page = reader.page
    token = order.store.sign_link(order.number)
    page.goto(live_server.url + addresses.store_page(order.store, "link", token=token))
    page.goto(live_server.url + addresses.order_page(order, "return_items"))
    press_on(reader)
    assert page.locator("[role=alert]").count() == 1
    assert page.title().startswith("Problem:")
    reader.look()
    assert not ReturnAuthorization.objects.exists()


def test_find_opens_the_order_with_the_code_from_the_mail(live_server, sit_down):
    order = an_order("en")
    reader = sit_down()
    page = reader.page
    page.goto(live_server.url + addresses.store_page(order.store, "find"))
    reader.look()
    page.locator("form[method=post] input[type=text], form[method=post] input:not([type])").nth(
        0
    ).fill(order.number)
    page.locator("form[method=post] input:not([type=hidden])").nth(1).fill("900123 ")
    press_on(reader)
    reader.look()
    assert mail.outbox == []
    tasks.work()
    assert mail.outbox == [], "the last six digits are no proof, the last four are"
    page.goto(live_server.url + addresses.store_page(order.store, "find"))
    page.locator("form[method=post] input:not([type=hidden])").nth(0).fill(order.number.lower())
    page.locator("form[method=post] input:not([type=hidden])").nth(1).fill("0123")
    press_on(reader)
    tasks.work()
    code = next(word for word in mail.outbox[0].body.split() if word.isdigit() and len(word) == 6)
    page.locator("form[method=post] input:not([type=hidden])").first.fill(code)
    press_on(reader)
    assert page.url.endswith(addresses.order_page(order))
    reader.look()
