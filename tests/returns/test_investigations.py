"""A parcel that does not come is searched for by the standard procedure: who opens it, its
steps, by when each is due, and how it goes along with what is wrong by now."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from returns import investigation_steps, tasks
from returns.codes import DocumentKind
from returns.investigation_steps import InvestigationStatus, StepKind
from returns.models import (
    CLOCK,
    Case,
    Document,
    EventKind,
    Investigation,
    InvestigationStep,
    Order,
)
from returns.models.case import NEWS_FOR, CaseKind
from returns.papers import check
from tests.people import place_order, staff
from tests.portal.on_the_way import the_parcel
from tests.returns.searched import (
    DAY,
    HOUR,
    asked,
    clerk,
    delivered,
    fresh,
    lost,
    missed,
    not_here,
    search_of,
    searched,
    seen,
)
from tests.returns.test_papers_uploaded import PDF
from tests.returns.troubled import on_its_way, over, trouble, worse
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.models import Incident, Parcel

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def order(store):
    order = on_its_way(store)
    Order.objects.filter(pk=order.pk).update(arrived_at=timezone.now() - 30 * DAY)
    return Order.objects.get(pk=order.pk)


def steps(investigation: Investigation) -> dict[str, InvestigationStep]:
    return {row.kind: row for row in investigation.steps.all()}


# --- the procedure, as plain data ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "level", "opens"),
    [
        (IncidentKind.SILENT, 2, False),
        (IncidentKind.SILENT, 3, True),
        (IncidentKind.STALLED, 1, False),
        (IncidentKind.STALLED, 2, True),
        (IncidentKind.OVERDUE, 1, False),
        (IncidentKind.OVERDUE, 2, True),
        (IncidentKind.LOST, 1, True),
        (IncidentKind.DAMAGED, 1, True),
        (IncidentKind.DELIVERED_NOT_RECEIVED, 1, True),
        (IncidentKind.CUSTOMS_HOLD, 9, False),
        (CaseKind.CAME_BACK, 9, False),
        (CaseKind.TOLD, 9, False),
    ],
)
def test_what_the_watch_has_investigated_and_from_when_on(kind, level, opens):
    assert investigation_steps.opens_by_itself(kind, level) is opens


def test_each_step_is_due_so_many_working_days_after_the_one_before_it():
    days: list[tuple[datetime, int]] = []

    def close(start: datetime, count: int) -> datetime:
        days.append((start, count))
        return start + count * DAY

    kinds = investigation_steps.procedure(IncidentKind.DELIVERED_NOT_RECEIVED)
    due = investigation_steps.due(kinds, {}, MONDAY, 5, close)
    after = {kind: (when - MONDAY).days for kind, when in due.items()}
    assert after == {
        StepKind.ASK_CARRIER: 1,
        StepKind.PROOF_OF_DELIVERY: 3,
        StepKind.CARRIER_ANSWER: 6,
        StepKind.CLAIM: 7,
        StepKind.DECIDE: 8,
    }
    late = {StepKind.ASK_CARRIER: MONDAY + 4 * DAY}
    moved = investigation_steps.due(kinds, late, MONDAY, 3, close)
    assert (moved[StepKind.CARRIER_ANSWER] - MONDAY).days == 7


def test_only_what_is_said_to_be_delivered_has_to_be_proved():
    proof = StepKind.PROOF_OF_DELIVERY
    assert proof in investigation_steps.procedure(IncidentKind.DELIVERED_NOT_RECEIVED)
    assert proof not in investigation_steps.procedure(IncidentKind.LOST)


def test_every_end_is_reached_from_the_open_state_and_nothing_leaves_a_true_end():
    S = InvestigationStatus
    assert investigation_steps.MOVES[S.OPEN] == set(S) - {S.OPEN}
    assert not any(investigation_steps.MOVES[end] for end in (S.FOUND, S.RETURNED, S.STOPPED))
    assert S.OPEN not in set().union(*investigation_steps.MOVES.values())


# --- opening ------------------------------------------------------------------------------------


def test_a_parcel_that_the_watch_gives_up_is_searched_for_without_anybody_asking(order):
    case = trouble(order, IncidentKind.LOST)
    search = search_of(order)
    assert (search.case, search.opened_by, search.is_open) == (case, "rule", True)
    assert order.events.filter(kind=EventKind.INVESTIGATION_OPENED).count() == 1


def test_patience_first_a_parcel_that_stands_still_is_searched_for_when_it_goes_on_standing(order):
    case = trouble(order, IncidentKind.STALLED)
    assert not Investigation.objects.exists()
    worse(case)
    assert search_of(order).kind == IncidentKind.STALLED


def test_a_worker_that_comes_again_opens_no_second_one(order):
    case = trouble(order, IncidentKind.LOST)
    for _ in range(3):
        Incident.objects.filter(pk=case.incident_id).update(is_news=True)
        tasks.follow_cases()
    assert Investigation.objects.count() == 1


def test_a_history_that_is_taken_in_with_old_troubles_opens_none(store):
    order = on_its_way(store)
    the_parcel(order).incidents.create(kind=IncidentKind.LOST, since=timezone.now() - 40 * DAY)
    Case.objects.follow()
    assert order.cases.filter(kind=IncidentKind.LOST).exists()
    assert not Investigation.objects.exists()


def test_a_return_that_was_signed_for_and_is_not_here_is_our_quarrel_from_the_first_day(store):
    rma, search = not_here(store)
    assert search.is_of_return and search.kind == IncidentKind.DELIVERED_NOT_RECEIVED
    assert StepKind.PROOF_OF_DELIVERY in steps(search)
    assert search.shipment == rma.shipments.get()


def test_the_desk_opens_one_from_a_case_and_finds_it_again(order):
    case, by = trouble(order, IncidentKind.STALLED), clerk()
    first = Investigation.objects.open_for(case, by=by)
    assert Investigation.objects.open_for(case, by=by) == first
    assert order.events.filter(kind=EventKind.INVESTIGATION_OPENED).count() == 1


def test_what_was_asked_before_it_was_opened_counts(order):
    by = clerk()
    case = trouble(order, IncidentKind.STALLED)
    case.order = order
    search = Investigation(case=case, order=order)
    asked(search, by, answer="It lies in Kaunas.")
    made = Investigation.objects.open_for(case, by=by)
    assert set(made.done) == {StepKind.ASK_CARRIER, StepKind.CARRIER_ANSWER}


# --- steps --------------------------------------------------------------------------------------


def test_the_steps_belong_to_whoever_looks_after_the_case_but_not_what_the_carrier_does(store):
    ieva = staff("ieva", "care_for_case")
    search = searched(store)
    owners = {kind: row.owner for kind, row in steps(search).items()}
    assert owners.pop(StepKind.CARRIER_ANSWER) is None
    assert set(owners.values()) == {ieva}
    tomas = staff("tomas", "care_for_case")
    search.case.give_to(tomas, by=CLOCK)
    mine = InvestigationStep.objects.filter(owner=tomas)
    assert mine.count() == 4


def test_a_carrier_that_was_asked_has_its_own_time_by_the_calendar_of_the_store(store):
    search = searched(store)
    contact = asked(search, clerk())
    search = fresh(search)
    assert steps(search)[StepKind.ASK_CARRIER].done_at == contact.asked_at
    five = store.calendar.close_of_working_day(contact.asked_at, 5)
    assert search.carrier_due_at == steps(search)[StepKind.CARRIER_ANSWER].due_at == five
    assert steps(search)[StepKind.DECIDE].due_at == store.calendar.close_of_working_day(five, 2)


def test_how_long_carriers_take_is_said_by_the_store_and_better_by_the_lane(store):
    store.carrier_days = 3
    store.save()
    assert searched(store).carrier_days == 3
    order = delivered(store, "JP-30007")
    Parcel.objects.filter(pk=the_parcel(order).pk).update(origin="LT", destination="GB")
    store.account.lanes.create(origin="LT", destination="GB", carrier="royal-mail", answer_days=7)
    missed(order)
    assert search_of(order).carrier_days == 7


def test_an_answer_brings_the_decision_nearer(store):
    by = clerk()
    search = searched(store)
    contact = asked(search, by)
    before = steps(fresh(search))[StepKind.DECIDE].due_at
    contact.note_answer("Left in the porch.", by=by)
    after = steps(fresh(search))
    assert after[StepKind.CARRIER_ANSWER].done_at == contact.answered_at
    assert after[StepKind.DECIDE].due_at < before


def test_a_step_is_done_once_and_noted_once(store):
    search, by = searched(store), clerk()
    assert search.do_step(StepKind.CLAIM, by=by, note="Form 12 sent.")
    assert not search.do_step(StepKind.CLAIM, by=by, note="Once more.")
    row = steps(fresh(search))[StepKind.CLAIM]
    assert (row.note, row.done_by) == ("Form 12 sent.", by.user)
    assert search.order.events.filter(kind=EventKind.INVESTIGATION_STEP).count() == 1


def test_a_step_that_is_none_of_its_own_is_refused(store):
    with pytest.raises(ValueError, match="has no step"):
        lost(store).do_step(StepKind.PROOF_OF_DELIVERY, by=clerk())


def test_after_the_end_nothing_is_done(store):
    search, by = searched(store), clerk()
    search.end(InvestigationStatus.DENIED, "It was signed for.", by=by)
    assert not search.do_step(StepKind.CLAIM, by=by)


def test_a_missed_step_is_a_queue_and_so_is_what_waits_for_a_decision(store):
    search, by = searched(store), clerk()
    now = timezone.now()
    assert not Investigation.objects.late(now).exists()
    assert list(Investigation.objects.late(now + 5 * DAY)) == [search]
    assert not Investigation.objects.to_decide().exists()
    asked(search, by, answer="We cannot find it.")
    assert list(Investigation.objects.to_decide()) == [search]
    search.end(InvestigationStatus.LOST, by=by)
    assert not Investigation.objects.to_decide().exists()
    assert not Investigation.objects.late(now + 30 * DAY).exists()


# --- what the carrier sends ---------------------------------------------------------------------


def test_a_proof_of_delivery_is_kept_with_the_answer(store):
    by, search = clerk(), searched(store)
    paper = Document.objects.keep_from_carrier(search.order, check(PDF), by=by)
    contact = asked(search, by)
    contact.note_answer("Here it is.", by=by, file=paper)
    contact.refresh_from_db()
    assert contact.file == paper and paper.kind == DocumentKind.CARRIER
    assert not Document.objects.from_buyers().exists()


def test_the_same_file_twice_is_one_document(store):
    by, search = clerk(), searched(store)
    first = Document.objects.keep_from_carrier(search.order, check(PDF), by=by)
    assert Document.objects.keep_from_carrier(search.order, check(PDF), by=by) == first


# --- going along with its case --------------------------------------------------------------------


def test_when_it_is_lost_by_now_the_search_goes_on_with_what_was_asked(order):
    first = trouble(order, IncidentKind.OVERDUE, level=2)
    search, by = search_of(order), clerk()
    asked(search, by)
    second = trouble(order, IncidentKind.LOST)
    search = fresh(search)
    assert (search.case, search.kind) == (second, IncidentKind.LOST)
    assert Investigation.objects.count() == 1
    assert second.contacts.count() == 1 and not first.contacts.exists()


def test_what_is_less_grave_does_not_take_it_over(order):
    case = trouble(order, IncidentKind.LOST)
    trouble(order, IncidentKind.STALLED, level=2)
    assert search_of(order).case == case


def test_a_standstill_that_is_told_as_overdue_by_now_is_not_found(order):
    """Nobody has seen it: only the name of its trouble is another one."""
    case = trouble(order, IncidentKind.STALLED, level=2)
    parcel = the_parcel(order)
    late = parcel.incidents.create(kind=IncidentKind.OVERDUE, since=timezone.now() - DAY)
    over(case)
    search = search_of(order)
    assert search.is_open and search.case.incident == late


def test_one_that_is_scanned_again_is_found_and_told_by_the_letter_about_the_trouble(order):
    case = trouble(order, IncidentKind.STALLED, level=2)
    seen(order, Milestone.IN_TRANSIT, timezone.now() + HOUR)
    over(case)
    assert search_of(order).status == InvestigationStatus.FOUND
    assert not order.notices.filter(kind="investigation_news").exists()


def test_one_that_turns_round_has_come_back(store):
    search = searched(store)
    seen(search.order, Milestone.RETURNING)
    tasks.follow_cases()
    assert fresh(search).status == InvestigationStatus.RETURNED


def test_damage_is_a_matter_of_its_own(order):
    case = trouble(order, IncidentKind.DAMAGED)
    assert search_of(order).kind == IncidentKind.DAMAGED
    trouble(order, IncidentKind.STALLED, level=2)
    assert search_of(order).case == case


def test_while_it_is_searched_for_its_case_is_not_let_rest(store):
    order = delivered(store)
    Order.objects.filter(pk=order.pk).update(arrived_at=timezone.now() - 30 * DAY)
    case = trouble(order, IncidentKind.DAMAGED)
    ended = timezone.now()
    Parcel.objects.update(ended_at=ended)
    Case.objects.forget(ended + NEWS_FOR + HOUR)
    case.refresh_from_db()
    assert case.is_open
    search_of(order).end(InvestigationStatus.STOPPED, by=clerk())
    case.refresh_from_db()
    assert not case.is_open


def test_a_case_that_is_closed_stops_the_search(store):
    search = searched(store)
    case = search.case
    case.close("Nothing to be found.", by=clerk())
    assert fresh(search).status == InvestigationStatus.STOPPED


def test_two_orders_in_one_parcel_are_searched_for_apart(store):
    order = delivered(store)
    other = place_order(store, "JP-30444", shipped=False, email="bob@example.com")
    other.shipments.create(parcel=the_parcel(order), shipped_at=timezone.now() - timedelta(days=4))
    missed(order)
    tasks.follow_cases()
    assert search_of(order).is_open
    assert not other.cases.exists(), "nobody has said that this one is missed"
    missed(other)
    assert search_of(other).is_open and Investigation.objects.count() == 2
