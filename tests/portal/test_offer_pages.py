"""The page of an offer: it says what a yes and a no mean, and each is one press."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns import addresses
from returns.codes import Wish
from returns.models import (
    BUYER,
    Offer,
    Order,
    Resolution,
    ReturnAuthorization,
)
from tests import people
from tests.portal.test_return_form import words
from tests.returns.returning import DESK, posted
from tests.returns.test_claims import claim, shop

pytestmark = pytest.mark.django_db
WORDS = "You have waited so long, and we are sorry."


@pytest.fixture
def store():
    return shop()


def offer(order: Order, rma=None, wish=Wish.PART_REFUND, amount="5.00", **values) -> Offer:
    return Offer.objects.make(
        order,
        wish=wish,
        amount=Decimal(amount),
        words=WORDS,
        by=values.pop("by", DESK),
        authorization=rma,
        **values,
    )


def page(made: Offer) -> str:
    return addresses.order_page(made.order, "offer", pk=made.pk)


def test_it_says_what_it_is_and_what_follows_and_looking_changes_nothing(sarah, order):
    made = offer(order)
    text = words(sarah.get(page(made)))
    for said in (
        "We have an offer for you.",
        "We send 5.00 USD of what you paid back to you.",
        WORDS,
        "You give nothing up with it",
        "If you say no, everything goes on as it is.",
        "If you say nothing, it counts as a no.",
        "Yes, please",
        "No, thank you",
    ):
        assert said in text
    made.refresh_from_db()
    assert made.state == "open" and not Resolution.objects.exists()


def test_a_yes_is_thanked_for_and_done_once_however_often_it_is_pressed(sarah, order):
    made = offer(order)
    for _ in range(3):
        response = sarah.post(page(made), {"answer": "yes"}, follow=True)
        assert response.redirect_chain == [(page(made), 302)]
        assert "Thank you. We do as you said." in words(response)
    assert Resolution.objects.count() == 1
    rma = ReturnAuthorization.objects.get()
    assert addresses.return_page(rma) in response.content.decode()
    text = words(sarah.get(addresses.return_page(rma)))
    assert "We put it right." in text and WORDS in text and "5.00 USD" in text


def test_a_no_is_taken_and_shown(sarah, order):
    made = offer(order)
    response = sarah.post(page(made), {"answer": "no"}, follow=True)
    assert "All right. We go on as before." in words(response)
    assert not Resolution.objects.exists()
    response = sarah.post(page(made), {"answer": "yes"})
    assert response.status_code == 409
    assert "no longer possible" in words(response)


def test_an_answer_that_is_none_shows_the_page_again(sarah, order):
    made = offer(order)
    for sent in ({}, {"answer": "perhaps"}, {"answer": ["maybe"]}):
        assert sarah.post(page(made), sent).status_code == 200
    made.refresh_from_db()
    assert made.state == "open"


def test_after_its_day_it_says_that_it_is_over(sarah, order):
    made = offer(order)
    Offer.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    text = words(sarah.get(page(made)))
    assert "This offer has ended." in text and "Yes, please" not in text
    assert sarah.post(page(made), {"answer": "yes"}).status_code == 409
    assert not Resolution.objects.exists()


def test_money_that_has_gone_another_way_is_said_so(sarah, order):
    made = offer(order, amount="50.00")
    Order.objects.filter(pk=order.pk).update(refunded_total=Decimal(60))
    response = sarah.post(page(made), {"answer": "yes"})
    assert response.status_code == 409
    assert "so much money has gone back to you" in words(response)


def test_nobody_else_sees_or_answers_it(bob, client, order):
    made = offer(order)
    assert bob.get(page(made)).status_code == 404
    assert bob.post(page(made), {"answer": "yes"}).status_code == 404
    assert client.get(page(made)).status_code == 302  # to the page that asks for a code
    made.refresh_from_db()
    assert made.state == "open"


def test_an_offer_of_another_order_is_none(sarah, store, order):
    made = offer(people.place_order(store, "JP-9"))
    assert sarah.get(addresses.order_page(order, "offer", pk=made.pk)).status_code == 404


def test_about_a_claim_it_says_in_place_of_what_it_comes(sarah, order):
    rma = claim(order, wish=Wish.REFUND)
    made = offer(order, rma, amount="20.00")
    text = words(sarah.get(page(made)))
    assert "You keep it, and we send 20.00 USD of what you paid back to you." in text
    assert "this takes the place of what you asked for: My money back." in text
    assert "1 × Linen shirt" in text
    sarah.post(page(made), {"answer": "yes"})
    assert [row.amount for row in rma.resolutions.all()] == [20]


def test_the_pages_of_the_order_and_of_the_return_lead_to_it(sarah, order):
    rma = claim(order, wish=Wish.REFUND)
    made = offer(order, rma, amount="20.00")
    for address in (addresses.order_page(order), addresses.return_page(rma)):
        response = sarah.get(address)
        assert page(made) in response.content.decode()
        assert "You keep it, and we send 20.00 USD" in words(response)
    made.decline(by=BUYER)
    for address in (addresses.order_page(order), addresses.return_page(rma)):
        assert page(made) not in sarah.get(address).content.decode()


def test_what_was_posted_meanwhile_cannot_be_kept(sarah, order):
    rma = people.ask_to_return(order)
    made = offer(order, rma)
    posted(rma)
    text = words(sarah.get(page(made)))
    assert "This offer has ended." in text
    assert sarah.post(page(made), {"answer": "yes"}).status_code == 409


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_it_is_read_in_a_fixed_number_of_queries(sarah, order, language):
    rma = claim(order, wish=Wish.REFUND)
    made = offer(order, rma)
    sarah.get(f"{page(made)}?lang={language}")
    with CaptureQueriesContext(connection) as few:
        sarah.get(page(made))
    assert len(few) <= 6, [row["sql"][:80] for row in few]
