"""The life of a return, verb by verb: what is written, said and promised."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from returns.codes import Reason, Wish
from returns.ledger import Obstacle, Refused
from returns.models import (
    BUYER,
    CLOCK,
    RULE,
    Actor,
    Event,
    Notice,
    Order,
    Promise,
    ReturnAuthorization,
    ReturnLine,
    Wanted,
)
from returns.models.authorization import ALPHABET, new_number
from returns.models.deciding import remind_at
from returns.models.shipment import ON_ITS_WAY_FOR
from returns.states import IllegalTransition, Status
from tests.people import ask_to_return, open_store, place_order, staff

LONDON = ZoneInfo("Europe/London")
DAY = timedelta(days=1)


@pytest.fixture
def store(db):
    """A store in which a person decides."""
    return open_store(policy={"automatic_up_to": None, "keep_below": 0})


@pytest.fixture
def desk_person(db):
    return Actor.staff(staff("ieva", "decide_appeal"))


@pytest.fixture
def rma(order):
    return ask_to_return(order)


def events(rma) -> list[tuple[str, str]]:
    return list(Event.objects.filter(authorization=rma).order_by("pk").values_list("kind", "actor"))


def letters(rma) -> list[str]:
    return list(
        Notice.objects.filter(authorization=rma).order_by("pk").values_list("kind", flat=True)
    )


def promised(rma, state="open") -> dict[str, datetime]:
    rows = Promise.objects.filter(authorization=rma, state=state)
    return {row.kind: row.due_at for row in rows}


# --- asking ------------------------------------------------------------------------------


def test_a_request_is_noted_acknowledged_and_promised_an_answer(rma, store):
    assert rma.status == Status.REQUESTED
    assert events(rma) == [("return_requested", "buyer")]
    assert letters(rma) == ["return_requested"]
    assert promised(rma) == {"answer": store.answer_by(rma.requested_at)}
    assert Promise.objects.get(authorization=rma).made_by == "rule"


def test_a_request_approved_by_rule_gets_one_letter_not_two(db):
    rma = ask_to_return(place_order(open_store()))
    assert rma.status == Status.APPROVED and rma.decided_by is None
    assert events(rma) == [("return_requested", "buyer"), ("return_approved", "rule")]
    assert letters(rma) == ["return_approved"]
    assert promised(rma) == {"reminder": rma.remind_at}


def test_return_numbers_can_be_read_aloud_and_not_be_guessed():
    numbers = {new_number() for _ in range(300)}
    assert len(numbers) == 300
    assert all(
        number[:3] == "HW-"
        and number[7] == "-"
        and len(number) == 12
        and set(number[3:].replace("-", "")) <= set(ALPHABET)
        for number in numbers
    )
    assert not set(ALPHABET) & set("0O1ILU")


# --- approving ----------------------------------------------------------------------------


def test_approving_starts_the_time_to_post_where_the_buyer_lives(rma, desk_person):
    now = datetime(2026, 11, 24, 23, 30, tzinfo=LONDON)
    rma.approve(by=desk_person, now=now)
    rma.refresh_from_db()
    assert rma.post_by == datetime(2026, 12, 8, 23, 59, 59, tzinfo=LONDON)
    assert (rma.approved_at, rma.decided_by) == (now, desk_person.user)
    assert [(row.requested, row.approved, row.waived) for row in rma.lines.all()] == [(1, 1, 0)]
    assert events(rma)[-1] == ("return_approved", "staff")
    assert letters(rma) == ["return_requested", "return_approved"]
    assert promised(rma) == {"reminder": datetime(2026, 12, 5, 10, tzinfo=LONDON)}


@pytest.mark.parametrize(
    ("start", "post_by", "when"),
    [
        # Three days before, in the morning.
        ("2026-11-24 12:00", "2026-12-08 23:59:59", "2026-12-05 10:00"),
        # Across the change of clocks it is still ten in the morning.
        ("2026-10-15 12:00", "2026-10-28 23:59:59", "2026-10-25 10:00"),
        # At short terms half-way, never at once.
        ("2026-11-24 12:00", "2026-11-28 12:00", "2026-11-26 12:00"),
        ("2026-11-24 12:00", "2026-11-25 12:00", "2026-11-25 00:00"),
    ],
)
def test_the_reminder_comes_in_time_to_act_and_not_at_night(start, post_by, when):
    start, post_by, when = (
        datetime.fromisoformat(text).replace(tzinfo=LONDON) for text in (start, post_by, when)
    )
    assert remind_at(start, post_by, "Europe/London") == when


@pytest.mark.parametrize("days", range(1, 20))
def test_a_reminder_always_lies_between_approval_and_deadline(days):
    for hour in range(24):
        start = datetime(2026, 10, 20, hour, 17, tzinfo=LONDON)
        post_by = datetime.combine((start + days * DAY).date(), time(23, 59, 59), LONDON)
        at = remind_at(start, post_by, "Europe/London")
        assert start + timedelta(hours=11) < at < post_by


# --- goods that stay with the buyer ------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "promise"),
    [
        (Wish.REFUND, "refund"),
        (Wish.STORE_CREDIT, "credit"),
        (Wish.EXCHANGE, "goods"),
        (Wish.REPLACEMENT, "goods"),
    ],
)
def test_for_goods_that_stay_we_promise_what_the_buyer_wished(db, wish, promise, desk_person):
    store = open_store(
        policy={
            "keep_below": 100,
            "automatic_up_to": None,
            "offers_store_credit": True,
        }
    )
    rma = ask_to_return(place_order(store), reason=Reason.FAULTY, wish=wish)
    friday = datetime(2026, 11, 27, 16, tzinfo=LONDON)
    rma.approve(by=desk_person, now=friday)
    assert (rma.keeps_goods, rma.post_by, rma.remind_at) == (True, None, None)
    assert promised(rma) == {promise: datetime(2026, 12, 1, 18, tzinfo=LONDON)}
    assert rma.lines.get().waived == 1
    assert not ReturnAuthorization.objects.to_remind(friday + 400 * DAY).exists()
    assert not ReturnAuthorization.objects.overdue(friday + 400 * DAY).exists()

    rma.put_right(by=desk_person, now=friday + 3 * DAY)
    assert rma.status == Status.CLOSED
    assert promised(rma) == {} and promise in promised(rma, "kept")
    line = rma.order.with_goods().lines.get()
    # It was settled and cannot come back; what was sent for it may, in its turn.
    anew = promise == "goods"
    assert (line.held, line.returnable) == ((0, 1) if anew else (1, 0))


def test_only_goods_that_stay_are_put_right_without_a_parcel(rma, desk_person):
    rma.approve(by=desk_person)
    with pytest.raises(IllegalTransition):
        rma.put_right(by=desk_person)
    assert rma.status == Status.APPROVED


def test_asking_in_small_pieces_does_not_keep_more(db):
    store = open_store(policy={"keep_below": 15})
    order = place_order(store, lines=(("Cup", "10.00", 3),))
    first = ask_to_return(order, reason=Reason.FAULTY, key="one")
    second = ask_to_return(order, reason=Reason.FAULTY, key="two")
    assert (first.keeps_goods, second.keeps_goods) == (True, False)


# --- asking the buyer ----------------------------------------------------------------------


def test_case_34_a_question_waits_for_the_buyer_and_the_answer_restarts_our_clock(
    rma, desk_person, store
):
    asked, answered = timezone.now() + DAY / 24, timezone.now() + 3 * DAY
    rma.ask("Which size?", by=desk_person, now=asked)
    assert rma.waits_for_buyer
    assert promised(rma) == {"question": rma.order.word_due(asked)}
    assert letters(rma)[-1] == "info_requested"
    assert Notice.objects.get(kind="info_requested").facts["question"] == "Which size?"
    rma.give_answer("Medium", by=BUYER, now=answered)
    rma.refresh_from_db()
    assert (rma.status, rma.question, rma.answer) == (Status.REQUESTED, "Which size?", "Medium")
    assert promised(rma) == {"answer": store.answer_by(answered)}
    assert letters(rma)[-1] == "return_requested"  # every message is acknowledged
    assert events(rma)[1:] == [("info_requested", "staff"), ("info_given", "buyer")]


def test_two_questions_within_a_second_are_two_letters(rma, desk_person):
    now = timezone.now()
    rma.ask("Which size?", by=desk_person, now=now)
    rma.give_answer("M", by=BUYER, now=now)
    rma.ask("And which colour?", by=desk_person, now=now)
    asked = Notice.objects.filter(kind="info_requested").order_by("pk")
    assert [row.facts["question"] for row in asked] == ["Which size?", "And which colour?"]
    assert len(set(asked.values_list("message_id", flat=True))) == 2
    assert rma.answer == ""


def test_the_desk_may_decide_without_waiting_for_the_answer(rma, desk_person):
    rma.ask("Which size?", by=desk_person)
    rma.approve(by=desk_person)
    assert rma.status == Status.APPROVED and promised(rma).keys() == {"reminder"}


# --- declining and appealing --------------------------------------------------------------


def test_case_20_declining_frees_the_goods_and_owes_nothing_more(rma, order, desk_person):
    rma.decline("used", "The sole is worn.", by=desk_person)
    assert promised(rma) == {} and promised(rma, "kept").keys() == {"answer"}
    assert letters(rma)[-1] == "return_declined"
    assert order.with_goods().lines.get().returnable == 1
    assert rma.ended_at is not None and rma.decided_by == desk_person.user


def test_an_appeal_takes_the_goods_again_and_is_possible_once(rma, order, desk_person, store):
    rma.decline("used", by=desk_person)
    later = timezone.now() + DAY
    rma.look_again("It was never worn.", by=BUYER, now=later)
    assert (rma.status, rma.appeal, rma.ended_at) == (
        Status.REQUESTED,
        "It was never worn.",
        None,
    )
    assert promised(rma) == {"answer": store.answer_by(later)}
    assert events(rma)[-1] == ("return_appealed", "buyer")
    assert letters(rma)[-1] == "return_requested"
    assert order.with_goods().lines.get().returnable == 0
    rma.decline("used", by=desk_person)
    assert not rma.may_be_appealed
    with pytest.raises(IllegalTransition):
        rma.look_again("Please!", by=BUYER)


def test_of_two_appeals_sent_together_the_second_changes_nothing(rma, desk_person):
    rma.decline("used", by=desk_person)
    stale = ReturnAuthorization.objects.get(pk=rma.pk)
    rma.look_again("One", by=BUYER)
    with pytest.raises(IllegalTransition):
        stale.look_again("Two", by=BUYER)
    rma.refresh_from_db()
    assert rma.appeal == "One"


def test_an_appeal_is_refused_when_the_goods_went_another_way(rma, order, desk_person):
    rma.decline("used", by=desk_person)
    ask_to_return(order, key="another")
    stale = Event.objects.count()
    with pytest.raises(Refused) as refused:
        rma.look_again("It was never worn.", by=BUYER)
    assert [problem.code for problem in refused.value.problems] == [Obstacle.ALL_BACK]
    assert (rma.status, rma.appealed_at) == (Status.DECLINED, None)
    rma.refresh_from_db()
    assert (rma.status, rma.appealed_at, Event.objects.count()) == (Status.DECLINED, None, stale)


def test_an_appeal_is_refused_when_the_order_was_cancelled(rma, order, desk_person):
    rma.decline("used", by=desk_person)
    Order.objects.update(cancelled_at=timezone.now())
    with pytest.raises(Refused) as refused:
        rma.look_again("It was never worn.", by=BUYER)
    assert refused.value.problems[0].code == Obstacle.ORDER_CANCELLED


def test_an_appeal_does_not_fail_because_time_went_by_while_we_looked(rma, desk_person):
    rma.decline("window_closed", by=desk_person, now=timezone.now() + 20 * DAY)
    rma.look_again("I asked in time.", by=BUYER, now=timezone.now() + 40 * DAY)
    assert rma.status == Status.REQUESTED


# --- cancelling -----------------------------------------------------------------------------


def test_case_20_a_cancelled_return_frees_the_goods_and_releases_our_promises(rma, order):
    rma.cancel(by=BUYER)
    assert promised(rma) == {} and promised(rma, "superseded").keys() == {"answer"}
    assert letters(rma)[-1] == "return_cancelled"
    assert order.with_goods().lines.get().returnable == 1
    assert ask_to_return(order, key="another").status == Status.REQUESTED


def test_case_33_after_the_first_scan_only_the_desk_may_cancel(rma, desk_person):
    rma.approve(by=desk_person)
    ReturnAuthorization.objects.update(status=Status.IN_TRANSIT)
    with pytest.raises(IllegalTransition):
        rma.cancel(by=BUYER)  # read before the scan
    rma.refresh_from_db()
    with pytest.raises(IllegalTransition):
        rma.cancel(by=BUYER)
    rma.cancel(by=desk_person)
    assert rma.status == Status.CANCELLED


# --- reminding, expiring, extending ----------------------------------------------------------


@pytest.fixture
def approved(rma, desk_person):
    rma.approve(by=desk_person)
    return rma


def sweep(now) -> tuple[int, int]:
    """What the clock does each minute."""
    reminded = ReturnAuthorization.objects.to_remind(now).remind(now)
    return reminded, ReturnAuthorization.objects.overdue(now).expire(now)


def test_case_35_the_clock_reminds_once_then_ends_what_was_never_posted(approved, order):
    at = approved.remind_at
    assert sweep(at - DAY) == (0, 0)
    assert sweep(at) == (1, 0)
    assert sweep(at) == (0, 0)
    assert sweep(approved.post_by) == (0, 0)
    assert order.with_goods().lines.get().returnable == 0
    assert sweep(approved.post_by + timedelta(seconds=1)) == (0, 1)
    approved.refresh_from_db()
    assert approved.status == Status.EXPIRED
    assert letters(approved)[2:] == ["return_reminder", "return_expired"]
    assert events(approved)[2:] == [("return_reminded", "clock"), ("return_expired", "clock")]
    assert promised(approved) == {}
    assert promised(approved, "kept").keys() == {"answer", "reminder", "deadline"}
    assert order.with_goods().lines.get().returnable == 1


def test_a_second_reminder_is_refused_also_from_a_stale_page(approved):
    stale = ReturnAuthorization.objects.get(pk=approved.pk)
    approved.remind(by=CLOCK)
    for again in (approved, stale):
        with pytest.raises(IllegalTransition):
            again.remind(by=CLOCK)
    assert letters(approved).count("return_reminder") == 1
    assert stale.reminded_at is None


def test_nobody_s_time_ends_without_a_reminder_even_when_the_clock_stood_still(approved):
    """The workers were down from before the reminder until after the deadline."""
    late = approved.post_by + 2 * DAY
    assert sweep(late) == (1, 0)
    approved.refresh_from_db()
    assert approved.status == Status.APPROVED
    assert approved.post_by.astimezone(LONDON).date() == (late.astimezone(LONDON) + 3 * DAY).date()
    assert promised(approved) == {"deadline": approved.post_by}
    assert promised(approved, "broken").keys() == {"reminder"}
    with pytest.raises(IllegalTransition):
        approved.expire(by=CLOCK, now=approved.post_by)
    assert sweep(approved.post_by + DAY) == (0, 1)


def test_one_return_that_fails_does_not_hold_up_the_others(store, monkeypatch, caplog, desk_person):
    first, second = (ask_to_return(place_order(store, number)) for number in ("JP-1", "JP-2"))
    for rma in (first, second):
        rma.approve(by=desk_person)
    remind = ReturnAuthorization.remind

    def fail(self, **values):
        if self.pk == first.pk:
            raise RuntimeError("out of order")
        remind(self, **values)

    monkeypatch.setattr(ReturnAuthorization, "remind", fail)
    assert sweep(second.remind_at) == (1, 0)
    assert letters(second)[-1] == "return_reminder" and first.number in caplog.text


def test_case_12_an_extension_gives_new_time_a_new_reminder_and_is_audited(
    approved, order, desk_person
):
    sweep(approved.remind_at)
    now = approved.post_by + DAY
    sweep(now)
    rma = ReturnAuthorization.objects.get(pk=approved.pk)
    until = now + 10 * DAY
    rma.extend(until, by=desk_person, now=now)
    assert (rma.status, rma.post_by, rma.reminded_at, rma.ended_at) == (
        Status.APPROVED,
        until,
        None,
        None,
    )
    assert promised(rma) == {"reminder": rma.remind_at} and now < rma.remind_at < until
    event = Event.objects.filter(authorization=rma).order_by("pk").last()
    assert (event.kind, event.user, event.data) == (
        "return_extended",
        desk_person.user,
        {"post_by": until.isoformat()},
    )
    assert order.with_goods().lines.get().returnable == 0
    assert sweep(rma.remind_at) == (1, 0)


def test_an_extension_is_refused_when_the_goods_went_another_way(approved, order, desk_person):
    now = approved.post_by + DAY
    sweep(approved.remind_at)
    sweep(now)
    ask_to_return(order, key="another")
    rma = ReturnAuthorization.objects.get(pk=approved.pk)
    with pytest.raises(Refused):
        rma.extend(now + 10 * DAY, by=desk_person, now=now)
    assert rma.status == Status.EXPIRED
    rma.refresh_from_db()
    assert rma.status == Status.EXPIRED


def test_an_extension_into_the_past_is_a_mistake(approved, desk_person):
    with pytest.raises(ValueError, match="over already"):
        approved.extend(timezone.now() - DAY, by=desk_person)


# --- money that comes back to life ---------------------------------------------------------


def test_what_comes_back_to_life_is_counted_again_with_today_s_numbers(db, desk_person):
    store = open_store(policy={"automatic_up_to": None, "returns_postage": True})
    order = place_order(store, lines=(("Shirt", "30.00", 1), ("Cap", "20.00", 1)))
    shirt, cap = order.lines.all()
    both = order.request_return(
        [Wanted(shirt.pk, 1, "fit"), Wanted(cap.pk, 1, "fit")], by=BUYER, key="both"
    )
    assert (both.estimated_total, both.estimated_postage) == (Decimal(56), Decimal(6))
    both.decline("used", by=desk_person)
    Order.objects.update(refunded_total=Decimal(16))  # the shop was kind about something else
    both.look_again("No!", by=BUYER)
    both.refresh_from_db()
    assert (both.value, both.estimated_total, both.estimated_postage) == (50, 40, 0)


def test_the_original_postage_is_not_given_back_twice_by_an_appeal(db, desk_person):
    """Another return took the postage while this one was declined."""
    store = open_store(policy={"automatic_up_to": None, "returns_postage": True})
    order = place_order(store, lines=(("Shirt", "30.00", 2),))
    Order.objects.update(paid_total=Decimal(100))
    line = order.lines.get()
    order.request_return([Wanted(line.pk, 1, "fit")], by=BUYER, key="one")
    second = order.request_return([Wanted(line.pk, 1, "fit")], by=BUYER, key="two")
    assert second.estimated_postage == Decimal(6)
    second.decline("used", by=desk_person)
    third = order.request_return([Wanted(line.pk, 1, "fit")], by=BUYER, key="three")
    assert third.estimated_postage == Decimal(6)
    ReturnLine.objects.filter(authorization=third).update(received=1, sent_back=1)
    ReturnAuthorization.objects.filter(pk=third.pk).update(status=Status.CLOSED)
    second.look_again("No!", by=BUYER)  # the unit was sent to the buyer again
    assert second.estimated_postage == 0


# --- the database stands behind it -----------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {"requested": 0},
        {"approved": 2},
        {"accepted": 1},
        {"waived": 1},
        {"resolved": 1},
        {"sent_back": 1},
        {"amount": Decimal("-0.01")},
    ],
    ids=lambda values: next(iter(values)),
)
def test_the_database_refuses_quantities_that_cannot_be(rma, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        ReturnLine.objects.filter(authorization=rma).update(**values)


def test_the_database_refuses_returns_that_cannot_be(rma, order):
    mine = ReturnAuthorization.objects.filter(pk=rma.pk)
    copies = {"order": order, "payer": "buyer", "requested_by": "buyer"}
    for break_it in (
        lambda: mine.update(status=Status.APPROVED),  # without a last day to post
        lambda: mine.update(estimated_total=Decimal(-1)),
        lambda: ReturnAuthorization.objects.create(form_key=rma.form_key, number="HW-1", **copies),
        lambda: ReturnAuthorization.objects.create(form_key="x", number=rma.number, **copies),
        lambda: ReturnLine.objects.create(
            authorization=rma, line=order.lines.get(), reason="fit", requested=1
        ),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            break_it()


def test_the_database_gives_the_original_postage_back_once(rma, order):
    ReturnAuthorization.objects.update(estimated_postage=Decimal(6))
    values = {
        "order": order,
        "payer": "buyer",
        "requested_by": "buyer",
        "estimated_postage": Decimal(6),
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        ReturnAuthorization.objects.create(form_key="x", number="HW-2", **values)
    ReturnAuthorization.objects.create(
        form_key="y", number="HW-3", status=Status.CANCELLED, **values
    )


def test_what_was_decided_by_rule_has_no_name_behind_it(rma):
    rma.approve(by=RULE)
    assert rma.decided_by is None


def test_goods_on_the_road_are_to_be_posted_after_they_must_have_arrived(db, desk_person):
    order = place_order(open_store(policy={"automatic_up_to": None}), delivered=False, days_ago=3)
    rma = ask_to_return(order)
    rma.approve(by=desk_person)
    left = order.shipments.get().shipped_at
    assert rma.post_by > left + ON_ITS_WAY_FOR + rma.post_days * DAY - DAY


def test_what_is_posted_is_neither_reminded_of_nor_expired(rma, desk_person):
    rma.approve(by=desk_person)
    rma.note_posted(by=desk_person)
    assert rma.status == Status.IN_TRANSIT
    assert set(promised(rma)) == {"update"}  # nothing but that we write again
    assert not ReturnAuthorization.objects.to_remind(rma.post_by + 90 * DAY).exists()
    assert not ReturnAuthorization.objects.overdue(rma.post_by + 90 * DAY).exists()


def test_a_buyer_cannot_cancel_what_we_owe_without_a_parcel(db, desk_person):
    store = open_store(policy={"keep_below": 100, "automatic_up_to": None})
    rma = ask_to_return(place_order(store), reason=Reason.FAULTY)
    assert rma.may_be_cancelled
    rma.approve(by=desk_person)
    assert not rma.may_be_cancelled
    with pytest.raises(IllegalTransition):
        rma.cancel(by=BUYER)


def test_where_no_money_goes_back_the_postage_is_on_us(db):
    order = place_order(open_store(policy={"fee": 6, "automatic_up_to": None}))
    rma = ask_to_return(order, wish="exchange")
    assert (rma.payer, rma.estimated_fee) == ("store", 0)
