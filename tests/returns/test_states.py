"""The states of a return: the table, and every verb against every state."""

from datetime import timedelta

import pytest
from django.utils import timezone

from returns import states
from returns.models import (
    BUYER,
    CLOCK,
    Actor,
    Event,
    Notice,
    Promise,
    ReturnAuthorization,
    ReturnLine,
)
from returns.models.event import ActorKind
from returns.states import IllegalTransition, Status, check
from tests.people import ask_to_return, open_store, place_order

DESK = Actor(ActorKind.STAFF)

# As in the architecture: who may follow whom. Nothing else may.
ARROWS = """
requested → info_requested approved declined cancelled
info_requested → requested approved declined cancelled
approved → in_transit received resolved cancelled expired lost
in_transit → approved received resolved cancelled lost
received → in_transit inspected
inspected → resolved
resolved → closed inspected approved
closed → inspected approved
declined → requested received
cancelled → received
expired → approved received
lost → received resolved
"""
ALLOWED = {
    (old, new)
    for old, _, targets in (line.partition(" →") for line in ARROWS.strip().splitlines())
    for new in targets.split()
}


@pytest.mark.parametrize("old", Status)
@pytest.mark.parametrize("new", Status)
def test_case_31_every_pair_of_states_is_allowed_or_refused_as_drawn(old, new):
    if (old, new) in ALLOWED:
        check(old, new)
        return
    with pytest.raises(IllegalTransition) as refused:
        check(old, new)
    assert (refused.value.old, refused.value.new) == (old, new)


def test_every_state_is_in_exactly_one_group():
    groups = [states.UNDECIDED, states.RUNNING, states.SETTLED, states.FREED, {Status.LOST}]
    assert sorted(state for group in groups for state in group) == sorted(Status)


def test_what_arrives_late_after_an_end_can_still_be_received():
    for ended in (Status.DECLINED, Status.CANCELLED, Status.EXPIRED, Status.LOST):
        check(ended, Status.RECEIVED)


# verb → (how it is called, the states it starts from)
VERBS = {
    "approve": (lambda rma: rma.approve(by=DESK), states.UNDECIDED),
    "ask": (lambda rma: rma.ask("Which size?", by=DESK), {Status.REQUESTED}),
    "give_answer": (lambda rma: rma.give_answer("M", by=BUYER), {Status.INFO_REQUESTED}),
    "decline": (lambda rma: rma.decline("used", by=DESK), states.UNDECIDED),
    "look_again": (lambda rma: rma.look_again("It was not.", by=BUYER), {Status.DECLINED}),
    "cancel, as the buyer": (
        lambda rma: rma.cancel(by=BUYER),
        {Status.REQUESTED, Status.INFO_REQUESTED, Status.APPROVED},
    ),
    "cancel, as the desk": (
        lambda rma: rma.cancel(by=DESK),
        {Status.REQUESTED, Status.INFO_REQUESTED, Status.APPROVED, Status.IN_TRANSIT},
    ),
    "remind": (lambda rma: rma.remind(by=CLOCK), {Status.APPROVED}),
    "expire": (
        lambda rma: rma.expire(by=CLOCK, now=timezone.now() + timedelta(days=400)),
        {Status.APPROVED},
    ),
    "extend": (
        lambda rma: rma.extend(timezone.now() + timedelta(days=9), by=DESK),
        {Status.EXPIRED},
    ),
    "note_posted": (lambda rma: rma.note_posted(by=DESK), {Status.APPROVED}),
    "put_right": (lambda rma: rma.put_right(by=DESK), {Status.APPROVED}),
}


def everything() -> dict[str, list]:
    """All that a verb could have written."""
    models = (ReturnAuthorization, ReturnLine, Event, Notice, Promise)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def in_memory(rma: ReturnAuthorization) -> dict:
    return {field.attname: getattr(rma, field.attname) for field in rma._meta.fields}


@pytest.fixture
def returned():
    """A return that was brought into `status`, with everything that its verbs look at."""

    def make(status: str, **values) -> ReturnAuthorization:
        store = open_store(policy={"automatic_up_to": None})
        rma = ask_to_return(place_order(store))
        soon = timezone.now() + timedelta(days=5)
        ReturnAuthorization.objects.filter(pk=rma.pk).update(
            status=status, post_by=soon, remind_at=soon, **values
        )
        return ReturnAuthorization.objects.get(pk=rma.pk)

    return make


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("verb", VERBS)
def test_case_32_a_verb_works_from_its_states_only_and_a_refused_one_writes_nothing(
    db, returned, verb, status
):
    call, starts = VERBS[verb]
    more = {"put_right": {"keeps_goods": True}, "expire": {"reminded_at": timezone.now()}}
    rma = returned(status, **more.get(verb, {}))
    if status in starts:
        call(rma)
        assert Event.objects.filter(authorization=rma).count() == 2
        rma.refresh_from_db()
        if verb != "remind":
            assert rma.status != status
        return
    written, before = everything(), in_memory(rma)
    with pytest.raises(IllegalTransition):
        call(rma)
    assert everything() == written
    assert in_memory(rma) == before


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("approve", "decline"),
        ("decline", "approve"),
        ("approve", "approve"),
        ("cancel, as the buyer", "approve"),
        ("approve", "ask"),
        ("ask", "decline"),
    ],
)
def test_of_two_people_who_read_the_same_the_first_to_write_wins(db, returned, first, second):
    fast = returned(Status.REQUESTED)
    slow = ReturnAuthorization.objects.get(pk=fast.pk)
    VERBS[first][0](fast)
    written, before = everything(), in_memory(slow)
    with pytest.raises(IllegalTransition):
        VERBS[second][0](slow)
    assert everything() == written
    assert in_memory(slow) == before


def test_case_71_when_a_verb_fails_half_way_nothing_has_happened(db, returned, monkeypatch):
    rma = returned(Status.REQUESTED)
    written, before = everything(), in_memory(rma)

    def fail(*args, **kwargs):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("returns.models.notice.NoticeQuerySet.write", fail)
    with pytest.raises(RuntimeError):
        rma.approve(by=DESK)
    assert everything() == written
    assert in_memory(rma) == before


def test_every_state_has_words():
    from returns.texts import STATUS

    assert set(STATUS) == set(Status)
