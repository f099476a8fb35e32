"""A withdrawal from the open page: its order is found by a worker, and nothing happens before
its buyer says that it was them."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from returns.ledger import Refused
from returns.models import (
    Actor,
    Event,
    EventKind,
    Notice,
    NoticeKind,
    Promise,
    PromiseKind,
    Withdrawal,
    WithdrawalOutcome,
    WithdrawalReceipt,
)
from returns.states import IllegalTransition
from returns.withdrawal_states import Verified, WhyNot, WithdrawalStatus
from tests import people
from tests.returns.withdrawing import (
    declared,
    eu_order,
    eu_store,
    news,
    on_its_page,
    outcome_of,
    work,
)
from tracking.work import WorkState

pytestmark = pytest.mark.django_db
S = WithdrawalStatus


@pytest.fixture
def order():
    return eu_order()


@pytest.fixture
def ieva(db) -> Actor:
    return Actor.staff(people.staff("ieva"))


def judged(order, **values) -> WithdrawalOutcome:
    made = declared(order, **values)
    work()
    return outcome_of(made)


# --- Whose order it is ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "JP-20418",
        "#jp-20418",
        "ＪＰ－20418",
        "JP-20418, the shirt",
        "my order (JP-20418) of Monday",
        "order no. JP-20418.",
    ],
)
def test_the_order_is_found_however_its_number_was_typed(order, typed):
    outcome = judged(order, contract=typed)
    assert (outcome.status, outcome.order) == (S.UNVERIFIED, order)


@pytest.mark.parametrize("typed", ["JP-20419", "JP", "20418", "1", "the 2 shirts"])
def test_another_number_finds_nothing(order, typed):
    outcome = judged(order, contract=typed, email="x@example.com")
    assert (outcome.status, outcome.order) == (S.UNKNOWN, None)
    assert not Notice.objects.exists()


def test_without_a_number_the_only_order_of_that_email_is_meant(order):
    assert judged(order, contract="the linen shirt").order == order
    eu_order(order.store, "JP-2")
    assert judged(order, contract="the linen shirt").status == S.UNKNOWN


def test_an_order_of_another_store_is_not_found(order):
    pear = eu_order(eu_store(slug="pear"), "P-1")
    assert judged(pear, contract="JP-20418", email="x@example.com").status == S.UNKNOWN


# --- Nothing happens before --------------------------------------------------------------------


def test_until_its_buyer_says_so_nothing_happens(order):
    outcome = judged(order)
    assert not order.returns.exists()
    assert not Promise.objects.open().filter(kind=PromiseKind.ANSWER).exists()
    line = order.with_goods().lines.get()
    assert line.returnable == 1
    outcome.confirm()
    outcome = outcome_of(outcome.withdrawal)
    assert (outcome.status, outcome.verified_how) == (S.EFFECTIVE, Verified.CONFIRMED)
    assert order.returns.get().withdrawal_id == outcome.pk


def test_the_contact_on_the_order_is_asked_and_not_who_was_typed(order):
    judged(order, email="stranger@example.net")
    [letter] = news()
    assert (letter.recipient, letter.facts["news"]) == ("sarah@example.com", "confirm")
    assert letter.is_addressed


def test_a_contact_that_was_changed_lately_is_not_asked(order):
    order.previous_email, order.email = order.email, "thief@example.com"
    order.contact_changed_at = timezone.now()
    order.save()
    judged(order)
    assert [letter.recipient for letter in news()] == ["sarah@example.com"]


def test_without_a_contact_the_desk_makes_sure(order, ieva):
    order.email = ""
    order.save()
    outcome = judged(order)
    assert (outcome.status, outcome.asked_at) == (S.UNVERIFIED, None)
    outcome.verify(note="Called back", by=ieva)
    assert outcome_of(outcome.withdrawal).status == S.EFFECTIVE


def test_the_contact_is_asked_three_times_a_day_at_most(order):
    outcomes = [judged(order) for _ in range(5)]
    assert len(news()) == 3
    assert [outcome.status for outcome in outcomes] == [S.UNVERIFIED] * 5
    assert not outcomes[0].ask_again()


def test_a_part_in_free_words_is_chosen_when_it_is_confirmed():
    order = eu_order(lines=(("Linen shirt", "68.00", 2), ("Candles", "24.00", 1)))
    outcome = judged(order, parts="one of the shirts")
    assert outcome.has_to_choose
    shirts = order.lines.first()
    outcome.confirm({shirts.pk: 1})
    row = order.returns.get().lines.get()
    assert (row.line, row.requested) == (shirts, 1)


def test_confirming_twice_is_once(order):
    outcome = judged(order)
    late = outcome_of(outcome.withdrawal)
    outcome.confirm()
    with pytest.raises(IllegalTransition):
        late.confirm()
    assert order.returns.count() == 1


def test_two_withdrawals_of_one_order_have_one_effect(order):
    first, second = judged(order), judged(order)
    first.confirm()
    second.confirm()
    assert outcome_of(second.withdrawal).status == S.REPEATED
    assert order.returns.count() == 1


def test_one_that_is_late_waits_for_the_desk_without_a_word_to_a_stranger():
    order = eu_order(days_ago=40)
    outcome = judged(order)
    assert (outcome.status, outcome.why) == (S.OUTSIDE, WhyNot.OVER)
    assert not Notice.objects.exists()
    assert not Promise.objects.open().filter(kind=PromiseKind.ANSWER).exists()


def test_confirmed_after_the_period_it_counts_from_the_day_it_was_sent():
    order = eu_order(days_ago=40)
    end = order.with_goods().withdrawal_ends(timezone.now())
    outcome = judged(order, at=end - timedelta(minutes=1))
    outcome.confirm()
    assert outcome_of(outcome.withdrawal).status == S.EFFECTIVE


def test_the_order_was_cancelled_before_it_was_confirmed(order):
    outcome = judged(order)
    order.cancelled_at = timezone.now()
    order.save()
    outcome.confirm()
    outcome = outcome_of(outcome.withdrawal)
    assert (outcome.status, outcome.why) == (S.OUTSIDE, WhyNot.CANCELLED)
    assert Promise.objects.open().filter(order=order, kind=PromiseKind.ANSWER).exists()


def test_its_story_stands_on_the_order(order):
    outcome = judged(order, at=timezone.now() - timedelta(hours=2))
    outcome.confirm()
    found = dict(Event.objects.filter(order=order).values_list("kind", "at"))
    assert found[EventKind.WITHDRAWAL_RECEIVED] == outcome.withdrawal.received_at
    assert found[EventKind.WITHDRAWAL_VERIFIED] > outcome.withdrawal.received_at


# --- The desk -----------------------------------------------------------------------------------


def test_the_desk_names_the_order_of_one_that_fits_none(order, ieva):
    outcome = judged(order, contract="the lamp", email="x@example.com")
    outcome.verify(order=order, note="Same name, and knew the price", by=ieva)
    outcome = outcome_of(outcome.withdrawal)
    assert (outcome.status, outcome.order) == (S.EFFECTIVE, order)
    assert outcome.verified_note == "Same name, and knew the price"


def test_the_desk_cannot_give_what_is_gone(order, ieva):
    outcome = judged(order)
    on_its_page(order)
    with pytest.raises(Refused):
        outcome.verify(note="x", by=ieva)
    assert outcome_of(outcome.withdrawal).status == S.UNVERIFIED


def test_the_desk_answers_with_a_reason_and_the_promise_is_kept(ieva):
    order = eu_order(days_ago=40)
    outcome = outcome_of(on_its_page(order))
    outcome.answer(WhyNot.OVER, "We are sorry.", by=ieva)
    outcome = outcome_of(outcome.withdrawal)
    assert (outcome.status, outcome.decided_by) == (S.ANSWERED, ieva.user)
    [letter] = news()
    assert letter.facts["news"] == "answer"
    assert not Promise.objects.open().filter(order=order, kind=PromiseKind.ANSWER).exists()
    # It may think better of it.
    outcome.verify(note="Was in hospital", by=ieva)
    assert outcome_of(outcome.withdrawal).status == S.EFFECTIVE


def test_what_is_set_aside_is_told_to_nobody(order, ieva):
    outcome = judged(order)
    before = Notice.objects.count()
    outcome.set_aside(WhyNot.NOT_THE_BUYER, "Sarah says that it was not her", by=ieva)
    assert outcome_of(outcome.withdrawal).status == S.SET_ASIDE
    assert Notice.objects.count() == before
    with pytest.raises(IllegalTransition):
        outcome.confirm()


# --- Work that fails ---------------------------------------------------------------------------


def test_one_that_fails_is_tried_again_and_holds_up_no_other(order, monkeypatch):
    real = WithdrawalOutcome.take_up
    bad = declared(order)

    def take_up(self, *args, **kwargs):
        if self.pk == bad.pk:
            raise RuntimeError("Sarah Whitcombe")
        return real(self, *args, **kwargs)

    good = declared(order)
    monkeypatch.setattr(WithdrawalOutcome, "take_up", take_up)
    work()
    assert outcome_of(good).status == S.UNVERIFIED
    row = outcome_of(bad)
    assert (row.status, row.state) == (S.NEW, WorkState.DUE)
    assert "Sarah" not in row.last_error
    monkeypatch.undo()
    WithdrawalOutcome.objects.update(due_at=timezone.now())
    work()
    assert outcome_of(bad).status == S.UNVERIFIED


def test_everything_of_the_record_stays_as_it_was(order):
    outcome = judged(order)
    before = Withdrawal.objects.get().content
    outcome.confirm()
    assert Withdrawal.objects.get().content == before
    assert Withdrawal.objects.get().is_intact


# --- The acknowledgement ------------------------------------------------------------------------


def test_it_is_acknowledged_at_once_with_content_date_and_time(order):
    at = timezone.now()
    made = declared(order, at=at, contract="JP-20418", parts="Only <one> shirt & the box")
    work()
    [letter] = mail.outbox
    assert letter.to == ["sarah@example.com"]
    assert letter.reply_to == ["hello@juniper.example"]
    text, html = letter.body, str(letter.alternatives[0][0])
    for part in (text, html):
        assert made.number in part and f"{at:%Y-%m-%d %H:%M:%S}" in part and "UTC" in part
        assert "Sarah Whitcombe" in part and "JP-20418" in part
    assert "Only <one> shirt & the box" in text
    assert "Only &lt;one&gt; shirt &amp; the box" in html
    assert "http" not in text and "<a " not in html
    row = WithdrawalReceipt.objects.get()
    assert row.state == WorkState.DONE and row.text == text and row.subject == letter.subject


def test_it_tells_nothing_of_any_order(order):
    declared(order, name="Nobody", contract="JP-20418", email="stranger@example.net")
    declared(order, name="Nobody", contract="JP-99999", email="stranger@example.net")
    work()
    first, second = (letter for letter in mail.outbox if letter.to == ["stranger@example.net"])

    def plain(letter) -> str:
        numbers = Withdrawal.objects.values_list("number", flat=True)
        text = letter.body
        for known in (*numbers, "JP-20418", "JP-99999"):
            text = text.replace(known, "…")
        return text

    assert plain(first) == plain(second)
    for secret in ("Whitcombe", "Linen shirt", "Vilnius", "sarah@example.com"):
        assert secret not in first.body


def test_it_is_written_in_the_language_of_the_page(order):
    declared(order, language="zh-hans")
    work()
    assert mail.outbox[0].extra_headers["Content-Language"] == "zh-hans"


def test_the_same_letter_at_every_attempt(order):
    made = declared(order)
    assert made.message_id == Withdrawal.objects.get().message_id
    work()
    WithdrawalReceipt.objects.update(state=WorkState.DUE)
    work()
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]


def test_nobody_can_be_flooded_with_them(order):
    for number in range(10):
        declared(order, email=f"victim+{number}@Example.net", contract=f"X-{number}")
    work()
    assert len(mail.outbox) == 3
    waiting = WithdrawalReceipt.objects.filter(state=WorkState.DUE)
    assert waiting.count() == 7 and all(row.attempts == 0 for row in waiting)
    assert min(row.due_at for row in waiting) > timezone.now()


def test_what_cannot_be_sent_for_days_is_given_up_where_the_desk_sees_it(order):
    made = declared(order, at=timezone.now() - timedelta(days=4))
    for number in range(3):
        declared(order, contract=f"X-{number}")
    WithdrawalReceipt.objects.filter(pk=made.pk).update(due_at=timezone.now())
    WithdrawalReceipt.objects.exclude(pk=made.pk).update(due_at=timezone.now() - timedelta(1))
    work()
    row = WithdrawalReceipt.objects.get(pk=made.pk)
    assert (row.state, row.last_error) == (WorkState.DEAD, "Too many to this address.")


def test_an_address_that_cannot_be_written_to_is_given_up(order):
    declared(order, email="ann@example.com\nBcc: x@example.com")
    work()
    assert WithdrawalReceipt.objects.get().state == WorkState.DEAD
    assert mail.outbox == []


def test_the_news_leave_by_the_usual_way(order):
    outcome = judged(order)
    letter = Notice.objects.get(kind=NoticeKind.WITHDRAWAL_NEWS)
    assert letter.language == "en" and outcome.asked_at
