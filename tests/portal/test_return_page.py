"""The page of one return, in every state that it can be in, and what a buyer does there."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from returns import addresses, formats
from returns.codes import Avoid, Payment
from returns.models import (
    BUYER,
    RULE,
    Actor,
    CarrierAdvice,
    Lane,
    Order,
    ReturnAuthorization,
    Wanted,
)
from returns.states import Status
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.test_return_form import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def ieva(db) -> Actor:
    return Actor.staff(people.staff("ieva", "decide_appeal"))


@pytest.fixture
def asked(db) -> ReturnAuthorization:
    """A request that a person has to decide."""
    order = people.place_order(people.open_store(policy={"automatic_up_to": None}))
    return people.ask_to_return(order)


@pytest.fixture
def buyer(asked) -> CheckedClient:
    client = CheckedClient()
    people.open_link(client, asked.order)
    return client


@pytest.fixture
def approved(asked) -> ReturnAuthorization:
    asked.approve(by=RULE)
    return asked


def page(rma, name="return") -> str:
    return addresses.return_page(rma, name)


def local(rma, style, moment) -> str:
    with timezone.override(rma.order.where):
        return style(moment)


def titles(store, **values):
    """Advice for the lane between the buyer and the store."""
    return CarrierAdvice.objects.create(store=store, lane=Lane.CROSS_BORDER, **values)


# --- Approved: how to send it -----------------------------------------------------------------


def test_the_ticket_names_number_day_goods_and_money(buyer, approved):
    response = buyer.get(page(approved))
    text = words(response)
    day = local(approved, formats.day, approved.post_by)
    assert f"Your return number (RMA) {approved.number}" in text
    assert f"Post it by {day}" in text
    assert "1 × Linen shirt 68.00 USD back" in text
    assert re.search(r'<svg class="code bars"', response.content.decode())
    assert re.search(r'<svg class="code qr"', response.content.decode())


def test_case_72_the_label_stands_there_line_by_line_with_phone_and_number(buyer, approved):
    store = approved.order.store
    store.returns_phone = "+370 5 123 4567"
    store.save()
    label = buyer.get(page(approved)).content.decode().split("onlabel")[1].split("</address>")[0]
    lines = [re.sub(r"<[^>]+>", "", part).strip() for part in label.split("<br>")]
    assert [line.rpartition(">")[2] for line in lines] == [
        "Juniper &amp; Pine, Returns",
        "Užupio g. 14-2",
        "01203 Vilnius",
        "LITHUANIA",
        "+370 5 123 4567",
        approved.number,
    ]


def test_carriers_say_who_pays_with_the_recommended_one_first(buyer, approved):
    store = approved.order.store
    titles(
        store,
        carrier="evri",
        payment=Payment.COLLECT,
        account_number="ACC-123",
        position=1,
        recommended=True,
        days_from=7,
        days_to=12,
    )
    titles(store, payment=Payment.REPAID, repaid_up_to=Decimal(9), position=2)
    titles(store, service="Small packet", avoid=Avoid.UNTRACKED, position=3)
    CarrierAdvice.objects.create(store=store, lane=Lane.DOMESTIC, carrier="lp-express")
    text = words(buyer.get(page(approved)))
    assert "Evri We recommend this We pay: name our account number ACC-123" in text
    assert "7–12 days" in text
    assert "we give back up to 9.00 USD" in text
    assert text.index("Evri") < text.index("9.00 USD") < text.index("Better not")
    assert "Small packet It has no tracking." in text
    assert "LP Express" not in text, "that one is for another lane"


def test_without_advice_the_page_says_what_any_carrier_must_give(buyer, approved):
    text = words(buyer.get(page(approved)))
    assert "Take any carrier that gives you a tracking number and a receipt." in text
    assert "You pay the postage." in text
    ReturnAuthorization.objects.update(payer="store")
    assert "we give you the postage back" in words(buyer.get(page(approved)))


def test_customs_words_stand_there_only_when_the_parcel_crosses_a_border(buyer, approved):
    text = words(buyer.get(page(approved)))
    assert "The parcel crosses a border" in text and "68.00 USD" in text
    Order.objects.update(country="LT")
    assert "crosses a border" not in words(buyer.get(page(approved)))


def test_several_things_are_packed_into_one_parcel(store):
    order = people.place_order(
        store, lines=(("Linen shirt", "20.00", 1), ("Beeswax candle", "12.00", 2))
    )
    rma = order.request_return(
        [Wanted(line.pk, line.quantity, "fit") for line in order.lines.all()], by=BUYER, key="a"
    )
    client = CheckedClient()
    people.open_link(client, order)
    text = words(client.get(page(rma)))
    assert "Pack everything into one parcel" in text
    assert "3 things 44.00 USD back" in text
    assert "2 × Beeswax candle" in text


def test_goods_that_may_be_kept_need_no_parcel(db):
    order = people.place_order(people.open_store(policy={"keep_below": Decimal(100)}))
    rma = people.ask_to_return(order, reason="faulty")
    client = CheckedClient()
    people.open_link(client, order)
    text = words(client.get(page(rma)))
    assert "You can keep it. Nothing has to be sent back." in text
    assert "Pack it" not in text and "label" not in text
    promise = order.promises.get()
    assert local(rma, formats.moment, promise.due_at) in text


def test_the_fee_that_is_taken_off_is_said(db):
    order = people.place_order(
        people.open_store(
            policy={
                "fee": Decimal("4.90"),
                "automatic_up_to": Decimal(200),
            }
        )
    )
    rma = people.ask_to_return(order)
    client = CheckedClient()
    people.open_link(client, order)
    text = words(client.get(page(rma)))
    assert "63.10 USD back" in text
    assert "4.90 USD for the return postage is already taken off." in text


# --- Waiting ------------------------------------------------------------------------------------


def test_a_request_says_by_when_a_person_answers(buyer, asked):
    text = words(buyer.get(page(asked)))
    due = asked.promises.get().due_at
    assert "We have your request" in text
    assert f"A person will answer your request by {local(asked, formats.moment, due)}." in text
    assert "Cancel this request" in text
    assert "Write this on the label" not in text, "nothing may be sent before it is approved"


def test_our_question_is_answered_on_the_page(buyer, asked, ieva):
    asked.ask("Which <size> do you wear?\nAnd which colour?", by=ieva)
    text = buyer.get(page(asked)).content.decode()
    assert "Which &lt;size&gt; do you wear?<br>And which colour?" in text
    response = buyer.post(page(asked, "return_answer"), {"answer": "M, and blue."}, follow=True)
    asked.refresh_from_db()
    assert (asked.status, asked.answer) == (Status.REQUESTED, "M, and blue.")
    assert asked.promises.filter(state="open").count() == 1, "the clock of the desk runs again"
    assert "M, and blue." in words(response)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("", "Write your answer"),
        ("  \r\n ", "Write your answer"),
        ("x" * 2001, "2001 characters are written, and there is room for 2000"),
    ],
)
def test_an_answer_that_cannot_be_taken_is_kept_and_asked_for_again(
    buyer, asked, ieva, answer, says
):
    asked.ask("Which size?", by=ieva)
    response = buyer.post(page(asked, "return_answer"), {"answer": answer})
    assert words(response).count(says) == 2, "in the summary and beside the field"
    assert "<title>Problem: " in response.content.decode()
    assert answer.strip() in response.content.decode()
    asked.refresh_from_db()
    assert asked.status == Status.INFO_REQUESTED


def test_an_answer_sent_twice_counts_once(buyer, asked, ieva):
    asked.ask("Which size?", by=ieva)
    for _ in range(2):
        response = buyer.post(page(asked, "return_answer"), {"answer": "M"})
        assert response.url == page(asked)
    assert asked.events.filter(kind="info_given").count() == 1


def test_an_answer_that_comes_too_late_gets_the_page_of_now(buyer, asked, ieva):
    asked.ask("Which size?", by=ieva)
    asked.approve(by=ieva)
    response = buyer.post(page(asked, "return_answer"), {"answer": "M"})
    assert response.status_code == 409
    assert "Your return is approved" in words(response)
    assert "your return has moved on" in words(response)


@pytest.mark.parametrize("name", ["return_answer", "return_appeal"])
def test_opening_an_address_for_posting_leads_to_the_page(buyer, asked, name):
    assert buyer.get(page(asked, name)).url == page(asked)


# --- Declined -----------------------------------------------------------------------------------


def test_a_refusal_says_why_in_our_words_and_its_own(buyer, asked, ieva):
    asked.decline("used", "The collar is <worn>.", by=ieva)
    response = buyer.get(page(asked))
    text = words(response)
    assert "It has been used in a way that we cannot take back." in text
    assert "The collar is &lt;worn&gt;." in response.content.decode()
    assert "Ask us to look again" in text


def test_the_buyer_may_ask_once_to_look_again(buyer, asked, ieva):
    asked.decline("used", by=ieva)
    empty = buyer.post(page(asked, "return_appeal"), {"words": ""})
    assert words(empty).count("Write what we should look at again") == 2
    buyer.post(page(asked, "return_appeal"), {"words": "It was so when it came."})
    asked.refresh_from_db()
    assert (asked.status, asked.appeal) == (Status.REQUESTED, "It was so when it came.")

    asked.decline("used", by=ieva)
    text = words(buyer.get(page(asked)))
    assert "We have looked at it twice" in text and "Ask us to look again" not in text
    again = buyer.post(page(asked, "return_appeal"), {"words": "Please."})
    assert again.status_code == 409
    asked.refresh_from_db()
    assert asked.status == Status.DECLINED


def test_goods_that_went_into_another_return_cannot_be_looked_at_again(buyer, asked, ieva):
    asked.decline("used", by=ieva)
    people.ask_to_return(Order.objects.get(), key="another")
    response = buyer.post(page(asked, "return_appeal"), {"words": "Please."})
    assert response.status_code == 409
    assert "is part of another return by now" in words(response)
    asked.refresh_from_db()
    assert (asked.status, asked.appeal) == (Status.DECLINED, "")


# --- Cancelling ---------------------------------------------------------------------------------


def test_cancelling_is_explained_first_and_done_by_the_button(buyer, approved):
    question = buyer.get(page(approved, "return_cancel"))
    assert "Cancel this return?" in words(question)
    approved.refresh_from_db()
    assert approved.status == Status.APPROVED, "looking changes nothing"
    response = buyer.post(page(approved, "return_cancel"), follow=True)
    approved.refresh_from_db()
    assert approved.status == Status.CANCELLED
    assert "Your return is cancelled." in words(response)
    assert addresses.order_page(approved.order, "return_items") in response.content.decode()


def test_cancelling_twice_is_cancelling_once(buyer, approved):
    for _ in range(2):
        assert buyer.post(page(approved, "return_cancel")).url == page(approved)
    assert buyer.get(page(approved, "return_cancel")).url == page(approved)
    assert approved.events.filter(kind="return_cancelled").count() == 1


@pytest.mark.parametrize(
    "status",
    [
        Status.IN_TRANSIT,
        Status.RECEIVED,
        Status.DECLINED,
        Status.EXPIRED,
        Status.CLOSED,
    ],
)
def test_what_can_no_longer_be_cancelled_says_where_it_stands(buyer, approved, status):
    ReturnAuthorization.objects.update(status=status)
    for response in (
        buyer.get(page(approved, "return_cancel")),
        buyer.post(page(approved, "return_cancel")),
    ):
        assert response.status_code == 409
        assert "That is no longer possible here" in words(response)
        assert "<title>Problem: " in response.content.decode()
    approved.refresh_from_db()
    assert approved.status == status


def test_whoever_is_second_reads_what_the_first_did(buyer, asked, ieva, monkeypatch):
    """The page was read before the desk declined, and the press came after."""
    cancel = ReturnAuthorization.cancel

    def slowly(self, **options):
        ReturnAuthorization.objects.get(pk=self.pk).decline("other", "Sorry.", by=ieva)
        cancel(self, **options)

    monkeypatch.setattr(ReturnAuthorization, "cancel", slowly)
    response = buyer.post(page(asked, "return_cancel"))
    assert response.status_code == 409
    assert "We cannot take this back." in words(response)
    asked.refresh_from_db()
    assert asked.status == Status.DECLINED


# --- Whose it is --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["return", "return_cancel", "return_answer", "return_appeal"])
def test_a_stranger_finds_nothing(bob, order, name):
    rma = people.ask_to_return(order)
    assert bob.get(page(rma, name)).status_code == 404
    assert bob.post(page(rma, name)).status_code == (405 if name == "return" else 404)


def test_case_02_the_number_of_another_order_is_not_found_on_ones_own(sarah, order, store):
    other = people.ask_to_return(people.place_order(store, "JP-31000"))
    for name in ("return", "return_cancel", "return_answer", "return_appeal"):
        path = addresses.order_page(order, name, number=other.number)
        assert sarah.get(path).status_code == 404
        refused = sarah.post(path, {"answer": "x", "words": "x"}).status_code
        assert refused == (405 if name == "return" else 404)
    unknown = addresses.order_page(order, "return", number="HW-2222-2222")
    assert sarah.get(unknown).status_code == 404
    other.refresh_from_db()
    assert other.status == Status.APPROVED


def test_case_40_with_two_returns_on_an_order_each_act_meets_its_own(store):
    order = people.place_order(store, lines=(("Beeswax candle", "12.00", 3),))
    first = people.ask_to_return(order, key="first")
    second = people.ask_to_return(order, key="second", quantity=2)
    client = CheckedClient()
    people.open_link(client, order)
    client.post(page(second, "return_cancel"))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (Status.APPROVED, Status.CANCELLED)
    assert first.number in words(client.get(page(first)))
    assert "Your return is cancelled." in words(client.get(page(second)))


# --- Every state --------------------------------------------------------------------------------


@pytest.mark.parametrize("keeps", [False, True])
@pytest.mark.parametrize("status", list(Status))
def test_every_state_has_a_page_with_its_number_and_one_promise_at_most(
    buyer, approved, status, keeps
):
    ReturnAuthorization.objects.update(status=status, keeps_goods=keeps)
    response = buyer.get(page(approved))
    assert response.status_code == 200
    assert approved.number in words(response)
    assert response.content.decode().count('class="promise"') <= 1
    may = status in {Status.REQUESTED, Status.INFO_REQUESTED, Status.APPROVED}
    may = may and not (keeps and status == Status.APPROVED)
    assert (page(approved, "return_cancel") in response.content.decode()) == may


def test_the_promise_is_of_this_return_and_of_no_other(store):
    order = people.place_order(store, lines=(("Beeswax candle", "90.00", 3),))
    automatic = people.ask_to_return(order, key="first")
    by_hand = people.ask_to_return(order, key="second", wish="exchange")
    client = CheckedClient()
    people.open_link(client, order)
    assert "we will remind you then" in words(client.get(page(automatic)))
    assert "A person will answer your request" in words(client.get(page(by_hand)))
    by_hand.cancel(by=BUYER)
    assert 'class="promise"' not in client.get(page(by_hand)).content.decode()


def test_an_expired_return_says_what_one_can_still_do(buyer, approved):
    approved.remind(by=RULE)
    approved.refresh_from_db()
    approved.expire(by=RULE, now=approved.post_by + timedelta(seconds=1))
    text = words(buyer.get(page(approved)))
    assert "The time to post this return is over." in text
    assert "If you did post it, nothing is lost: give us the number" in text
    assert page(approved, "return_number") in buyer.get(page(approved)).content.decode()


def test_a_return_page_is_for_reading(buyer, approved):
    assert buyer.post(page(approved)).status_code == 405


@pytest.mark.parametrize("count", [1, 20])
def test_no_state_asks_the_database_more_often_for_more_lines(
    store, count, django_assert_max_num_queries
):
    order = people.place_order(store, lines=tuple((f"Thing {n}", "2.00", 2) for n in range(count)))
    titles(store, carrier="evri")
    rma = order.request_return(
        [Wanted(line.pk, 1, "fit") for line in order.lines.all()], by=BUYER, key="a"
    )
    client = CheckedClient()
    people.open_link(client, order)
    for name in ("return", "return_cancel"):
        with django_assert_max_num_queries(12):  # for the holidays of the account, and for cases
            assert client.get(page(rma, name)).status_code == 200
    for status in Status:
        ReturnAuthorization.objects.update(status=status)
        # Three are for the holidays, for cases, and for addresses that a link is not told.
        with django_assert_max_num_queries(13):
            assert client.get(page(rma)).status_code == 200
