"""Several changes within minutes are one message; each is told once, and only while true."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as house
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from returns import channels, letters
from returns.models import CLOCK, Case, Notice, NoticeKind, Promise
from returns.models.contact_point import BETWEEN
from returns.models.notice import NoticeEvent, What
from returns.quiet import LEAD
from tests.people import open_store
from tests.portal.on_the_way import the_parcel
from tests.post_office import send_due
from tests.returns.troubled import make_due, on_its_way, over, states, trouble, worse
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.models import Incident, Parcel, ScanReport
from tracking.work import WorkState

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
GATHER, HOLD = 5, 60
KINDS = (IncidentKind.DAMAGED, IncidentKind.WRONG_WAY, IncidentKind.CUSTOMS_HOLD)


@pytest.fixture
def store(db):
    return open_store(gather_minutes=GATHER)


@pytest.fixture
def holding(store):
    """A store that wants to read what it says about troubles."""
    store.hold_minutes = HOLD
    store.save()
    return store


def minutes(count: float) -> datetime:
    return timezone.now() + count * MINUTE


def arrive(order, now: datetime) -> None:
    the_parcel(order).record([ScanReport(at=now, milestone=Milestone.DELIVERED)], now)


def told_in(notice: Notice) -> list[str]:
    return list(notice.news.values_list("what", flat=True))


# --- one message ------------------------------------------------------------------------------


def test_what_happens_within_minutes_is_one_message(store):
    order = on_its_way(store)
    start = timezone.now()
    for at, kind in enumerate(KINDS):
        trouble(order, kind, start + at * MINUTE)
    [notice] = Notice.objects.all()
    assert told_in(notice) == [What.TROUBLE] * 3
    assert not send_due(start + (GATHER - 1) * MINUTE)
    [sent] = send_due(start + GATHER * MINUTE)
    assert sent.state == WorkState.DONE


def test_news_that_keeps_coming_puts_the_message_off_no_further(store):
    order = on_its_way(store)
    start = timezone.now()
    trouble(order, KINDS[0], start)
    trouble(order, KINDS[1], start + 4 * MINUTE)
    assert Notice.objects.get().due_at == start + GATHER * MINUTE


def test_the_same_event_is_told_once(store):
    order = on_its_way(store)
    case = trouble(order)
    first = Notice.objects.get()
    values = {"event": f"case-{case.pk}-1", "what": What.TROUBLE, "case": case}
    for _ in range(2):
        again = Notice.objects.gather(order, NoticeKind.ORDER_NEWS, **values)
        assert again == first
        make_due()
        send_due(timezone.now())
    assert NoticeEvent.objects.count() == Notice.objects.count() == 1


def test_what_happens_after_the_letter_was_taken_in_hand_begins_a_new_one(store):
    order = on_its_way(store)
    trouble(order, KINDS[0])
    make_due()
    [claimed] = Notice.objects.claim(1)
    trouble(order, KINDS[1])
    assert Notice.objects.count() == 2
    assert told_in(claimed) == [What.TROUBLE]


def test_what_was_tried_and_did_not_leave_takes_in_nothing_more(store):
    """It may have arrived all the same, under its own id."""
    order = on_its_way(store)
    trouble(order, KINDS[0])
    make_due()
    Notice.objects.claim(1)[0].retry("421")
    trouble(order, KINDS[1])
    assert Notice.objects.count() == 2


def test_two_buyers_never_share_a_message(store):
    one = on_its_way(store, "JP-1", email="a@example.com")
    other = on_its_way(store, "JP-2", email="b@example.com")
    trouble(one), trouble(other)
    assert set(Notice.objects.values_list("recipient", flat=True)) == {
        "a@example.com",
        "b@example.com",
    }


# --- drafts -----------------------------------------------------------------------------------


def test_trouble_is_held_for_a_person_and_then_leaves_by_itself(holding):
    start = timezone.now()
    trouble(on_its_way(holding), now=start)
    [notice] = Notice.objects.all()
    assert notice.is_draft(start) and notice.held_until == start + HOLD * MINUTE
    assert not send_due(start + (HOLD - 1) * MINUTE)
    [sent] = send_due(start + HOLD * MINUTE)
    assert sent.state == WorkState.DONE


def test_a_draft_that_a_person_has_changed_takes_in_nothing(holding):
    order = on_its_way(holding)
    trouble(order, KINDS[0])
    draft = Notice.objects.get()
    assert draft.edit("About your parcel", "We have telephoned.", by=CLOCK)
    trouble(order, KINDS[1])
    assert Notice.objects.count() == 2 and told_in(draft) == [What.TROUBLE]


def test_what_is_over_before_its_draft_leaves_is_dropped_and_nothing_else_is_sent(holding):
    start = timezone.now()
    case = trouble(on_its_way(holding), now=start)
    over(case, start + 20 * MINUTE)
    sent = send_due(start + 2 * HOLD * MINUTE)
    assert [(notice.state, notice.last_error) for notice in sent] == [
        (WorkState.DROPPED, "No longer news.")
    ]
    assert Notice.objects.count() == 1


def test_good_news_of_one_trouble_does_not_send_off_the_draft_of_another(holding):
    start = timezone.now()
    order = on_its_way(holding)
    told = trouble(order, KINDS[0], start)
    send_due(start + HOLD * MINUTE)
    trouble(order, KINDS[1], start + 61 * MINUTE)
    over(told, start + 62 * MINUTE)
    draft = Notice.objects.latest("pk")
    assert draft.is_draft(start + 62 * MINUTE), "nobody has read it yet"


def test_a_delivery_releases_the_draft_and_is_told_alone(holding):
    start = timezone.now()
    order = on_its_way(holding)
    trouble(order, KINDS[0], start)
    for case in Case.objects.open():
        over(case, start + 10 * MINUTE)
    arrive(order, start + 10 * MINUTE)
    [draft] = Notice.objects.all()
    assert not draft.is_draft(start + 10 * MINUTE)
    [sent] = send_due(start + (10 + GATHER) * MINUTE)
    assert sent.state == WorkState.DONE
    assert [event.what for event in letters.truth.still_news(sent)] == [What.ARRIVED]


def test_a_letter_that_keeps_a_promise_is_not_held_beyond_it(holding):
    """News that waited for its minutes keeps the promise; then something else goes wrong."""
    start = timezone.now()
    order = on_its_way(holding)
    case = trouble(order, KINDS[0], start)
    promise = Promise.objects.open().get()
    Promise.objects.filter(pk=promise.pk).update(due_at=start + 80 * MINUTE)
    Notice.objects.update(held_until=None, due_at=start + GATHER * MINUTE)
    promise.refresh_from_db()
    promise.do("write_letter", start + MINUTE)
    assert Notice.objects.get().keeps == promise
    worse(case, start + 2 * MINUTE)
    [notice] = Notice.objects.all()
    assert len(told_in(notice)) == 2
    assert notice.held_until and notice.held_until <= promise.due_at - 30 * MINUTE
    assert LEAD > HOLD * MINUTE


def test_an_unread_draft_never_outlasts_the_wait_of_its_first_piece(holding):
    """Held, released, held again: whoever was the first does not pay for the others."""
    start = timezone.now()
    order = on_its_way(holding)
    trouble(order, KINDS[0], start)
    Notice.objects.update(held_until=None, due_at=start + 55 * MINUTE)
    trouble(order, KINDS[1], start + 54 * MINUTE)
    notice = Notice.objects.get()
    assert notice.is_draft(start + 54 * MINUTE)
    assert notice.due_at == start + (HOLD + GATHER) * MINUTE


# --- whatever happens -------------------------------------------------------------------------

ACTS = st.one_of(
    st.tuples(st.sampled_from(["open", "worse", "over"]), st.sampled_from(KINDS)),
    st.tuples(st.just("wait"), st.integers(1, 45)),
)


class Anything(TestCase):
    """Each sequence runs in a transaction of its own, from which nothing is left."""

    @house(max_examples=25)
    @given(st.lists(ACTS, min_size=2, max_size=12))
    def test_each_event_is_told_once_in_time_and_never_stale(self, acts):
        order = on_its_way(open_store(gather_minutes=GATHER, hold_minutes=HOLD))
        now = timezone.now()
        told: dict[str, datetime] = {}
        for act, what in [*acts, ("wait", HOLD + GATHER + 121)]:
            if act == "wait":
                until = now + what * MINUTE
                while now < until:
                    now += MINUTE
                    self.minute(order, now, told)
            else:
                self.change(order, act, what, now)

    def change(self, order, act: str, kind: str, now: datetime) -> None:
        case = order.cases.open().filter(kind=kind).first()
        if act == "open" and case is None:
            trouble(order, kind, now)
        elif act == "worse" and case:
            worse(case, now)
        elif act == "over" and case:
            over(case, now)

    def minute(self, order, now: datetime, told: dict[str, datetime]) -> None:
        """The worker comes; then nothing that is still wrong is untold for too long."""
        due = Notice.objects.filter(state=WorkState.DUE, due_at__lte=now)
        for notice in due.order_by("due_at", "pk"):
            true = {event.key for event in letters.truth.still_news(notice)}
            late = now - BETWEEN < max(told.values(), default=now - 2 * BETWEEN)
            [sent] = post(notice, now)
            if sent.state == WorkState.DONE:
                assert true, "nothing of it was true"
                assert not true & told.keys(), "told twice"
                told |= dict.fromkeys(true, now)
            elif sent.state == WorkState.DROPPED:
                assert not true
            else:
                assert late, "it waits for no reason"
        most = (GATHER + HOLD + 1) * MINUTE
        for event in NoticeEvent.objects.filter(
            what=What.TROUBLE, case__closed_at=None, at__lt=now - most - BETWEEN
        ):
            assert event.key in told, "nobody was told in time"


def post(notice: Notice, now: datetime) -> list[Notice]:
    """Sends this one as the worker does, at `now`."""
    Notice.objects.filter(pk=notice.pk).update(due_at=timezone.now() - MINUTE)
    [claimed] = Notice.objects.filter(pk=notice.pk).claim(1)
    with channels.opened() as through:
        claimed.deliver(through, now)
    return [Notice.objects.get(pk=notice.pk)]


def test_the_helpers_of_this_file_change_what_they_say(store):
    case = trouble(on_its_way(store), level=2)
    assert (case.level, Incident.objects.get().level) == (2, 2)
    assert Parcel.objects.count() == 1 and states() == [("email", "due")]
