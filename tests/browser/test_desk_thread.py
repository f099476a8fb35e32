"""The desk reads a message and answers it in a real Chromium, with the script and without it."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import expect

from returns.models import Actor, Case, Order
from tests import people
from tests.portal.on_the_way import wrong
from tracking.incidents import IncidentKind

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MAY = ("view_order", "view_message", "answer_message", "view_case", "care_for_case", "view_notice")
BEFORE = "We have asked the warehouse and write to you tomorrow."


@pytest.fixture
def order(db) -> Order:
    """Sarah asks; somebody else of the same store was answered before."""
    order = people.place_order(people.open_store())
    other = people.place_order(order.store, "JP-9", name="Bob Marsh", email="bob@example.com")
    other.answer(BEFORE, by=Actor.staff(people.staff("cora", first_name="Cora")), key="before")
    order.write("Where is my shirt?", key="first")
    return order


@pytest.fixture
def open_thread(live_server, sit_down, order):
    """`open_thread(script=True)` → a Reader at the thread, come by the page of the order."""

    def opens(**options):
        reader = sit_down(**options)
        client = Client()
        client.force_login(people.staff("ieva", *MAY, first_name="Ieva"))
        cookie = {"name": "homeward", "value": client.cookies["homeward"].value}
        reader.context.add_cookies([cookie | {"url": live_server.url}])
        reader.page.goto(f"{live_server.url}/desk/returns/order/{order.pk}/change/")
        reader.page.get_by_role("link", name="Read and answer").click()
        return reader

    return opens


@pytest.mark.parametrize("width", [320, 1280])
def test_words_that_are_there_are_put_into_the_answer_and_what_was_typed_stays(
    open_thread, order, width
):
    reader = open_thread(width=width)
    expect(reader.page.get_by_text("Where is my shirt?")).to_be_visible()
    reader.look()
    page = reader.page
    page.get_by_label("Answer", exact=True).fill("Dear Sarah,")
    page.get_by_label("Begin with words that are there").select_option(label=BEFORE)
    page.get_by_role("button", name="Put these words into the answer").click()
    expect(page.get_by_label("Answer", exact=True)).to_have_value(f"Dear Sarah,\n\n{BEFORE}")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("The answer is on its way.")).to_be_visible()
    reader.look()
    assert order.messages.last().text == f"Dear Sarah,\n\n{BEFORE}"
    assert not order.messages.unanswered().exists()


def test_without_the_script_the_same_is_done_by_the_server(open_thread, order):
    reader = open_thread(script=False)
    page = reader.page
    page.get_by_label("Begin with words that are there").select_option(label=BEFORE)
    page.get_by_role("button", name="Put these words into the answer").click()
    expect(page.get_by_label("Answer", exact=True)).to_have_value(BEFORE)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("The answer is on its way.")).to_be_visible()
    reader.look()
    assert order.messages.last().text == BEFORE


def test_who_is_second_reads_the_first_answer_and_keeps_the_words(open_thread, order):
    reader = open_thread()
    page = reader.page
    page.get_by_label("Answer", exact=True).fill("It comes on Friday.")
    cora = Actor.staff(get_user_model().objects.get(username="cora"))
    order.answer("It left today.", by=cora, key="cora")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Cora answered")).to_be_visible()
    expect(page.locator(".entries").get_by_text("It left today.")).to_be_visible()
    expect(page.get_by_label("Answer", exact=True)).to_have_value("It comes on Friday.")
    reader.look()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("The answer is on its way.")).to_be_visible()
    assert order.messages.filter(author="staff").count() == 2


@pytest.fixture
def case(order) -> Case:
    """Her parcel stands still, and nobody looks after it."""
    people.ship(order, number="RB555555555GB")
    parcel = order.shipments.get(parcel__number="RB555555555GB").parcel
    wrong(parcel, IncidentKind.STALLED)
    Case.objects.follow()
    return Case.objects.get()


@pytest.mark.parametrize("width", [320, 1280])
def test_a_case_is_looked_at_and_what_the_carrier_said_is_noted(
    live_server, open_thread, case, width
):
    reader = open_thread(width=width)
    page = reader.page
    page.goto(f"{live_server.url}/desk/returns/case/?whose=nobody")
    reader.look()
    page.locator("#result_list").get_by_role("link", name="No movement").click()
    reader.look()
    page.get_by_role("link", name="Log a contact with the carrier").click()
    reader.look()
    page.get_by_label("By telephone").check()
    page.get_by_label("What we asked").fill("Where does it lie?")
    page.get_by_role("button", name="Log it").click()
    expect(page.get_by_text("We asked Royal Mail on").first).to_be_visible()
    reader.look()
