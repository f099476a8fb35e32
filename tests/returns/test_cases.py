"""A trouble of an order is one case, with an owner, a promise and its news, told once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from returns import tasks
from returns.models import (
    CLOCK,
    Actor,
    Case,
    Event,
    Notice,
    Order,
    Promise,
    PromiseKind,
    PromiseState,
    Shipment,
)
from returns.models.case import NEWS_FOR, CaseKind, owner_for
from returns.models.notice import NoticeEvent, What
from tests.people import place_order, staff
from tests.portal.on_the_way import the_parcel, wrong
from tests.post_office import send_due
from tests.returns.troubled import on_its_way, over, trouble, worse
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.models import Incident, Parcel, ScanReport

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def order(store):
    return on_its_way(store)


def scan(order: Order, milestone: str, at=None) -> None:
    the_parcel(order).record([ScanReport(at=at or timezone.now(), milestone=milestone)])


def told() -> list[tuple[str, str]]:
    """(what, level) of every piece of news, the oldest first."""
    rows = NoticeEvent.objects.order_by("pk").values_list("what", "key")
    return [(what, key.split(":")[0].rpartition("-")[2]) for what, key in rows]


# --- opening ----------------------------------------------------------------------------------


def test_a_trouble_gets_a_promise_and_its_news(order):
    case = trouble(order)
    assert case.is_open and case.told_level == 1 and case.looked_at is None
    assert Promise.objects.open().get(kind=PromiseKind.UPDATE).order == order
    assert told() == [(What.TROUBLE, "1")]
    assert not Incident.objects.news().exists()


def test_a_trouble_brings_our_word_forward_and_never_puts_it_off(order):
    before = order.promise_update(by=CLOCK)
    trouble(order)  # damaged: the next working day
    sooner = Promise.objects.open().get(kind=PromiseKind.UPDATE)
    assert sooner.due_at < before.due_at
    trouble(order, IncidentKind.CUSTOMS_HOLD)  # three days are usual
    assert Promise.objects.open().get(kind=PromiseKind.UPDATE) == sooner


def test_the_same_trouble_taken_up_again_is_one_case_and_one_message(order):
    case = trouble(order)
    for _ in range(3):
        Incident.objects.filter(pk=case.incident_id).update(is_news=True)
        tasks.follow_cases()
    assert Case.objects.filter(kind=case.kind).count() == 1
    assert told() == [(What.TROUBLE, "1")]


def test_two_troubles_of_one_parcel_are_two_cases_and_one_message(store):
    store.gather_minutes = 5
    store.save()
    order = on_its_way(store)
    trouble(order)
    trouble(order, IncidentKind.WRONG_WAY)
    assert order.cases.open().count() == 2
    assert Notice.objects.count() == 1 and len(told()) == 2


def test_two_orders_in_one_parcel_have_a_case_each(order):
    other = place_order(order.store, "JP-2", shipped=False, email="bob@example.com")
    parcel = the_parcel(order)
    Shipment.objects.create(order=other, parcel=parcel, shipped_at=timezone.now())
    trouble(order)
    assert Case.objects.filter(parcel=parcel).values("order").distinct().count() == 2
    assert set(Notice.objects.values_list("order", flat=True)) == {order.pk, other.pk}


def test_what_is_worse_is_told_again_and_looked_at_again(order):
    case = trouble(order)
    case.look_at(by=Actor.staff(staff("ieva")))
    worse(case)
    case.refresh_from_db()
    assert (case.level, case.told_level, case.looked_at) == (2, 2, None)
    assert told() == [(What.TROUBLE, "1"), (What.TROUBLE, "2")]


def test_a_history_that_is_taken_in_with_old_troubles_writes_nobody(order):
    wrong(the_parcel(order), IncidentKind.DAMAGED, since=timezone.now() - 9 * DAY)
    Case.objects.follow()
    assert order.cases.open().filter(kind=IncidentKind.DAMAGED).exists()
    assert not Notice.objects.exists()
    case = order.cases.get(kind=IncidentKind.DAMAGED)
    over(case)
    assert not Notice.objects.exists(), "it is over, and nobody had heard of it"


# --- over -------------------------------------------------------------------------------------


def test_when_it_is_over_who_has_heard_of_it_hears_that(order):
    case = trouble(order)
    send_due(timezone.now())
    over(case)
    case.refresh_from_db()
    assert not case.is_open and case.close_reason == "It is over."
    assert [what for what, _ in told()] == [What.TROUBLE, What.OVER]


def test_over_and_found_before_anybody_looked_it_is_nobodys_case(order):
    row = wrong(the_parcel(order), IncidentKind.DAMAGED, since=timezone.now())
    Incident.objects.filter(pk=row.pk).update(cleared_at=timezone.now())
    Case.objects.follow()
    assert not Case.objects.filter(kind=IncidentKind.DAMAGED).exists()
    assert not Notice.objects.exists()


def test_what_comes_back_is_a_case_of_its_own_and_told_again(order):
    first = trouble(order)
    send_due(timezone.now())
    over(first)
    second = trouble(order)
    assert second != first and second.is_open
    assert [what for what, _ in told()] == [What.TROUBLE, What.OVER, What.TROUBLE]


def test_over_and_back_between_two_looks_it_is_still_looked_after(order):
    case = trouble(order)
    Incident.objects.filter(pk=case.incident_id).update(
        cleared_at=timezone.now(), updated_at=timezone.now(), is_news=True
    )
    wrong(the_parcel(order), case.kind, since=timezone.now())
    Case.objects.follow()
    assert order.cases.open().filter(kind=case.kind).count() == 1


# --- turned back ------------------------------------------------------------------------------


def test_a_parcel_that_turns_back_is_a_case_and_one_that_turns_again_is_none(order):
    scan(order, Milestone.RETURNING, timezone.now() - timedelta(hours=2))
    Case.objects.follow()
    case = order.cases.get(kind=CaseKind.CAME_BACK)
    scan(order, Milestone.DELIVERED)  # after all
    Case.objects.follow()
    case.refresh_from_db()
    assert not case.is_open


def test_a_parcel_that_turned_twice_before_anybody_looked_is_still_looked_after(order):
    now = timezone.now()
    parcel = the_parcel(order)
    shipments = list(Shipment.objects.filter(parcel=parcel))
    Case.objects.turned(parcel, shipments, now)
    Case.objects.turned_again(parcel, now)
    Case.objects.turned(parcel, shipments, now)
    Case.objects.follow()
    assert order.cases.get(kind=CaseKind.CAME_BACK).is_open


# --- the owner --------------------------------------------------------------------------------


def test_the_store_says_who_looks_after_it(order):
    owner = staff("ieva")
    type(order.store).objects.update(case_owner=owner)
    assert trouble(order).owner == owner


def test_else_it_is_whoever_may_and_has_the_fewest(store):
    busy, free = (staff(name, "care_for_case") for name in ("ieva", "tomas"))
    staff("nobody")
    first = trouble(on_its_way(store, "JP-1", email="a@example.com"))
    second = trouble(on_its_way(store, "JP-2", email="b@example.com"))
    assert {first.owner, second.owner} == {busy, free}
    assert owner_for(store) in {busy, free}


def test_who_has_left_the_house_gets_none(store):
    gone = staff("gone", "care_for_case", is_active=False)
    type(store).objects.update(case_owner=gone)
    case = trouble(on_its_way(type(store).objects.get()))
    assert case.owner is None and case.is_open


def test_a_case_that_was_given_to_somebody_stays_with_them(order):
    other = staff("tomas")
    case = trouble(order)
    case.give_to(other, by=CLOCK)
    worse(case)
    case.refresh_from_db()
    assert case.owner == other


# --- closing ----------------------------------------------------------------------------------


def test_closing_lets_the_promise_go_when_nothing_is_left_to_tell(order):
    scan(order, Milestone.RETURNED)
    Case.objects.follow()
    for case in order.cases.open():
        case.close("A new one is on its way.", by=CLOCK)
    assert not Promise.objects.open().exists()
    assert Promise.objects.filter(state=PromiseState.SUPERSEDED).exists()


def test_closing_leaves_the_promise_of_a_parcel_that_still_travels(order):
    trouble(order).close("All is well.", by=CLOCK)
    assert Promise.objects.open().filter(kind=PromiseKind.UPDATE).exists()


def test_closing_twice_is_closing_once(order):
    case = trouble(order)
    case.close("First.", by=CLOCK)
    case.close("Second.", by=CLOCK)
    case.refresh_from_db()
    assert case.close_reason == "First."
    assert Event.objects.filter(kind="case_closed").count() == 1


def test_the_same_trouble_that_goes_on_after_it_was_closed_is_not_opened_again(order):
    """Nothing new is known of it."""
    case = trouble(order)
    case.close("They have it.", by=CLOCK)
    tasks.follow_cases()
    assert order.cases.filter(kind=case.kind).count() == 1


def test_after_two_quiet_weeks_a_delivered_parcel_is_let_rest(order):
    case = trouble(order, IncidentKind.DAMAGED)
    hard = trouble(order, IncidentKind.DELIVERED_NOT_RECEIVED)
    ended = timezone.now()
    Parcel.objects.update(ended_at=ended)
    Case.objects.forget(ended + NEWS_FOR)
    case.refresh_from_db()
    assert case.is_open
    Case.objects.forget(ended + NEWS_FOR + timedelta(seconds=1))
    case.refresh_from_db()
    hard.refresh_from_db()
    assert not case.is_open and case.close_reason
    assert hard.is_open, "somebody says that it never came"


# --- killed, and at the same moment -----------------------------------------------------------


def test_killed_between_finding_and_taking_up_the_next_round_does_it(order):
    incident = wrong(the_parcel(order), IncidentKind.DAMAGED, since=timezone.now())
    Case.objects.all()._stir(order.shipments.get(), incident, timezone.now())
    assert not Notice.objects.exists()
    tasks.follow_cases()
    assert told() == [(What.TROUBLE, "1")] and not Incident.objects.news().exists()


def test_killed_before_it_was_noted_as_taken_up_nothing_is_told_twice(order):
    case = trouble(order)
    Incident.objects.filter(pk=case.incident_id).update(is_news=True)
    tasks.follow_cases()
    assert told() == [(What.TROUBLE, "1")]


def test_what_changes_while_it_is_taken_up_stays_news(order):
    case = trouble(order)
    as_read = Incident.objects.get(pk=case.incident_id)
    Incident.objects.update(is_news=True, level=2, updated_at=timezone.now())
    assert not Incident.objects.taken_up(as_read)
    tasks.follow_cases()
    assert told() == [(What.TROUBLE, "1"), (What.TROUBLE, "2")]


def test_one_that_fails_does_not_hold_up_the_others(store, monkeypatch, caplog):
    first = on_its_way(store, "JP-1", email="a@example.com")
    second = on_its_way(store, "JP-2", email="b@example.com")
    locked = Order.locked

    def fail(self):
        if self.pk == first.pk:
            raise RuntimeError("out of order")
        return locked(self)

    monkeypatch.setattr(Order, "locked", fail)
    for order in (first, second):
        wrong(the_parcel(order), IncidentKind.DAMAGED, since=timezone.now())
    tasks.follow_cases()
    assert Notice.objects.get().order == second
    monkeypatch.undo()
    tasks.follow_cases()
    assert Notice.objects.count() == 2
