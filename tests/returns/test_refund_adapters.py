"""Shops that refund: asked at a real server that keeps a till, by what it says itself."""

import importlib
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns.shops import SHOPS, Error, NoAccess, NotReached, TooFast
from returns.shops.refunding import (
    NOTHING_PAID,
    NotAsked,
    Payment,
    RefundAnswer,
    Refunded,
    key_in,
    load,
    spread,
)
from tests.returns.refund_server import KEY, REST, WOO, Paid, ask, refunding
from tests.returns.shop_server import SECRETS, SHOPIFY, SILENT, recorded
from tests.tracking.loopback import Answer

REAL = ("shopify", "rest", "woocommerce", "webhook")
WITH_BOOKS = ("shopify", "rest", "woocommerce")


@pytest.fixture
def there(monkeypatch):
    """Nobody waits for an answer for long."""
    for slug in SHOPS:
        module = importlib.import_module(f"returns.shops.{slug}_refunds")
        for name in ("READS", "PAYS"):
            monkeypatch.setattr(module, name, 0.3, raising=False)
    rest = importlib.import_module("returns.shops.shopify_refunds_rest")
    monkeypatch.setattr(rest, "READS", 0.3)
    monkeypatch.setattr(rest, "PAYS", 0.3)
    with refunding() as till:
        yield till


def refunds(name: str):
    return load("shopify" if name == "rest" else name)


def refund(there, name: str, asked=None, **access) -> RefundAnswer:
    return refunds(name).refund(asked or ask(), replace(getattr(there, name), **access))


def find(there, name: str, asked=None, **access) -> RefundAnswer | None:
    return refunds(name).find_refund(asked or ask(), replace(getattr(there, name), **access))


def failed(act, *args, **more) -> Error:
    """The error, which names no secret."""
    with pytest.raises(Error) as raised:
        act(*args, **more)
    for secret in SECRETS:
        assert secret not in f"{raised.value!r} {raised.value}"
    return raised.value


# --- one amount, several payments -------------------------------------------------------------


def paid(*amounts: str) -> list[Payment]:
    return [Payment(str(at), "card", Decimal(most)) for at, most in enumerate(amounts)]


def test_case_54_an_amount_is_taken_from_several_payments_and_never_more_than_each_has_left():
    card, gift = paid("30.00", "26.00")
    assert spread(Decimal(40), [card, gift]) == [(card, Decimal(30)), (gift, Decimal(10))]
    assert spread(Decimal(56), [card, gift]) == [(card, Decimal(30)), (gift, Decimal(26))]
    assert spread(Decimal("56.01"), [card, gift]) is None
    assert spread(Decimal(5), [*paid("0", "-3"), gift]) == [(gift, Decimal(5))]
    assert spread(Decimal(1), []) is None


@given(st.lists(st.integers(-500, 100_000), max_size=6), st.integers(1, 300_000))
def test_case_54_parts_always_add_up_within_every_payment(mosts, cents):
    payments = [Payment(str(at), "card", Decimal(most).scaleb(-2)) for at, most in enumerate(mosts)]
    amount = Decimal(cents).scaleb(-2)
    parts = spread(amount, payments)
    left = sum((max(one.most, Decimal(0)) for one in payments), Decimal(0))
    assert (parts is None) == (amount > left)
    if parts is not None:
        assert sum(share for _, share in parts) == amount
        assert all(0 < share <= payment.most for payment, share in parts)
        assert len({payment.parent for payment, _ in parts}) == len(parts)


def test_our_key_is_found_in_a_note_whatever_stands_around_it():
    assert key_in(ask().note) == KEY
    assert key_in(f"Refunded by Ieva. HW-1 [{KEY}-3], thank you") == KEY
    assert key_in("[0123]") == key_in("") == key_in(KEY) == ""


# --- asked, and found again -------------------------------------------------------------------


@pytest.mark.parametrize("name", REAL)
def test_a_refund_is_made_once_and_found_by_its_key(there, name):
    assert find(there, name) is None
    answer = refund(there, name)
    assert (answer.outcome, answer.reference) == (Refunded.DONE, "9001")
    assert there.given == 40
    assert find(there, name) == answer
    assert find(there, name, ask(key=f"{KEY}-1")) is None
    assert len(there.refunds) == 1


@pytest.mark.parametrize("name", WITH_BOOKS)
def test_what_stands_there_under_our_key_is_not_asked_for_again(there, name):
    first = refund(there, name)
    assert refund(there, name) == first
    assert len(there.refunds) == 1
    other = refund(there, name, ask("16.00", key="f" * 32))
    assert (other.outcome, other.reference) == (Refunded.DONE, "9002")


@pytest.mark.parametrize("name", WITH_BOOKS)
def test_what_was_refunded_in_another_amount_is_looked_at_by_a_person(there, name):
    refund(there, name)
    for answer in (refund(there, name, ask("30.00")), find(there, name, ask("30.00"))):
        assert answer.outcome == Refunded.STUCK
        assert answer.words.startswith("The shop refunded 40")
    assert there.given == 40


@pytest.mark.parametrize("name", WITH_BOOKS)
def test_never_more_than_the_shop_says_is_left(there, name):
    answer = refund(there, name, ask("56.01"))
    assert answer.outcome == Refunded.REFUSED
    assert "only 56" in answer.words
    assert not there.refunds


@pytest.mark.parametrize("name", ["shopify", "rest"])
def test_case_54_a_refund_goes_to_the_card_and_the_gift_card_that_paid(there, name):
    there.payments = [
        Paid(801, "shopify_payments", Decimal("30.00")),
        Paid(802, "gift_card", Decimal("26.00")),
    ]
    assert refund(there, name).outcome == Refunded.DONE
    assert there.refunds[0].parts == [(801, Decimal(30)), (802, Decimal(10))]
    assert refund(there, name, ask("16.01", key="f" * 32)).outcome == Refunded.REFUSED
    assert refund(there, name, ask("16.00", key="e" * 32)).outcome == Refunded.DONE
    assert there.left == 0


@pytest.mark.parametrize("name", WITH_BOOKS)
def test_case_56_an_order_that_was_paid_in_another_currency_is_refused(there, name):
    there.seen_in = "EUR"
    if name == "woocommerce":
        there.currency = "EUR"
    answer = refund(there, name)
    assert answer.outcome == Refunded.REFUSED
    assert answer.words == (
        "The buyer paid in EUR, and the order is kept in USD: refund it in the shop, in the "
        "currency of the sale."
    )
    assert not there.refunds


@pytest.mark.parametrize("name", ["shopify", "rest"])
def test_what_was_paid_by_hand_does_not_go_back_through_shopify(there, name):
    there.payments = [Paid(801, "manual", Decimal("56.00"), by_hand=True)]
    answer = refund(there, name)
    assert answer.outcome == Refunded.REFUSED
    assert "paid by hand" in answer.words


def test_shopify_gets_its_own_key_against_repeats_from_the_version_that_takes_it(there):
    refund(there, "shopify")
    there.server.answers(SHOPIFY.replace("2026-10", "2025-10"), there._graphql)
    keys = {**there.shopify.keys, "version": "2025-10"}
    refund(there, "shopify", ask("1.00", key="f" * 32), keys=keys)
    first, second = there.keys
    assert len(first) == 36 and second == ""


def test_where_shopify_has_no_such_refund_the_older_interface_is_used(there):
    def without(seen):
        if "refundCreate" in seen.json["query"]:
            return Answer(json=recorded("shops/shopify/answer-unknown-directive"))
        return there._graphql(seen)

    there.server.answers(SHOPIFY, without)
    answer = refund(there, "shopify")
    assert (answer.outcome, there.given) == (Refunded.DONE, 40)
    assert [seen.path for seen in there.server.seen][-1] == f"{REST}/refunds.json"
    assert refund(there, "shopify") == answer
    assert len(there.refunds) == 1


def test_woocommerce_is_asked_to_pay_and_to_put_nothing_back_to_stock(there):
    refund(there, "woocommerce")
    assert there.bodies == [
        {
            "amount": "40.00",
            "reason": f"HW-7F3K-9Q2M [{KEY}]",
            "api_refund": True,
            "api_restock": False,
        }
    ]


def test_woocommerce_that_only_notes_it_leaves_the_money_to_a_person(there):
    keys = {**there.woocommerce.keys, "api_refund": "no"}
    there.unpaid = True
    answer = refund(there, "woocommerce", keys=keys)
    assert answer.outcome == Refunded.STUCK
    assert "send the money by hand" in answer.words
    assert there.bodies[0]["api_refund"] is False
    assert find(there, "woocommerce", keys=keys) == answer


def test_woocommerce_that_has_written_it_and_not_paid_it_is_asked_later(there):
    there.unpaid = True
    there.lost = SILENT
    failed(refund, there, "woocommerce")
    assert find(there, "woocommerce").outcome == Refunded.TAKEN
    there.unpaid = False
    assert find(there, "woocommerce").outcome == Refunded.DONE


def test_the_merchants_own_system_gets_all_of_it_signed(there):
    refund(there, "webhook")
    assert there.bodies[0] == {
        "event": "order.refund",
        "key": KEY,
        "order": "JP-20418",
        "source_id": "727",
        "return": "HW-7F3K-9Q2M",
        "amount": "40.00",
        "currency": "USD",
    }


@pytest.mark.parametrize("body", [b"", b"thank you", b"[1]", b'{"state": 1}', b'{"state": "ok"}'])
def test_a_merchants_yes_without_a_state_is_no_proof_that_it_was_paid(there, body):
    there.trouble = there.blind = Answer(body=body)
    assert refund(there, "webhook").outcome == Refunded.TAKEN
    assert not isinstance(failed(find, there, "webhook"), NOTHING_PAID)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(json={"state": "pending"}), Refunded.TAKEN),
        (Answer(json={"state": "refused", "message": "No such order."}), Refunded.REFUSED),
        (Answer(status=422, json={"message": "No such order."}), Refunded.REFUSED),
        (Answer(status=410), Refunded.REFUSED),
    ],
)
def test_a_merchant_says_what_became_of_it(there, answer, outcome):
    there.trouble = answer
    assert refund(there, "webhook").outcome == outcome


def test_the_demo_refunds_at_once_and_keeps_no_books(there):
    answer = load("demo").refund(ask(), there.shopify)
    assert (answer.outcome, answer.reference) == (Refunded.DONE, "demo-01234567")
    assert load("demo").find_refund(ask(), there.shopify) is None


# --- what the payment service says ------------------------------------------------------------


@pytest.mark.parametrize("name", ["shopify", "rest"])
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("success", Refunded.DONE),
        ("pending", Refunded.TAKEN),
        ("awaiting_response", Refunded.TAKEN),
        ("failure", Refunded.REFUSED),
        ("error", Refunded.REFUSED),
    ],
)
def test_shopify_says_what_its_payment_service_did(there, name, status, outcome):
    there.status = status
    assert refund(there, name).outcome == outcome
    assert find(there, name).outcome == outcome


def test_what_was_paid_in_part_is_never_asked_for_again_by_itself(there):
    there.payments = [
        Paid(801, "shopify_payments", Decimal("30.00")),
        Paid(802, "gift_card", Decimal("26.00")),
    ]
    refund(there, "shopify")
    shown = there._shown

    def half(made):
        told = shown(made)
        told["transactions"]["nodes"][1]["status"] = "FAILURE"
        return told

    there._shown = half
    assert find(there, "shopify").outcome == Refunded.STUCK
    assert refund(there, "shopify").outcome == Refunded.STUCK
    assert len(there.refunds) == 1


# --- certain that nothing was paid, and not ---------------------------------------------------

REFUSALS = {
    "shopify": Answer(json=recorded("shops/shopify/answer-refund-refused")),
    "rest": Answer(status=422, json={"errors": {"base": ["The amount is too high"]}}),
    "woocommerce": Answer(status=500, json=recorded("shops/woocommerce/answer-cannot-refund")),
}


@pytest.mark.parametrize("name", WITH_BOOKS)
def test_what_the_shop_refuses_was_not_paid_and_says_why(there, name):
    there.trouble = REFUSALS[name]
    answer = refund(there, name)
    assert answer.outcome == Refunded.REFUSED
    assert len(answer.words) > 20


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize(
    "lost", [SILENT, Answer(status=500), Answer(status=504, body=b"<html>"), Answer(body=b"{")]
)
def test_an_answer_that_is_lost_leaves_everybody_in_doubt(there, name, lost):
    there.lost = lost
    if name == "webhook" and lost.body == b"{":
        assert refund(there, name).outcome == Refunded.TAKEN
    else:
        assert not isinstance(failed(refund, there, name), NOTHING_PAID)
    there.lost = None
    assert find(there, name).outcome == Refunded.DONE


@pytest.mark.parametrize("name", REAL)
def test_called_too_often_says_when_and_nothing_was_paid(there, name):
    there.trouble = Answer(status=429, headers={"Retry-After": "17"})
    error = failed(refund, there, name)
    assert isinstance(error, TooFast) and error.after == 17
    assert not there.refunds


def test_throttled_and_shut_out_by_shopify_nothing_was_paid(there):
    there.trouble = Answer(json=recorded("shops/shopify/answer-throttled"))
    assert isinstance(failed(refund, there, "shopify"), TooFast)
    there.trouble = Answer(json=recorded("shops/shopify/answer-denied"))
    assert isinstance(failed(refund, there, "shopify"), NoAccess)


def test_an_error_of_shopifys_own_leaves_everybody_in_doubt(there):
    there.trouble = Answer(json=recorded("shops/shopify/answer-in-doubt"))
    assert not isinstance(failed(refund, there, "shopify"), NOTHING_PAID)


def test_words_about_idempotency_leave_everybody_in_doubt(there):
    told = recorded("shops/shopify/answer-refund-refused")
    told["data"]["refundCreate"]["userErrors"][0]["message"] = (
        "A request with this idempotency key is being processed"
    )
    there.trouble = Answer(json=told)
    assert not isinstance(failed(refund, there, "shopify"), NOTHING_PAID)


@pytest.mark.parametrize(
    ("name", "path"),
    [("shopify", SHOPIFY), ("rest", f"{REST}/refunds/calculate.json"), ("woocommerce", WOO)],
)
@pytest.mark.parametrize("answer", [SILENT, Answer(status=503), Answer(body=b"<html>")])
def test_what_fails_before_it_is_asked_for_was_not_paid(there, name, path, answer):
    there.server.answers(path, answer)
    assert isinstance(failed(refund, there, name), NotAsked)


@pytest.mark.parametrize("name", REAL)
def test_a_shop_that_does_not_answer_the_phone_has_paid_nothing(there, name):
    assert isinstance(failed(refund, there, name, base="http://127.0.0.1:1"), NotReached)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("blind", [SILENT, Answer(status=503), Answer(status=404, json={})])
def test_a_shop_that_shows_nothing_has_not_said_that_nothing_is_there(there, name, blind):
    refund(there, name)
    there.blind = blind
    failed(find, there, name)


@pytest.mark.parametrize("source_id", ["", "abc", "7/../8"])
def test_woocommerce_is_asked_about_its_own_numbers_only(there, source_id):
    assert refund(there, "woocommerce", ask(source_id=source_id)).outcome == Refunded.REFUSED
    assert not there.server.seen


@pytest.mark.parametrize("slug", SHOPS)
def test_every_shop_can_refund_and_look(slug):
    adapter = load(slug)
    assert callable(adapter.refund) and callable(adapter.find_refund)
