"""Requests to carriers: what moves them, whose word counts, and what the desk has to do."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.tracking.turning import (
    DAY,
    HOUR,
    MINUTE,
    NEW,
    OLD,
    asked,
    at_ups,
    claimed,
    fresh,
    later,
    on_the_road,
    scanned,
    wanted,
    work,
)
from tracking.gateways import Address, Aim, Answer, Failure, Outcome
from tracking.interceptions import ENDED, OPEN, InterceptionStatus, Proof
from tracking.milestones import Milestone
from tracking.models import AlreadyTurning, GatewayAccount, Interception
from tracking.models.asking import AFTER_END, GIVEN_UP_AFTER, LINGER, next_look
from tracking.signals import interception_changed
from tracking.work import WorkState

pytestmark = pytest.mark.django_db
S, Out = InterceptionStatus, Outcome


@pytest.fixture
def parcel(db):
    parcel = on_the_road()
    at_ups(parcel)
    return parcel


@pytest.fixture
def news():
    """What others were told: the state each time."""
    told: list[str] = []

    def listen(sender, interception, **kwargs):
        # They write in the same transaction, and see what was written.
        assert fresh(interception).status == interception.status
        told.append(interception.status)

    interception_changed.connect(listen)
    yield told
    interception_changed.disconnect(listen)


def standing(row: Interception) -> tuple[str, str]:
    row = fresh(row)
    return row.status, row.failure


# --- the table of words --------------------------------------------------------------------

# What the gateway says → where that leads from each state; anything else changes nothing.
WORDS: dict[tuple[str, str], str] = {
    **{(S.REQUESTED, told): told for told in (Out.SENT, Out.ACCEPTED)},
    **{(S.UNSUPPORTED, told): told for told in (Out.SENT, Out.ACCEPTED)},
    (S.SENT, Out.ACCEPTED): S.ACCEPTED,
    **{(s, told): told for s in OPEN for told in (Out.SUCCEEDED, Out.FAILED, Out.WITHDRAWN)},
}


@pytest.mark.parametrize("told", Outcome)
@pytest.mark.parametrize("status", S)
def test_a_word_moves_a_request_forward_only_and_an_end_is_final(parcel, news, status, told):
    ended = timezone.now() - HOUR if status in ENDED else None
    row = asked(parcel, status, ended_at=ended)
    moves = (status, told) in WORDS
    assert row.take(Answer(told)) is moves
    now = fresh(row)
    assert now.status == WORDS.get((status, told), status)
    assert news == ([now.status] if moves else [])
    assert now.failure == (Failure.REFUSED if moves and told == Out.FAILED else "")
    assert (now.ended_at is not None) == (now.status in ENDED)
    assert row.take(Answer(told)) is False, "told twice"
    assert fresh(row).ended_at == now.ended_at


@pytest.mark.parametrize("proven", [S.ACCEPTED, S.SUCCEEDED, S.FAILED])
@pytest.mark.parametrize("status", S)
def test_what_the_scans_prove_stands_above_every_word(parcel, status, proven):
    row = asked(parcel, status)
    at = timezone.now() - 5 * MINUTE
    moves = {
        S.ACCEPTED: status in (S.REQUESTED, S.UNSUPPORTED, S.SENT),
        S.SUCCEEDED: status != S.SUCCEEDED,
        S.FAILED: status not in (S.FAILED, S.WITHDRAWN),
    }[proven]
    assert row.take_proof(Proof(proven, at, "delivered" if proven == S.FAILED else "")) is moves
    now = fresh(row)
    assert now.status == (proven if moves else status)
    assert now.is_proven == (proven in ENDED and now.status == proven)
    if moves and proven in ENDED:
        assert now.ended_at == at
        for told in Outcome:
            assert not row.take(Answer(told)), "no word undoes it"


def test_what_was_done_once_is_not_undone_by_a_proof_of_the_contrary(parcel):
    row = asked(parcel)
    row.take_proof(Proof(S.SUCCEEDED, timezone.now()))
    assert not row.take_proof(Proof(S.FAILED, timezone.now(), Failure.DELIVERED))
    assert standing(row) == (S.SUCCEEDED, "")


def test_a_delivery_somewhere_is_a_guess_that_any_word_corrects(parcel):
    for told, status in ((Out.SUCCEEDED, S.SUCCEEDED), (Out.ACCEPTED, S.ACCEPTED)):
        row = asked(parcel)
        row.take_proof(Proof(S.FAILED, timezone.now(), Failure.DELIVERED, is_sure=False))
        assert (fresh(row).status, fresh(row).is_guess) == (S.FAILED, True)
        assert not row.take(Answer(Out.SENT)), "late, and no word about its end"
        assert row.take(Answer(told))
        now = fresh(row)
        assert (now.status, now.is_guess, now.failure) == (status, False, "")
        assert (now.ended_at is None) == (status in OPEN)
        now.delete()


def test_a_guess_never_overrules_a_word(parcel):
    row = asked(parcel, S.FAILED)
    assert not row.take_proof(Proof(S.SUCCEEDED, timezone.now(), is_sure=False))
    assert standing(row)[0] == S.FAILED


def test_a_word_about_what_we_had_given_up_does_not_open_it_beside_another(parcel):
    row = asked(parcel)
    row.give_up(Failure.NO_ANSWER)
    second = wanted(parcel)
    assert row.take(Answer(Out.ACCEPTED)) is False
    assert standing(row) == (S.FAILED, Failure.NO_ANSWER)
    assert row.take(Answer(Out.SUCCEEDED)) is True, "an end is no second open one"
    assert fresh(second).is_open


def test_a_word_out_of_turn_neither_takes_nor_leaves_words(parcel):
    row = asked(parcel)
    row.take(Answer(Out.SENT, "first-name", words="Taken."))
    row.take(Answer(Out.ACCEPTED, "second-name", words="We do it."))
    row.take(Answer(Out.SENT, words="Taken."))
    row.take(Answer(Out.NO_NEWS, words="In the van."))
    row.take(Answer(Out.SUCCEEDED, words="Done."))
    row.take(Answer(Out.ACCEPTED, words="We do it.", cost=Decimal("16.40"), currency="USD"))
    now = fresh(row)
    assert (now.reference, now.words) == ("first-name", "Done.")
    assert (now.cost, now.currency) == (Decimal("16.40"), "USD"), "told afterwards"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(Out.ACCEPTED, "r" * 500, "", "w\0\ud800" + "w" * 900),
        Answer(Out.ACCEPTED, cost=Decimal("Infinity"), currency="DOLLARS"),
        Answer(Out.ACCEPTED, cost=Decimal(10) ** 20, currency="USD"),
        Answer(Out.ACCEPTED, cost=Decimal("1.23456789"), currency="US\0D"),
        Answer(Out.FAILED, failure="a word that is none of ours"),
    ],
)
def test_whatever_a_gateway_says_can_be_kept(parcel, answer):
    row = asked(parcel)
    assert row.take(answer)
    now = fresh(row)
    now.full_clean(exclude=["before", "after"])


# --- one at a time -------------------------------------------------------------------------


def test_a_parcel_is_asked_about_one_thing_at_a_time(parcel):
    first = wanted(parcel)
    with pytest.raises(AlreadyTurning):
        wanted(parcel, Aim.RETURN)
    first.withdraw()
    assert wanted(parcel, Aim.RETURN).is_open
    assert Interception.objects.count() == 2


def test_without_an_interface_a_person_calls(db):
    parcel = on_the_road(carrier="royal-mail")
    row = wanted(parcel)
    assert (row.status, row.is_by_phone) == (S.UNSUPPORTED, True)
    assert list(Interception.objects.to_call()) == [row]


def test_an_account_may_want_to_call_itself(parcel):
    GatewayAccount.objects.create(account=parcel.account, gateway="phone", position=0)
    GatewayAccount.objects.filter(gateway="ups").update(position=1)
    assert wanted(parcel).status == S.UNSUPPORTED


def test_a_gateway_of_another_account_asks_for_nobody_else(parcel):
    other = on_the_road("1Z999AA10123456785", name="shanyue")
    assert wanted(other).is_by_phone


# --- withdrawing ---------------------------------------------------------------------------


def test_what_nobody_was_asked_for_is_withdrawn_at_once(parcel, news):
    row = wanted(parcel)
    assert row.withdraw() is True
    now = fresh(row)
    assert (now.status, now.state, now.watched_until) == (S.WITHDRAWN, WorkState.DONE, None)
    assert news == [S.WITHDRAWN]
    assert row.withdraw() is False, "pressed twice"
    assert news == [S.WITHDRAWN] and not Interception.objects.due().exists()


def test_what_was_asked_is_withdrawn_when_the_carrier_says_so(parcel, news):
    row = asked(parcel)
    before = fresh(row).due_at
    assert row.withdraw() is False
    now = fresh(row)
    assert (now.status, now.must_call) == (S.SENT, False)
    assert now.withdraw_wanted_at and now.due_at > before
    assert news == [S.SENT]


def test_where_no_interface_withdraws_a_person_calls(db):
    parcel = on_the_road(carrier="royal-mail")
    row = wanted(parcel)
    row.note_call(Out.SENT, "They try.")
    assert not Interception.objects.to_call().exists()
    assert row.withdraw() is False
    assert list(Interception.objects.to_call()) == [row]
    assert row.note_call(Out.WITHDRAWN, "Forgotten.") is True
    assert not Interception.objects.to_call().exists()


def test_a_withdrawn_one_that_the_carrier_did_all_the_same_is_shown_as_done(parcel):
    row = asked(parcel)
    row.withdraw()
    row.take(Answer(Out.WITHDRAWN))
    scanned(parcel, Milestone.DELIVERED, place="Austin")
    now = work(row)
    assert (now.status, now.is_proven) == (S.SUCCEEDED, True)


def test_withdrawing_what_has_ended_changes_nothing(parcel):
    for status in ENDED:
        row = asked(parcel, status)
        before = fresh(row)
        assert row.withdraw() is False
        assert fresh(row).__dict__.keys() == before.__dict__.keys()
        assert fresh(row).withdraw_wanted_at is None
        row.delete()


# --- calls of the desk ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "status", "is_task"),
    [
        (Out.SENT, S.SENT, False),
        (Out.ACCEPTED, S.ACCEPTED, False),
        (Out.SUCCEEDED, S.SUCCEEDED, False),
        (Out.FAILED, S.FAILED, False),
        (Out.NOTHING, S.FAILED, False),
        (Out.NO_NEWS, S.UNSUPPORTED, True),
    ],
)
def test_a_call_of_the_desk_is_noted(db, told, status, is_task):
    row = wanted(on_the_road(carrier="royal-mail"))
    row.note_call(told, "Spoke to Amy.", failure=Failure.TOO_LATE, cost=Decimal(15), currency="GBP")
    now = fresh(row)
    assert (now.status, now.words) == (status, "Spoke to Amy.")
    assert Interception.objects.to_call().exists() is is_task
    assert (now.asked_at is None) is is_task and now.called_at
    assert (now.cost, now.currency) == (15, "GBP")
    if status == S.FAILED:
        why = Failure.NO_ANSWER if told == Out.NOTHING else Failure.TOO_LATE
        assert now.failure == why


def test_an_uncertain_one_is_settled_by_a_call(parcel):
    row = asked(parcel, is_uncertain=True)
    assert list(Interception.objects.to_call()) == [row]
    assert row.note_call(Out.SENT, "They have it.") is False
    assert not fresh(row).is_uncertain and not Interception.objects.to_call().exists()


def test_a_call_counts_although_we_had_found_it_too_late_meanwhile(parcel):
    row = wanted(parcel, while_at=frozenset({Milestone.CUSTOMS}))
    work(row)
    assert standing(row) == (S.FAILED, Failure.TOO_LATE)
    assert row.note_call(Out.SENT, "The driver knows.") is True
    now = fresh(row)
    assert (now.status, now.state, now.ended_at) == (S.SENT, WorkState.DUE, None)


def test_a_request_is_handed_to_the_desk_once(parcel, news):
    row = wanted(parcel)
    assert row.hand_to_desk("The key is wrong.") is True
    assert row.hand_to_desk("The key is wrong.") is False
    now = fresh(row)
    assert (now.status, now.is_by_phone, now.words) == (S.UNSUPPORTED, True, "The key is wrong.")
    assert news == [S.UNSUPPORTED]


def test_one_that_was_asked_stays_asked_when_it_is_handed_to_the_desk(parcel):
    row = asked(parcel)
    assert row.hand_to_desk("They do not say.")
    assert (fresh(row).status, fresh(row).must_call) == (S.SENT, True)
    row.take(Answer(Out.ACCEPTED))
    assert not fresh(row).must_call, "they did say"


def test_an_ended_one_is_no_task(parcel):
    row = asked(parcel, S.FAILED)
    assert row.hand_to_desk("They do not say.") is False
    assert not Interception.objects.to_call().exists()


def test_what_stands_still_is_a_task_whyever_it_does(parcel):
    row = wanted(parcel)
    assert not Interception.objects.to_call().exists()
    later(row, 31 * MINUTE)
    assert Interception.objects.to_call().exists()
    row.withdraw()
    assert not Interception.objects.to_call().exists()
    row = asked(parcel)
    Interception.objects.filter(pk=row.pk).update(state=WorkState.DEAD)
    assert list(Interception.objects.to_call()) == [row]


# --- the parcel goes on meanwhile ----------------------------------------------------------


@pytest.mark.parametrize(
    ("milestone", "place", "aim", "end"),
    [
        (Milestone.DELIVERED, "Portland", Aim.REDIRECT, (S.FAILED, Failure.DELIVERED)),
        (Milestone.DELIVERED, "", Aim.REDIRECT, (S.FAILED, Failure.DELIVERED)),
        (Milestone.DELIVERED, "", Aim.RETURN, (S.FAILED, Failure.DELIVERED)),
        (Milestone.RETURNED, "", Aim.REDIRECT, (S.FAILED, Failure.WENT_BACK)),
        (Milestone.RETURNING, "", Aim.REDIRECT, (S.FAILED, Failure.WENT_BACK)),
        (Milestone.RETURNING, "", Aim.RETURN, (S.SUCCEEDED, "")),
        (Milestone.OUT_FOR_DELIVERY, "", Aim.REDIRECT, (S.FAILED, Failure.TOO_LATE)),
        (Milestone.ATTEMPTED, "", Aim.RETURN, (S.FAILED, Failure.TOO_LATE)),
    ],
)
@pytest.mark.parametrize("when", [MINUTE, -HOUR])
def test_nobody_is_asked_about_a_parcel_that_has_gone_on(parcel, milestone, place, aim, end, when):
    """It was scanned between the click and the call, or before and told between them. No
    gateway listens here: a call would leave the request open."""
    row = wanted(parcel, aim, while_at=frozenset({Milestone.IN_TRANSIT, Milestone.CUSTOMS}))
    scanned(parcel, milestone, timezone.now() + when, place)
    now = work(row)
    assert (now.status, now.failure) == end
    assert (now.asked_at, now.sent_at) == (None, None)
    assert (now.state, now.watched_until) == (WorkState.DONE, None)


def test_what_is_delivered_after_the_scans_were_read_is_seen_before_the_call(parcel, monkeypatch):
    row = wanted(parcel)
    scanned(parcel, Milestone.DELIVERED)
    monkeypatch.setattr("tracking.models.asking.Asking.scans", [])
    assert standing(work(row)) == (S.FAILED, Failure.DELIVERED)


def test_a_person_is_not_sent_to_call_about_a_parcel_that_has_gone_on(db):
    parcel = on_the_road(carrier="royal-mail")
    row = wanted(parcel, while_at=frozenset({Milestone.IN_TRANSIT}))
    assert work(row).status == S.UNSUPPORTED
    scanned(parcel, Milestone.OUT_FOR_DELIVERY)
    assert fresh(row).due_at <= timezone.now(), "stirred"
    assert work(row).failure == Failure.TOO_LATE


def test_at_any_milestone_when_none_is_named(parcel):
    row = wanted(parcel)
    scanned(parcel, Milestone.OUT_FOR_DELIVERY)
    assert work(row).status == S.REQUESTED, "asked, and not reached"


def test_a_parcel_that_goes_with_another_carrier_is_not_asked_of_this_one(parcel):
    row = wanted(parcel)
    type(parcel).objects.filter(pk=parcel.pk).update(carrier="usps")
    now = work(row)
    assert (now.status, now.asked_at) == (S.UNSUPPORTED, None)


def test_a_gateway_that_was_switched_off_is_not_asked(parcel):
    row, other = wanted(parcel), asked(on_the_road("1Z999AA10123456785"))
    GatewayAccount.objects.update(is_active=False)
    assert work(row).status == S.UNSUPPORTED
    assert work(other).must_call
    row = wanted(on_the_road("1Z999AA10123456786"))
    GatewayAccount.objects.all().delete()
    assert work(row).status == S.UNSUPPORTED


def test_somebody_elses_interception_is_no_answer_to_a_request_not_made_yet(parcel):
    row = wanted(parcel, now=timezone.now() - HOUR, requested_at=timezone.now() - HOUR)
    assert not row.take_proof(Proof(S.ACCEPTED, timezone.now()))
    assert fresh(row).status == S.REQUESTED


# --- looking again -------------------------------------------------------------------------


def test_it_is_looked_at_less_and_less_often():
    ages = [MINUTE, HOUR, 3 * HOUR, 47 * HOUR, 3 * DAY, 40 * DAY]
    waits = [next_look(age) for age in ages]
    assert waits == sorted(waits) and waits[0] == 5 * MINUTE and waits[-1] == 3 * HOUR


def test_who_says_nothing_for_a_day_is_called_and_once_more_after_another(db):
    parcel = on_the_road(carrier="royal-mail")
    row = wanted(parcel)
    row.note_call(Out.SENT, "They try.")
    assert not work(row).must_call
    later(row, 25 * HOUR)
    assert work(row).must_call
    row.note_call(Out.SENT, "They still try.")
    assert not work(row).must_call
    later(row, 25 * HOUR)
    assert work(row).must_call


def test_what_everybody_forgot_ends_and_the_parcel_can_be_asked_about_again(parcel):
    row = asked(parcel, gateway=None)
    later(row, GIVEN_UP_AFTER)
    now = work(row)
    assert (now.status, now.failure, now.is_guess) == (S.FAILED, Failure.NO_ANSWER, True)
    assert (now.state, now.watched_until) == (WorkState.DONE, None)
    assert wanted(parcel).is_open


def test_an_ended_one_is_watched_until_the_parcels_road_is_over(parcel):
    row = asked(parcel, S.FAILED, ended_at=timezone.now(), gateway=None)
    now = work(row)
    assert now.state == WorkState.DUE and now.watched_until
    assert now.due_at > timezone.now() + AFTER_END - MINUTE
    scanned(parcel, Milestone.DELIVERED, place="Portland")
    now = work(row)
    assert now.watched_until - timezone.now() < LINGER + MINUTE
    later(row, LINGER + HOUR)
    type(parcel).objects.update(ended_at=timezone.now() - LINGER - MINUTE)
    now = work(row)
    assert (now.state, now.watched_until) == (WorkState.DONE, None)


def test_a_proven_success_is_not_looked_at_any_more(parcel):
    row = asked(parcel)
    scanned(parcel, Milestone.DELIVERED, place="Austin")
    now = work(row)
    assert (now.status, now.state, now.watched_until) == (S.SUCCEEDED, WorkState.DONE, None)


def test_what_the_carrier_called_done_is_corrected_by_a_delivery_to_the_old_town(parcel):
    row = asked(parcel)
    row.take(Answer(Out.SUCCEEDED))
    assert work(row).state == WorkState.DUE
    scanned(parcel, Milestone.DELIVERED, place="Portland")
    assert standing(work(row)) == (S.FAILED, Failure.DELIVERED)


def test_what_moves_while_a_worker_is_at_it_is_looked_at_once_more(parcel):
    row = asked(parcel, gateway=None)
    mine = claimed(row)
    Interception.objects.filter(pk=row.pk).stir(timezone.now() + timedelta(seconds=1))
    mine.proceed()
    assert fresh(row).due_at < timezone.now() + 2 * timedelta(seconds=1)
    assert work(row).due_at > timezone.now() + MINUTE


def test_a_worker_that_lost_its_lease_settles_nothing(parcel):
    row = asked(parcel, gateway=None)
    slow = claimed(row)
    Interception.objects.filter(pk=row.pk).update(lease_until=timezone.now() - MINUTE)
    (quick,) = Interception.objects.claim(1)
    slow.take(Answer(Out.ACCEPTED))
    slow.proceed()
    now = fresh(row)
    assert (now.state, now.lease_owner) == (WorkState.CLAIMED, quick.lease_owner)
    assert now.status == S.ACCEPTED, "what it heard counts all the same"


def test_a_request_keeps_what_was_wanted(parcel):
    row = wanted(parcel, reason="address", order_number="JP-20418")
    task = row.task
    assert (task.before, task.after, task.order) == (OLD, NEW, "JP-20418")
    assert (task.key, task.carrier, task.reason) == (row.key.hex, "ups", "address")
    row = fresh(row)
    assert Address.from_json(row.after) == NEW and row.parcel_milestone == Milestone.IN_TRANSIT
