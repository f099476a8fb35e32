"""A week of two shops with five hundred parcels, and what may be said of it at its end.

Buyers live in five zones and read two languages; some want SMS, some have ordered twice.
The week has a weekend and a holiday at either end, parcels go wrong in every way that the
watch knows, returns come back, buyers write, the desk answers most of them, takes some
drafts in hand, and the mail server is away for forty minutes.
"""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db.models import Q

from returns.models import Case, Channel, Notice, NoticeEvent, NoticeKind, Promise, PromiseState
from returns.models.contact_point import BETWEEN
from returns.models.notice import What
from returns.models.promise import GRACE, WRITTEN_BY_THE_CLOCK
from returns.urgency import leaves_at_once
from tests.returns.week import ENDS, MINUTE, a_week, was_away
from tracking.incidents import IncidentKind
from tracking.models import Incident
from tracking.work import WorkState

HOLD, GATHER = timedelta(minutes=60), timedelta(minutes=5)
# A letter that is asked for again later is tried again within a minute or two.
SLACK = timedelta(minutes=8)


@pytest.mark.django_db
def test_in_a_week_nobody_is_left_waiting_and_nobody_is_bothered(settings, caplog, record_property):
    begun = time.process_time()
    with a_week(settings) as week:
        week.run()
        record_property("seconds of work", round(time.process_time() - begun))
        for name, value in figures(week).items():
            record_property(name, value)
        found = {
            "every trouble was told in time": list(troubles_not_told()),
            "every promise was kept, or its breach was told": list(promises_passed_over()),
            "one message an hour, and none at night": list(disturbed()),
            "whoever waits sees one promise": week.wrong,
            "every case is somebody's": list(map(str, Case.objects.filter(owner=None))),
            "nothing was told twice": [*told_twice(), *sent_twice(week)],
            "every message came to an end": list(loose_ends()),
            "nothing went wrong inside": [
                record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR
            ],
            "the week was as hard as it should be": list(too_easy(week)),
        }
    wrong = {what: (len(cases), cases[:8]) for what, cases in found.items() if cases}
    assert not wrong, "\n".join(f"NOT SO: {what}: {cases}" for what, cases in wrong.items())


# --- a. every trouble is told -------------------------------------------------------------------


def troubles_not_told() -> Iterator[str]:
    for event in trouble_events():
        notice = at_last(event.notice)
        if notice.state == WorkState.DROPPED:
            # By a person, or because it was over before anybody had to read it.
            over = event.case.closed_at or event.case.cleared_at
            if not notice.edited_by_id and not (over and over <= notice.done_at):
                yield f"{event.case}: dropped ({notice.last_error}) while it lasted"
        elif (notice.done_at or ENDS) > latest(event):
            yield f"{event.case}: found {event.at}, told {notice.done_at}, not {latest(event)}"
    for incident in Incident.objects.select_related("parcel"):
        if not Case.objects.filter(parcel=incident.parcel, kind=incident.kind).exists():
            yield f"{incident} of {incident.parcel} was never taken up"
    for case in Case.objects.open().filter(news=None):
        yield f"{case}: open since {case.opened_at}, and nothing was written"


def trouble_events() -> list[NoticeEvent]:
    news = NoticeEvent.objects.filter(what=What.TROUBLE, notice__falls_back_from=None)
    return list(news.select_related("case", "notice__order__store"))


def at_last(notice: Notice) -> Notice:
    """What went by email in its place, where it did not arrive over its own channel."""
    return Notice.objects.filter(falls_back_from=notice).first() or notice


def latest(event: NoticeEvent) -> datetime:
    """Until when its buyer may wait for it: for a person to read it, for more of its kind,
    for the morning, and for the hour since the last message."""
    quiet = event.notice.order.quiet
    moment = event.at + HOLD + GATHER + SLACK
    moment = quiet.until(moment) or moment
    others = Notice.objects.filter(order__email=event.notice.order.email)
    moment += BETWEEN * min(others.values("order").distinct().count(), 2) + SLACK
    moment = (quiet.until(moment) or moment) + SLACK
    return moment + timedelta(minutes=90) if was_away(moment) else moment


# --- b. promises --------------------------------------------------------------------------------


def promises_passed_over() -> Iterator[str]:
    for promise in Promise.objects.filter(due_at__lt=ENDS - GRACE - SLACK).select_related("order"):
        last = promise.due_at + GRACE
        told_by = last + (timedelta(minutes=100) if was_away(last) else SLACK)
        name = f"{promise} of {promise.order}"
        match promise.state:
            case PromiseState.OPEN:
                yield f"{name} is open"
            case PromiseState.BROKEN:
                honest = honest_words(promise)
                if honest is None:
                    yield f"{name} was broken at {promise.settled_at}, and nobody said so"
                elif honest.state != WorkState.DONE or honest.done_at > told_by:
                    yield f"{name}: its late message is {honest.state} {honest.done_at}"
                if promise.kind in WRITTEN_BY_THE_CLOCK and not was_dropped(promise):
                    yield f"{name} was broken by ourselves at {promise.settled_at}"
                if not Promise.objects.filter(follows=promise).exists():
                    yield f"{name} was broken at {promise.settled_at} and has no successor"
            case _ if promise.settled_at > last + MINUTE:
                yield f"{name}: {promise.state} only {promise.settled_at}"


def was_dropped(promise: Promise) -> bool:
    """A person threw the letter away that would have kept it."""
    letters = Notice.objects.filter(keeps=promise, state=WorkState.DROPPED)
    return letters.exclude(edited_by=None).exists()


def honest_words(promise: Promise) -> Notice | None:
    """The message that says that we are late, or the letter itself, with an apology in it."""
    about = Q(kind=NoticeKind.PROMISE_LATE, dedupe_key__startswith=f"promise-{promise.pk}:")
    late = Notice.objects.filter(about | Q(keeps=promise)).exclude(state=WorkState.DROPPED)
    notice = late.order_by("pk").last()
    return notice and at_last(notice)


# --- c. nobody is bothered ----------------------------------------------------------------------


def disturbed() -> Iterator[str]:
    last: dict[tuple[int, str], Notice] = {}
    for notice in routine():
        order = notice.order
        if order.quiet.until(notice.done_at):
            yield f"{notice} ({notice.pk}) left at night, {notice.done_at} for {order.where}"
        person = (order.store_id, order.email)
        before = last.get(person)
        # Our word comes before the pause.
        hurry = notice.keeps and notice.keeps.is_late(notice.done_at + BETWEEN)
        if before and notice.done_at - before.done_at < BETWEEN and not hurry:
            yield f"{notice} ({notice.pk}) {notice.done_at}: after {before} {before.done_at}"
        last[person] = notice


def routine() -> list[Notice]:
    """What nobody had asked for, in the order in which it left."""
    by_hand = Q(sent_by__isnull=False, held_until=None)
    sent = Notice.objects.filter(state=WorkState.DONE).exclude(by_hand)
    rows = sent.select_related("order__store", "keeps").order_by("done_at", "pk")
    return [row for row in rows if not leaves_at_once(row.kind)]


# --- e. once, and to the end --------------------------------------------------------------------


def told_twice() -> Iterator[str]:
    told: Counter[tuple[str, str]] = Counter()
    for event in NoticeEvent.objects.filter(notice__state=WorkState.DONE).select_related(
        "notice__order"
    ):
        about = f"{event.what} {event.case_id or event.shipment_id} {event.at}"
        told[event.notice.order.email, about] += 1
    yield from (
        f"{about} was told {times} times" for (_, about), times in told.items() if times > 1
    )


def sent_twice(week) -> Iterator[str]:
    counted = Counter(week.server.message_ids)
    yield from (f"{name} came {times} times" for name, times in counted.items() if times > 1)


def loose_ends() -> Iterator[str]:
    for notice in Notice.objects.exclude(state=WorkState.DONE).select_related("order__store"):
        match notice.state:
            case WorkState.DROPPED if notice.last_error:
                continue
            case WorkState.DUE if notice.due_at >= ENDS - MINUTE:
                continue
            case WorkState.DEAD if notice.channel != Channel.EMAIL and at_last(notice) != notice:
                continue
        yield f"{notice} ({notice.pk}) is {notice.state} since {notice.due_at}"


# --- what the week was like ---------------------------------------------------------------------


def too_easy(week) -> Iterator[str]:
    """What did not happen proves nothing."""
    missing = set(IncidentKind) - set(Case.objects.values_list("kind", flat=True))
    yield from (f"no parcel was {kind}" for kind in missing)
    if Case.objects.count() < 40 or not Case.objects.filter(kind="came_back").exists():
        yield f"only {Case.objects.count()} cases"
    if set(week.hand.values()) != {"sent", "edited", "dropped"}:
        yield f"the desk only {set(week.hand.values())}"
    unsent = set(NoticeKind) - set(Notice.objects.values_list("kind", flat=True))
    yield from (f"no {kind} was written" for kind in unsent & EXPECTED)
    for state in (PromiseState.KEPT, PromiseState.BROKEN):
        if not Promise.objects.filter(state=state).exists():
            yield f"no promise was {state}"
    if not Notice.objects.filter(channel=Channel.SMS, state=WorkState.DONE).exists():
        yield "no SMS was sent"
    if not Notice.objects.exclude(falls_back_from=None).exists():
        yield "nothing fell back to email"


EXPECTED = frozenset(
    {
        NoticeKind.ORDER_NEWS,
        NoticeKind.ORDER_UPDATE,
        NoticeKind.RETURN_NEWS,
        NoticeKind.PROMISE_LATE,
        NoticeKind.MESSAGE_RECEIVED,
        NoticeKind.MESSAGE_ANSWER,
        NoticeKind.QUESTION_REMINDER,
        NoticeKind.RETURN_REMINDER,
    }
)


def figures(week) -> dict[str, object]:
    sent = Notice.objects.filter(state=WorkState.DONE)
    promises = Counter(Promise.objects.values_list("kind", "state"))
    kept: dict[str, Counter] = defaultdict(Counter)
    for (kind, state), many in promises.items():
        kept[kind][state] = many
    waits = [
        notice.done_at - event.at
        for event in trouble_events()
        if (notice := at_last(event.notice)).state == WorkState.DONE
    ]
    return {
        "rounds of the workers": week.rounds,
        "sent by kind": dict(Counter(sent.values_list("kind", flat=True))),
        "sent by channel": dict(Counter(sent.values_list("channel", flat=True))),
        "dropped": dict(
            Counter(
                Notice.objects.filter(state=WorkState.DROPPED).values_list("kind", "last_error")
            )
        ),
        "promises": {kind: dict(states) for kind, states in kept.items()},
        "cases": dict(Counter(Case.objects.values_list("kind", flat=True))),
        "longest wait from trouble to message": str(max(waits, default=None)),
        "mails that came more than once": len(list(sent_twice(week))),
        "drafts in hand": dict(Counter(week.hand.values())),
    }
