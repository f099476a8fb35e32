"""Offers: something is offered, and it is done when the buyer says yes; never twice, never after
its day, and never above what was paid."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from returns import letters, tasks
from returns.codes import Wish
from returns.models import (
    BUYER,
    Actor,
    Award,
    Event,
    Notice,
    Offer,
    OfferOver,
    Order,
    Promise,
    Resolution,
    ReturnAuthorization,
    TooMuch,
)
from returns.models.event import RULE
from returns.states import IllegalTransition, Status
from tests import people
from tests.people import ask_to_return, place_order
from tests.returns.returning import DESK, inspected, opened, posted, returned
from tests.returns.test_claims import claim, free, kinds, left, promised, shop, told
from tests.returns.test_quantities import at_once

pytestmark = pytest.mark.django_db
WORDS = "We could do this for you."


@pytest.fixture
def store():
    return shop()


@pytest.fixture
def order(store):
    return place_order(store, lines=(("Cup", "10.00", 3), ("Jug", "20.00", 1)))


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


def fresh(rma) -> ReturnAuthorization:
    return ReturnAuthorization.objects.get(pk=rma.pk)


def events(order) -> list[str]:
    return list(Event.objects.filter(order=order).order_by("pk").values_list("kind", flat=True))


# --- For the trouble alone ------------------------------------------------------------------------


def test_an_offer_is_written_told_and_changes_nothing(order):
    made = offer(order)
    assert (made.state, made.besides, made.user) == ("open", True, None)
    assert events(order) == ["offer_made"]
    letter = letters.write(Notice.objects.get(kind="offer_made"))
    for words in (WORDS, "We send 5.00 USD of what you paid back to you.", "You give nothing up"):
        assert words in letter.text and words in letter.html
    assert (left(order), ReturnAuthorization.objects.count()) == (56, 0)


def test_a_yes_gives_it_and_said_twice_it_is_given_once(order):
    made = offer(order)
    for _ in range(2):
        made.accept(by=BUYER)
    rma = ReturnAuthorization.objects.get()
    assert (made.state, made.authorization, made.settled_by) == ("accepted", rma, "buyer")
    assert (rma.status, kinds(rma)) == (Status.RESOLVED, [("part_refund", Decimal(5))])
    assert rma.resolutions.get().words == WORDS
    assert events(order) == ["offer_made", "offer_accepted", "return_resolved"]


def test_a_no_leaves_all_as_it_was_and_a_later_yes_is_too_late(order):
    made = offer(order)
    for _ in range(2):
        made.decline(by=BUYER)
    with pytest.raises(OfferOver):
        made.accept(by=BUYER)
    assert not ReturnAuthorization.objects.exists()
    assert events(order) == ["offer_made", "offer_declined"]


def test_a_voucher_is_not_bounded_by_what_was_paid_and_money_is(order):
    offer(order, wish=Wish.VOUCHER, amount="500.00").accept(by=BUYER)
    with pytest.raises(TooMuch) as refused:
        offer(order, amount="56.01")
    assert refused.value.most == 56
    assert Offer.objects.count() == 1


def test_a_yes_to_money_that_has_gone_another_way_changes_nothing(order):
    made = offer(order, amount="50.00")
    Order.objects.filter(pk=order.pk).update(refunded_total=Decimal(30))
    with pytest.raises(TooMuch):
        made.accept(by=BUYER)
    made.refresh_from_db()
    assert made.state == "open" and not Resolution.objects.exists()


@pytest.mark.parametrize(
    ("wish", "amount", "values"),
    [
        (Wish.PART_REFUND, "0", {}),
        (Wish.PIECE, "5.00", {}),
        (Wish.PART_REFUND, "5.001", {}),
        (Wish.REPLACEMENT, "0", {}),  # of what?
        (Wish.PIECE, "0", {}),
        (Wish.PART_REFUND, "5.00", {"expires_at": timezone.now() - timedelta(days=1)}),
    ],
)
def test_what_makes_no_sense_is_not_offered(order, wish, amount, values):
    with pytest.raises(ValueError):
        offer(order, wish=wish, amount=amount, **values)
    assert not Offer.objects.exists() and not Notice.objects.filter(kind="offer_made").exists()


def test_the_same_form_makes_one_offer_and_another_takes_its_place(order):
    first = offer(order, key="form")
    assert offer(order, key="form", amount="7.00") == first
    second = offer(order, amount="7.00")
    first.refresh_from_db()
    assert (first.state, second.state) == ("ended", "open")
    with pytest.raises(OfferOver):
        first.accept(by=BUYER)


def test_two_open_offers_about_the_same_cannot_stand(order):
    made = offer(order)
    made.pk, made.form_key = None, "another"
    with pytest.raises(IntegrityError), transaction.atomic():
        made.save(force_insert=True)


def test_a_rule_may_offer_as_well_as_a_person(order):
    offer(order, by=RULE).accept(by=BUYER)
    assert ReturnAuthorization.objects.get().decided_by is None
    ieva = people.staff("ieva")
    offer(order, by=Actor.staff(ieva)).accept(by=BUYER)
    assert ReturnAuthorization.objects.first().decided_by == ieva


# --- Its end --------------------------------------------------------------------------------------


def test_an_offer_ends_with_its_day_where_the_buyer_lives(order):
    made = offer(order)
    now = timezone.now()
    assert timedelta(days=7) <= made.expires_at - now <= timedelta(days=8)
    Offer.objects.over(now).expire(now)
    made.refresh_from_db()
    assert made.state == "open"
    with pytest.raises(OfferOver):
        made.accept(by=BUYER, now=made.expires_at)
    Offer.objects.update(expires_at=now)
    tasks.sweep()
    made.refresh_from_db()
    assert (made.state, made.settled_by) == ("ended", "clock")
    assert events(order)[-1] == "offer_ended"


def test_the_desk_takes_an_offer_back(order):
    made = offer(order)
    made.take_back(by=DESK)
    assert made.state == "ended"
    with pytest.raises(OfferOver):
        made.take_back(by=DESK)


def test_a_letter_about_an_offer_that_is_over_is_not_sent(order):
    made = offer(order)
    notice = Notice.objects.get(kind="offer_made")
    assert letters.is_still_true(notice)
    made.take_back(by=DESK)
    assert not letters.is_still_true(notice)


# --- In place of what was asked for ---------------------------------------------------------------


def test_a_claim_gets_what_was_offered_with_one_yes(order):
    rma = claim(order, 0, 1, wish=Wish.REFUND)
    made = offer(order, rma, amount="8.00")
    assert made.besides is False
    made.accept(by=BUYER)
    rma = fresh(rma)
    assert (rma.wish, rma.status, rma.keeps_goods) == ("part_refund", Status.RESOLVED, True)
    assert (kinds(rma), [row.amount for row in rma.lines.all()]) == (
        [("part_refund", Decimal(8))],
        [8],
    )
    assert (left(order), free(order)) == (48, [3, 1])
    assert told(rma) == ["return_requested", "offer_made", "return_approved"]
    assert promised(rma) == ["refund"]


def test_the_amount_is_shared_over_the_lines_to_the_cent(order):
    rma = claim(order, 3, 1, wish=Wish.REFUND)
    offer(order, rma, amount="10.01").accept(by=BUYER)
    assert [row.amount for row in rma.lines.all()] == [Decimal("6.01"), 4]
    assert left(order) == Decimal("45.99")


def test_an_offer_answers_the_request_and_the_next_word_is_due_after_its_day(order):
    rma = claim(order, 0, 1, wish=Wish.REFUND)
    first = Promise.objects.get(authorization=rma)
    made = offer(order, rma)
    first.refresh_from_db()
    again = Promise.objects.open().get(authorization=rma)
    assert (first.state, again.kind) == ("kept", "answer")
    assert again.due_at > made.expires_at
    made.decline(by=BUYER)
    soon = Promise.objects.open().get(authorization=rma)
    assert soon.due_at < again.due_at
    assert fresh(rma).status == Status.REQUESTED


def test_what_was_offered_may_have_to_come_back_first(order):
    rma = claim(order, 0, 1)
    offer(order, rma, Wish.REPLACEMENT, "0", sends_back=True).accept(by=BUYER)
    rma = fresh(rma)
    assert (rma.wish, rma.status, rma.keeps_goods) == ("replacement", Status.APPROVED, False)
    assert promised(rma) == ["reminder"]
    assert [row.amount for row in rma.lines.all()] == [20]


def test_what_was_missing_cannot_have_to_come_back(order):
    rma = claim(order, 0, 1, wish=Wish.PIECE, reason="missing")
    offer(order, rma, Wish.REFUND, "20.00", sends_back=True).accept(by=BUYER)
    assert kinds(fresh(rma)) == [("refund", Decimal(20))]


def test_a_return_that_waits_to_be_posted_may_stay_for_a_part_of_the_money(order):
    rma = returned(order, 0, 1)
    assert rma.status == Status.APPROVED
    offer(order, rma, amount="6.00").accept(by=BUYER)
    rma = fresh(rma)
    assert (rma.status, kinds(rma)) == (Status.RESOLVED, [("part_refund", Decimal(6))])
    assert promised(rma) == ["refund"]
    assert (free(order), left(order)) == ([3, 1], 50)


def test_a_return_that_nobody_has_decided_may_stay_for_a_part_of_the_money(db):
    order = place_order(people.open_store(policy={"automatic_up_to": None}))
    rma = ask_to_return(order)
    offer(order, rma, amount="15.00").accept(by=BUYER)
    assert (fresh(rma).status, kinds(rma)) == (
        Status.RESOLVED,
        [("part_refund", Decimal(15))],
    )
    letter = letters.write(Notice.objects.get(kind="return_approved"))
    assert "You can keep it." in letter.text and "You get back 15.00 USD" in letter.text


def test_what_was_posted_meanwhile_is_no_longer_there_to_be_kept(order):
    rma = returned(order, 0, 1)
    made = offer(order, rma)
    posted(rma)
    assert not Offer.objects.select_related("authorization").get().stands(timezone.now())
    with pytest.raises(OfferOver):
        made.accept(by=BUYER)
    assert fresh(rma).status == Status.APPROVED


def test_what_was_declined_or_taken_back_is_offered_nothing(order):
    rma = claim(order, 1)
    made = offer(order, rma)
    rma.cancel(by=BUYER)
    with pytest.raises(OfferOver):
        made.accept(by=BUYER)
    with pytest.raises(OfferOver):
        offer(order, rma)


def test_a_claim_is_not_offered_more_than_is_left_beside_its_own_estimate(order):
    rma = claim(order, 3, wish=Wish.REFUND, reason="missing")
    assert offer(order, rma, amount="56.00")
    with pytest.raises(TooMuch):
        offer(order, rma, amount="56.01")


def test_what_the_buyer_asked_to_look_at_again_is_offered_by_whoever_may_decide_that(order):
    rma = claim(order, 0, 1, wish=Wish.REFUND)
    rma.decline("misuse", "Hm.", by=DESK)
    rma.look_again("No!", by=BUYER)
    agent, lead = people.staff("agent"), people.staff("lead", "decide_appeal")
    with pytest.raises(PermissionDenied):
        offer(order, rma, by=Actor.staff(agent))
    offer(order, rma, by=Actor.staff(lead)).accept(by=BUYER)
    assert (fresh(rma).decided_by, fresh(rma).is_appealed) == (lead, False)


# --- Besides --------------------------------------------------------------------------------------


def test_a_voucher_comes_on_top_of_what_was_asked_for(order):
    rma = claim(order, 1)
    made = offer(order, rma, Wish.VOUCHER, "5.00")
    assert made.besides is True
    made.accept(by=BUYER)
    rma = fresh(rma)
    assert (rma.status, kinds(rma)) == (Status.REQUESTED, [("voucher", Decimal(5))])
    rma.approve(by=DESK)
    assert kinds(rma) == [("voucher", Decimal(5)), ("part_refund", Decimal(2))]


def test_more_is_given_for_a_return_that_is_settled(order):
    rma = inspected(opened(returned(order, 0, 1)))
    [row] = rma.resolve([Award("refund", Decimal(20))], by=DESK)
    row.record_sent(by=DESK)
    assert fresh(rma).status == Status.CLOSED
    offer(order, fresh(rma), amount="3.00").accept(by=BUYER)
    rma = fresh(rma)
    assert (rma.status, promised(rma)) == (Status.RESOLVED, ["refund"])
    assert left(order) == 33


def test_an_agreement_needs_a_return_that_can_still_change(order):
    rma = inspected(opened(returned(order, 0, 1)))
    with pytest.raises(IllegalTransition):
        rma.agree_on(Wish.PART_REFUND, Decimal(5), by=DESK)


# --- The same moment, two connections -------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_ten_times_yes_at_the_same_moment_give_it_once():
    made = offer(place_order(shop(), lines=(("Cup", "10.00", 1),)))
    results = at_once(*[lambda: Offer.objects.get(pk=made.pk).accept(by=BUYER)] * 10)
    assert results == [None] * 10
    assert (ReturnAuthorization.objects.count(), Resolution.objects.count()) == (1, 1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_a_yes_and_a_no_at_the_same_moment_one_counts():
    rma = claim(place_order(shop(), lines=(("Cup", "10.00", 1),)), 1)
    made = offer(rma.order, rma, amount="3.00")
    results = at_once(
        lambda: Offer.objects.get(pk=made.pk).accept(by=BUYER),
        lambda: Offer.objects.get(pk=made.pk).decline(by=BUYER),
    )
    assert [type(result) for result in results].count(OfferOver) == 1, results
    made.refresh_from_db()
    assert Resolution.objects.count() == (made.state == "accepted")
