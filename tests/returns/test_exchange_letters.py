"""What the letters say of new goods instead of others, and of a parcel that is not wanted."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from returns import letters
from returns.models import (
    BUYER,
    CLOCK,
    Notice,
    NoticeKind,
    Order,
    RecallRule,
    ReturnAuthorization,
)
from tests.people import open_store, place_order
from tests.returns.exchanges import SHIRT, exchanged, goods_of, kinds, regular, same, turned
from tests.returns.exchanges import sent_ahead as sent
from tests.returns.returning import DESK, inspected, opened, posted, scan
from tests.returns.test_recalling import automatic
from tracking.milestones import Milestone


@pytest.fixture
def order(store) -> Order:
    regular(store)
    kinds(store)
    return place_order(store, lines=SHIRT)


@pytest.fixture
def travelling(db) -> Order:
    store = open_store(policy={"automatic_up_to": None})
    return place_order(store, lines=SHIRT, delivered=False, days_ago=3)


def notice(kind: str) -> Notice:
    return Notice.objects.filter(kind=kind).latest("pk")


def text(kind: str) -> str:
    return letters.write(notice(kind)).text


def test_with_the_approval_it_says_what_goes_now_and_what_was_agreed(order):
    rma = exchanged(order, ahead=True)
    rma.approve(by=DESK)
    letter = text(NoticeKind.RETURN_APPROVED)
    assert "We send you the new one now, before yours is back." in letter
    assert "Please post the old one by" in letter
    assert "the shop asks you to pay 68.00 USD" in letter
    # Cancelling is no longer free of consequences.
    assert "you can cancel the return" not in letter


def test_who_has_not_agreed_is_threatened_with_nothing(order):
    rma = exchanged(order)
    rma.approve(by=DESK)
    assert "before yours is back" not in text(NoticeKind.RETURN_APPROVED)
    rma.send_ahead(by=DESK)
    letter = text(NoticeKind.RETURN_APPROVED)
    assert "before yours is back" in letter
    assert "asks you to pay" not in letter


def test_new_goods_are_told_with_their_parcel_and_what_is_still_awaited(order):
    sent(order)
    letter = text(NoticeKind.REPLACEMENT_SENT)
    assert "What you chose instead is on its way to you." in letter
    assert "1 × Linen shirt (Oat, size L)" in letter
    assert "It travels with Royal Mail, number RB987654326GB." in letter
    assert "The one that you have" in letter
    assert "finished" not in letter


def test_new_goods_after_the_old_ones_end_it(order):
    rma = exchanged(order)
    rma.approve(by=DESK)
    rma = same(rma)
    rma.send_ahead(by=DESK)
    scan(posted(same(rma)))
    inspected(opened(same(rma))).resolve([], by=DESK)
    goods_of(rma).ship("", by=DESK)
    letter = text(NoticeKind.REPLACEMENT_SENT)
    assert "without a tracking number" in letter
    assert "The one that you have" not in letter
    assert "With this your return is finished." in letter


def test_the_reminder_is_about_the_old_goods(order):
    rma = sent(order)
    rma.remind(by=CLOCK)
    letter = letters.write(notice(NoticeKind.ORIGINAL_REMINDER))
    assert letter.subject.startswith("Please post the old one by")
    assert "You have the new one from us already" in letter.text
    assert "asks you to pay 68.00 USD" in letter.text
    assert "ends by itself" not in letter.text


def late(rma: ReturnAuthorization) -> ReturnAuthorization:
    now = timezone.now()
    ReturnAuthorization.objects.filter(pk=rma.pk).update(
        post_by=now - timedelta(days=1), reminded_at=now
    )
    rma = same(rma)
    rma.expire(by=CLOCK)
    return same(rma)


def test_when_the_time_is_over_it_says_that_a_person_looks(order):
    late(sent(order))
    letter = letters.write(notice(NoticeKind.ORIGINAL_REMINDER))
    assert letter.subject.startswith("We are still waiting for the old one")
    assert "We will write to you about your parcel by" in letter.text


@pytest.mark.parametrize(
    ("charged", "said"),
    [(True, "asks you to pay 68.00 USD"), (False, "You are charged nothing")],
)
def test_the_end_says_what_follows_in_our_words_and_the_desks(order, charged, said):
    rma = late(sent(order))
    rma.keep_both(charged=charged, words="All the best, Ieva.", by=DESK)
    letter = letters.write(notice(NoticeKind.ORIGINAL_REMINDER)).text
    assert said in letter
    assert "All the best, Ieva." in letter
    assert "We have not seen" not in letter


def test_letters_about_the_old_goods_are_news_only_while_it_is_so(order):
    rma = late(sent(order))
    over = notice(NoticeKind.ORIGINAL_REMINDER)
    assert letters.is_still_true(over)
    scan(posted(rma))
    over.refresh_from_db()
    assert not letters.is_still_true(Notice.objects.get(pk=over.pk))


def test_sold_out_names_what_and_leads_to_choosing(order):
    rma = exchanged(order)
    rma.ask_to_choose_again(by=DESK)
    letter = text(NoticeKind.VARIANT_GONE)
    assert "1 × Linen shirt (Oat, size L)" in letter
    assert "we have no other kind of it" in letter  # of two kinds, one is hers and one is gone
    rma = same(rma)
    told = notice(NoticeKind.VARIANT_GONE)
    assert letters.is_still_true(told)
    rma.take_money(by=BUYER)
    assert not letters.is_still_true(Notice.objects.get(pk=told.pk))


# --- A parcel that is not wanted ------------------------------------------------------------------


def recalled(order: Order, how: str = "refuse") -> ReturnAuthorization:
    return order.recall(order.shipments.get(), how, by=BUYER, key="form")


def test_who_refuses_reads_what_to_say_at_the_door_and_what_comes_back(travelling):
    RecallRule.objects.create(store=travelling.store, payer="buyer", fee=Decimal(5))
    recalled(travelling)
    letter = letters.write(notice(NoticeKind.RETURN_APPROVED))
    assert letter.subject.startswith("Your parcel that is to come back")
    assert "Please do not take the parcel in." in letter.text
    assert "63.00 USD" in letter.text
    assert "We will write to you again by" in letter.text
    # Nothing is packed and posted.
    assert "Post it by" not in letter.text


def test_whoever_asks_the_carrier_reads_that(travelling):
    recalled(travelling, "intercept")
    assert "We have asked for your parcel to be sent back." in text(NoticeKind.RETURN_APPROVED)


def test_when_it_turns_it_says_so(travelling):
    recalled(travelling)
    turned(travelling)
    assert "Your parcel has turned round" in text(NoticeKind.RETURN_APPROVED)


def test_when_it_turns_and_is_paid_for_it_says_what_the_buyer_gets(travelling):
    automatic(travelling)
    recalled(travelling)
    turned(travelling)
    letter = text(NoticeKind.RETURN_RESOLVED)
    assert "Your parcel has turned round, and this is what you get." in letter
    assert "You get 68.00 USD back." in letter
    assert "was not in the parcel" not in letter


def test_delivered_all_the_same_it_says_what_is_possible(travelling):
    recalled(travelling)
    turned(travelling, Milestone.DELIVERED)
    letter = text(NoticeKind.RETURN_CANCELLED)
    assert "The carrier has delivered it all the same" in letter
    assert "you can ask for a new return until" in letter
