"""What was paid and not sent has its hour: we send it, or write why not."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from returns import formats
from returns.models import (
    Notice,
    NoticeKind,
    Order,
    Promise,
    PromiseKind,
    PromiseState,
)
from returns.models.outstanding import SENT_WITHIN
from returns.models.promise import GRACE
from returns.sources import FulfilmentData, LineData
from tests.people import open_store
from tests.post_office import send_due
from tests.returns.test_import_orders import newer, told

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOW = timezone.now().replace(microsecond=0)
SHIRTS = LineData(source_id="1", title="Linen shirt", quantity=2, unit_price=Decimal("68.00"))
VOUCHER = replace(SHIRTS, title="Voucher", needs_shipping=False)


def unsent(**values):
    """Paid an hour ago, and nothing of it has left."""
    lately = {"placed_at": NOW - HOUR, "paid_at": NOW - HOUR, "version": NOW - HOUR}
    return told(fulfilments=(), **(lately | values))


def sent(data, quantity: int = 2, key: str = "f1", at=None, **values):
    """The shop tells that so many have left."""
    part = FulfilmentData(
        source_id=key,
        shipped_at=at or NOW,
        lines=(("1", quantity),),
        carrier="gls",
        numbers=(f"GLS{key}",),
    )
    return newer(data, fulfilments=(*(data.fulfilments or ()), part), **values)


def take_in(store, data, now=None) -> Order:
    Order.objects.take_in(store, data, now=now)
    return Order.objects.get(number=data.number)


def dispatch() -> Promise:
    return Promise.objects.get(kind=PromiseKind.DISPATCH)


def open_ones() -> list[Promise]:
    return list(Promise.objects.open().filter(kind=PromiseKind.DISPATCH))


# --- made -------------------------------------------------------------------------------------


def test_a_paid_order_is_promised_within_the_days_of_its_store(store):
    order = take_in(store, unsent())
    due = dispatch().due_at
    assert due == order.dispatch_due(order.paid_at)
    assert due == store.calendar.close_of_working_day(order.paid_at, store.dispatch_days)
    assert not Notice.objects.exists(), "the page tells it"


def test_many_at_once_are_promised_as_well(store):
    data = [unsent(source_id=f"{n}", number=f"JP-{n}") for n in range(3)]
    list(Order.objects.take_in_all(store, data))
    assert len(open_ones()) == 3


@pytest.mark.parametrize(
    "values",
    [
        {"paid_at": None},
        {"cancelled_at": NOW},
        {"lines": (VOUCHER,)},
        {"lines": (replace(SHIRTS, cancelled=2),)},
        {"placed_at": NOW - SENT_WITHIN - DAY, "paid_at": NOW - SENT_WITHIN - DAY},
    ],
    ids=["unpaid", "cancelled", "nothing to send", "taken out", "of long ago"],
)
def test_what_is_not_to_be_sent_is_not_promised(store, values):
    take_in(store, unsent(**values))
    assert not Promise.objects.exists()


def test_what_was_sent_already_is_not_promised(store):
    take_in(store, told())
    assert open_ones() == []


def test_paid_later_it_is_promised_from_then_on(store):
    data = unsent(paid_at=None, placed_at=NOW - 3 * DAY)
    take_in(store, data)
    order = take_in(store, newer(data, paid_at=NOW))
    assert dispatch().due_at == order.dispatch_due(NOW)


def test_what_comes_to_us_after_its_hour_is_not_promised(store):
    """A backlog: its hour was not ours, and a new one would be said to nobody's knowledge."""
    take_in(store, unsent(placed_at=NOW - 20 * DAY, paid_at=NOW - 20 * DAY), NOW)
    assert not Promise.objects.exists()


def test_its_hour_is_one_at_which_the_buyer_is_awake():
    store = open_store(quiet_from="15:00", quiet_until="08:00")
    store.refresh_from_db()
    order = take_in(store, unsent())
    assert order.quiet.until(dispatch().due_at) is None


def test_told_once_more_the_hour_stays(store):
    data = unsent()
    take_in(store, data)
    before = dispatch()
    take_in(store, newer(data, tags="gift"), NOW + DAY)
    assert open_ones() == [before] and dispatch().due_at == before.due_at


# --- kept, broken, let go ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "state"),
    [(-HOUR, PromiseState.KEPT), (GRACE, PromiseState.KEPT), (HOUR, PromiseState.BROKEN)],
)
def test_sent_in_time_it_is_kept_and_sent_too_late_it_is_not(store, after, state):
    data = unsent()
    take_in(store, data)
    now = dispatch().due_at + after
    take_in(store, sent(data, at=now), now)
    assert dispatch().state == state


def test_the_rest_of_an_order_has_an_hour_of_its_own(store):
    data = unsent()
    take_in(store, data, NOW - HOUR)
    first = dispatch()
    part = sent(data, 1, at=NOW)
    take_in(store, part, NOW)
    first.refresh_from_db()
    [rest] = open_ones()
    assert first.state == PromiseState.KEPT and rest != first
    last = sent(part, 1, "f2", at=NOW + HOUR, version=NOW + DAY)
    take_in(store, last, NOW + HOUR)
    rest.refresh_from_db()
    assert rest.state == PromiseState.KEPT and open_ones() == []


def test_cancelled_it_is_let_go(store):
    data = unsent()
    take_in(store, data)
    take_in(store, newer(data, cancelled_at=NOW))
    assert dispatch().state == PromiseState.SUPERSEDED


def test_taken_out_of_the_order_it_is_let_go(store):
    data = unsent()
    take_in(store, data)
    take_in(store, newer(data, lines=(replace(SHIRTS, cancelled=2),)))
    assert dispatch().state == PromiseState.SUPERSEDED


# --- missed -----------------------------------------------------------------------------------


def test_missed_it_is_said_at_once_with_a_new_hour(store):
    take_in(store, unsent())
    first = dispatch()
    now = first.due_at + GRACE + timedelta(seconds=1)
    Promise.objects.come_due(now)
    first.refresh_from_db()
    [second] = open_ones()
    assert (first.state, second.follows) == (PromiseState.BROKEN, first)
    assert second.due_at == store.calendar.close_of_working_day(now, store.dispatch_days)
    [late] = send_due(now)
    assert (late.kind, late.state) == (NoticeKind.PROMISE_LATE, "done")
    with translation.override("en"), timezone.override("Europe/London"):
        assert formats.moment(second.due_at) in late.text


def test_missed_and_sent_the_second_promise_is_kept_and_the_first_stays_broken(store):
    data = unsent()
    take_in(store, data)
    first = dispatch()
    now = first.due_at + HOUR
    Promise.objects.come_due(now)
    take_in(store, sent(data, at=now + HOUR), now + HOUR)
    states = Promise.objects.filter(kind=PromiseKind.DISPATCH).order_by("pk")
    assert [row.state for row in states] == [PromiseState.BROKEN, PromiseState.KEPT]


def test_sent_before_the_apology_has_left_nobody_reads_it(store):
    data = unsent()
    take_in(store, data)
    now = dispatch().due_at + HOUR
    Promise.objects.come_due(now)
    take_in(store, sent(data, at=now), now)
    kinds = {notice.kind: notice.state for notice in send_due(now + HOUR)}
    assert kinds[NoticeKind.PROMISE_LATE] == "dropped"
