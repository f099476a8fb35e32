"""The pages of what was told as wrong: told as that, and never as a return where none is."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from returns import addresses
from returns.codes import PhotoKind, Reason, Wish
from returns.models import BUYER, RULE, Award, Photo
from returns.states import Status
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.test_return_form import words
from tests.returns.returning import DESK, inspected, opened
from tests.returns.test_claims import claim, shop
from tests.returns.test_postage_repaid import jpeg

pytestmark = pytest.mark.django_db


@pytest.fixture
def store():
    return shop(voucher_percent=10)


def page(rma, name="return") -> str:
    return addresses.return_page(rma, name)


def test_a_claim_that_waits_says_who_does_what_and_what_was_asked_for(sarah, order):
    rma = claim(order, note="It came torn.")
    text = words(sarah.get(page(rma)))
    for said in (
        "You told us that something is wrong. We are looking at it.",
        "Please keep the goods and what they came in until you hear from us.",
        "Your number for it",
        "It arrived damaged",
        "Keep it and get a part of the money back",
        "They stay with you. Nothing has to be sent back.",
        "13.60 USD",
        "It came torn.",
        "A person will answer your request by",
        "Take it back",
    ):
        assert said in text, said
    assert "post anything" not in text
    assert not re.search(r"\breturn\b", text.partition("Your parcel")[0])


def test_what_may_have_to_come_back_is_not_to_be_posted_yet(sarah, order):
    text = words(sarah.get(page(claim(order, wish=Wish.REFUND))))
    assert "Please do not post anything yet." in text
    assert "They stay with you" not in text


def test_photos_of_the_thing_and_the_box_are_asked_for_while_it_waits(sarah, order):
    rma = claim(order)
    text = words(sarah.get(page(rma)))
    assert "Please send us photos of the goods" in text
    assert page(rma, "photos") in sarah.get(page(rma)).content.decode()
    text = words(sarah.get(page(rma, "photos")))
    assert "What is wrong with it" in text and "The box as it came" in text
    assert "Before you pack them" not in text and "The receipt for the postage" not in text
    for kind in (PhotoKind.ITEM, PhotoKind.BOX):
        Photo.objects.take(rma, kind, jpeg(60 + len(kind)), by=BUYER)
    assert "Your photos" in words(sarah.get(page(rma)))


def test_what_was_granted_stands_with_its_amounts(sarah, order):
    rma = claim(order)
    rma.approve(by=RULE)
    text = words(sarah.get(page(rma)))
    for said in (
        "We put it right.",
        "You get a part of your money back: 13.60 USD.",
        "You get a voucher of 6.80 USD for the shop.",
        "They stay with you. Nothing has to be sent back.",
        "We will send the money by",
    ):
        assert said in text, said
    assert "If you see it differently" not in text  # it is what was asked for
    for row in rma.resolutions.all():
        row.record_sent(by=DESK, method="card")
    text = words(sarah.get(page(rma)))
    assert "It is put right." in text and "We sent a part of your money back to you" in text


def test_what_comes_back_first_shows_how_to_send_it(sarah, order):
    rma = claim(order, wish=Wish.REFUND)
    rma.approve(by=RULE)
    text = words(sarah.get(page(rma)))
    assert "We put it right. Please send it back to us first." in text
    assert "Write this on the label" in text
    assert "You pay the postage" not in text
    inspected(opened(rma))
    rma.resolve([Award("refund", rma.settlement().total)], by=DESK)
    assert "We put it right." in words(sarah.get(page(rma)))


def test_what_never_came_is_not_said_to_stay(sarah, order):
    rma = claim(order, wish=Wish.PIECE, reason=Reason.MISSING)
    rma.approve(by=RULE)
    text = words(sarah.get(page(rma)))
    assert "We send you the missing piece." in text
    assert "They stay with you" not in text


def test_a_no_explains_itself(sarah, order):
    rma = claim(order)
    rma.decline("misuse", "There are marks of a hammer.", by=RULE)
    text = words(sarah.get(page(rma)))
    assert "We could not agree to what you asked for." in text
    assert "There are marks of a hammer." in text
    assert "Ask us to look again" in text


def test_taking_it_back_asks_once_more_and_leads_on(sarah, order):
    rma = claim(order)
    text = words(sarah.get(page(rma, "return_cancel")))
    assert "Take it back?" in text and "return number" not in text
    response = sarah.post(page(rma, "return_cancel"), follow=True)
    rma.refresh_from_db()
    assert rma.status == Status.CANCELLED
    assert "What you had told us was taken back." in words(response)
    assert addresses.order_page(order, "problem") in response.content.decode()


def test_the_page_of_the_order_tells_it_as_what_was_told(sarah, order):
    rma = claim(order)
    text = words(sarah.get(addresses.order_page(order)))
    assert "You told us that something is wrong. We are looking at it." in text
    assert "What you told us already It arrived damaged" in text
    assert "Your returns" not in text and "About your return" not in text
    assert "You told us what is wrong." in text  # its history
    assert "See how it stands" in text
    rma.ask("Is the box dented?", by=RULE)
    text = words(sarah.get(addresses.order_page(order)))
    assert "We have a question about what is wrong." in text and "Answer the question" in text


def test_something_for_the_trouble_has_a_page_of_its_own(sarah, order):
    rma = order.compensate(Award("voucher", Decimal(5)), "It takes so long.", by=RULE)
    text = words(sarah.get(page(rma)))
    assert "You get a voucher of 5.00 USD for the shop." in text and "It takes so long." in text
    assert "What we put right for you" in words(sarah.get(addresses.order_page(order)))


@pytest.mark.parametrize("many", [1, 3])
def test_the_page_costs_the_same_however_much_was_given(sarah, order, many):
    rma = claim(order)
    rma.approve(by=RULE)
    with CaptureQueriesContext(connection) as before:
        sarah.get(page(rma))
    for _ in range(many):
        rma.give_besides(Award("voucher", Decimal(1)), by=DESK)
    with CaptureQueriesContext(connection) as after:
        sarah.get(page(rma))
    assert len(after) == len(before)


def test_the_page_of_the_order_costs_the_same_however_many_claims_there_are(sarah, store):
    order = people.place_order(store, "JP-7", lines=(("Cup", "10.00", 9),))
    client = CheckedClient()
    people.open_link(client, order)
    counts = []
    for _ in range(3):
        claim(order, 1)
        with CaptureQueriesContext(connection) as queries:
            client.get(addresses.order_page(order))
        counts.append(len(queries))
    assert counts[1] == counts[2], counts
