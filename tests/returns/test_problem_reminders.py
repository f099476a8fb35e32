"""What cannot be told yet: a letter when it can, once, and not when it has been told or is over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from returns import tasks
from returns.codes import ProblemKind
from returns.models import BUYER, Notice, NoticeKind, Order, ProblemReminder
from tests.post_office import send_due
from tests.returns.searched import delivered, missed, seen
from tests.returns.troubled import on_its_way
from tracking.milestones import Milestone

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def remind(order: Order, kind: str = ProblemKind.LATE, hours: float = 5) -> ProblemReminder:
    at = timezone.now() + hours * HOUR
    return order.remind_of_problem(kind, order.shipments.get(), at, by=BUYER)


def come_due(order: Order) -> None:
    ProblemReminder.objects.update(remind_at=timezone.now() - HOUR)
    tasks.follow_cases()


def letters() -> int:
    return Notice.objects.filter(kind=NoticeKind.PROBLEM_REMINDER).count()


def test_nothing_is_written_before_its_hour(store):
    remind(on_its_way(store))
    tasks.follow_cases()
    assert not letters()


def test_in_its_hour_one_letter_leads_to_where_it_can_be_told(store):
    order = on_its_way(store)
    remind(order)
    for _ in range(3):
        come_due(order)
    send_due(timezone.now())
    letter = Notice.objects.get(kind=NoticeKind.PROBLEM_REMINDER)
    assert "Has your parcel come? If not, you can tell us now." in letter.text.replace("\n", " ")
    assert "/k/" in letter.text


def test_asked_for_twice_it_is_one_reminder_at_the_later_hour(store):
    order = on_its_way(store)
    first = remind(order)
    again = remind(order, hours=9)
    assert first == again and again.remind_at > first.remind_at
    earlier = remind(order, hours=1)
    assert earlier.remind_at == again.remind_at, "what was said stands"


def test_each_kind_and_parcel_has_its_own(store):
    order = on_its_way(store)
    remind(order)
    remind(order, ProblemKind.CUSTOMS)
    order.remind_of_problem(ProblemKind.LATE, None, timezone.now() + HOUR, by=BUYER)
    order.remind_of_problem(ProblemKind.LATE, None, timezone.now() + HOUR, by=BUYER)
    assert ProblemReminder.objects.count() == 3


def test_who_has_told_it_in_the_meantime_is_not_reminded(store):
    order = delivered(store)
    remind(order, ProblemKind.NOT_HERE)
    missed(order)
    come_due(order)
    assert not letters() and ProblemReminder.objects.get().done_at


@pytest.mark.parametrize(
    ("kind", "milestone"),
    [(ProblemKind.LATE, Milestone.DELIVERED), (ProblemKind.NOT_HERE, Milestone.RETURNING)],
)
def test_what_is_over_is_not_reminded_of(store, kind, milestone):
    order = on_its_way(store)
    remind(order, kind)
    seen(order, milestone)
    come_due(order)
    assert not letters()


def test_of_a_cancelled_order_nobody_is_reminded(store):
    order = on_its_way(store)
    remind(order)
    Order.objects.update(cancelled_at=timezone.now())
    come_due(order)
    assert not letters()


def test_told_after_the_letter_was_written_it_does_not_leave(store):
    order = delivered(store)
    remind(order, ProblemKind.NOT_HERE)
    come_due(order)
    missed(order)
    send_due(timezone.now())
    assert Notice.objects.get(kind=NoticeKind.PROBLEM_REMINDER).text == ""


def test_a_parcel_of_another_order_is_refused(store):
    other = delivered(store, "JP-30888", email="bob@example.com")
    with pytest.raises(ValueError, match="another order"):
        delivered(store).remind_of_problem(
            ProblemKind.LATE, other.shipments.get(), timezone.now(), by=BUYER
        )


def test_one_that_fails_does_not_hold_up_the_others(store, monkeypatch, caplog):
    first = on_its_way(store, "JP-1", email="a@example.com")
    second = on_its_way(store, "JP-2", email="b@example.com")
    for order in (first, second):
        remind(order)
    locked = Order.locked

    def fail(self):
        if self.pk == first.pk:
            raise RuntimeError("out of order")
        return locked(self)

    monkeypatch.setattr(Order, "locked", fail)
    come_due(first)
    assert Notice.objects.get().order == second
    monkeypatch.undo()
    tasks.follow_cases()
    assert letters() == 2
