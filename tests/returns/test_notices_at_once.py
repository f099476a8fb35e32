"""Two workers, two tabs, a worker and a buyer at the same moment, on PostgreSQL."""

from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread
from time import monotonic

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from returns import tasks
from returns.models import CLOCK, Case, Inbound, Message, Notice, Order, Promise
from returns.models.case import CaseKind
from returns.models.contact_point import ContactPoint
from returns.models.notice import NoticeEvent, NoticeKind, What, dedupe_key
from returns.models.promise import PromiseKind
from tests.mail_server import mail_server
from tests.people import open_store
from tests.portal.on_the_way import the_parcel, wrong
from tests.returns.troubled import on_its_way, trouble
from tracking.incidents import IncidentKind
from tracking.models import Incident
from tracking.work import WorkState

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

PATIENCE = 30.0  # seconds


@pytest.fixture
def store(transactional_db):
    return open_store()


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Each in a thread of its own with its own connection, all let go together. Returns what
    each gave; what one raises fails the test."""
    start, results = Barrier(len(acts)), [None] * len(acts)
    errors: list[BaseException] = []

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            start.wait(10)
            results[number] = act()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "two hands wait for each other"
    for error in errors:
        raise error
    return results


def wait_until(count: int) -> None:
    """So many wait for a lock."""
    until = monotonic() + PATIENCE
    while monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] == count:
                return
    raise AssertionError(f"no {count} wait")


def test_two_workers_take_the_one_turn_of_an_hour_once(store):
    now = timezone.now()
    ask = partial(ContactPoint.objects.admit, store.pk, "sarah@example.com", now)
    turns = at_once(*[ask] * 6)
    assert turns.count(None) == 1
    assert ContactPoint.objects.count() == 1


def test_two_orders_of_one_person_at_two_workers_are_one_mail_now_and_one_later(store, settings):
    for number in ("JP-1", "JP-2"):
        trouble(on_its_way(store, number))
    with mail_server() as server:
        settings.MAILERS = server.mailers()
        at_once(tasks.deliver_notices, tasks.deliver_notices)
    assert len(server.received) == 1
    assert sorted(Notice.objects.values_list("state", "attempts")) == [("done", 1), ("due", 0)]


def test_the_same_form_from_two_tabs_is_one_message(store):
    order = on_its_way(store)
    made = at_once(*[partial(order.write, "Where is it?", key="form")] * 4)
    assert len(set(made)) == 1
    assert Message.objects.count() == Notice.objects.count() == 1
    assert Promise.objects.filter(kind=PromiseKind.REPLY).count() == 1


def test_the_same_answer_from_two_tabs_is_one(store):
    order = on_its_way(store)
    order.write("Where is it?", key="form")
    at_once(*[partial(order.answer, "At the depot.", by=CLOCK, key="answer")] * 4)
    assert Notice.objects.filter(kind=NoticeKind.MESSAGE_ANSWER).count() == 1


def test_two_workers_take_up_the_same_trouble_once(store):
    order = on_its_way(store)
    wrong(the_parcel(order), IncidentKind.DAMAGED, since=timezone.now())
    at_once(*[Case.objects.follow] * 3)
    assert order.cases.filter(kind=IncidentKind.DAMAGED).count() == 1
    assert NoticeEvent.objects.count() == Notice.objects.count() == 1
    assert not Incident.objects.news().exists()


def test_two_pieces_of_news_at_once_are_one_message_and_none_is_lost(store):
    store.gather_minutes = 5
    store.save()
    order = on_its_way(store)
    for kind in (IncidentKind.DAMAGED, IncidentKind.WRONG_WAY):
        wrong(the_parcel(order), kind, since=timezone.now())
    at_once(*[Case.objects.follow] * 2)
    assert Notice.objects.count() == 1 and NoticeEvent.objects.count() == 2


def test_what_becomes_worse_while_a_worker_is_at_it_is_told(store):
    """The worker has read the case and waits for a row of its letter; at this moment the
    trouble grows, and another worker notes it."""
    order = on_its_way(store)
    incident = wrong(the_parcel(order), IncidentKind.DAMAGED, since=timezone.now())
    cases = Case.objects.all()
    cases._stir(order.shipments.get(), incident, timezone.now())
    case = Case.objects.get(kind=IncidentKind.DAMAGED)
    key = dedupe_key(f"case-{case.pk}-1", NoticeKind.ORDER_NEWS, "email", order.email)

    worker = Thread(target=_closing(case.take_up))
    with transaction.atomic():
        # Whoever writes the same key waits until this one is gone again.
        Notice.objects.create(
            order=order, kind=NoticeKind.ORDER_NEWS, recipient="x", language="en", dedupe_key=key
        )
        worker.start()
        wait_until(1)
        noting = Thread(target=_closing(partial(grow, order, incident)))
        noting.start()
        wait_until(2)
        transaction.set_rollback(True)
    for thread in (worker, noting):
        thread.join(PATIENCE)
    case.refresh_from_db()
    assert (case.level, case.stirred_at is None) == (2, False), "what was noted is lost"
    Case.objects.follow()
    case.refresh_from_db()
    assert case.told_level == 2


def grow(order: Order, incident: Incident) -> None:
    Incident.objects.filter(pk=incident.pk).update(level=2, is_news=True)
    incident.refresh_from_db()
    Case.objects.all()._stir(order.shipments.get(), incident, timezone.now())


def _closing(work: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    return run


def test_over_at_the_moment_at_which_its_letter_leaves_nothing_untrue_stays(store, settings):
    """Either nobody hears of it, or whoever has heard of it hears that it is over."""
    with mail_server() as server:
        settings.MAILERS = server.mailers()
        for number in range(6):
            email = f"{number}@example.com"
            case = trouble(on_its_way(store, f"JP-{number}", email=email))
            Incident.objects.filter(pk=case.incident_id).update(
                cleared_at=timezone.now(), is_news=True
            )
            at_once(tasks.deliver_notices, Case.objects.follow)
            told = {
                event.what: event.notice.state
                for event in NoticeEvent.objects.filter(case=case).select_related("notice")
            }
            heard = told[What.TROUBLE] == WorkState.DONE
            assert heard == (What.OVER in told)


def test_the_same_delivery_at_two_web_workers_is_kept_once(store):
    rows = at_once(*[partial(Inbound.objects.keep, "mail", b"From: a@b\r\n\r\nHello")] * 4)
    assert len(set(rows)) == 1 and Inbound.objects.count() == 1


def test_a_draft_is_sent_or_dropped_never_both(store):
    store.hold_minutes = 60
    store.save()
    for number in range(5):
        trouble(on_its_way(store, f"JP-{number}", email=f"{number}@example.com"))
        draft = Notice.objects.latest("pk")
        Notice.objects.filter(pk=draft.pk).update(due_at=timezone.now())
        mine = Notice.objects.filter(pk=draft.pk)
        dropped, claimed = at_once(
            partial(Notice.objects.get(pk=draft.pk).drop_by_hand, "No.", by=CLOCK),
            partial(mine.claim, 1),
        )
        assert dropped != bool(claimed)


def test_a_promise_is_settled_once_however_many_sweeps_come(store):
    order = on_its_way(store)
    promise = order.promise_update(by=CLOCK)
    at_once(*[partial(Promise.objects.come_due, promise.due_at)] * 3)
    assert Notice.objects.filter(keeps=promise).count() == 1
    assert Order.objects.get().promises.open().count() == 1


def test_a_parcel_that_turns_while_its_case_is_taken_up_stays_a_case(store):
    order = on_its_way(store)
    parcel, now = the_parcel(order), timezone.now()
    shipments = list(order.shipments.all())
    Case.objects.turned(parcel, shipments, now)
    Case.objects.turned_again(parcel, now)
    at_once(Case.objects.take_up, partial(Case.objects.turned, parcel, shipments, now))
    Case.objects.take_up()
    # Closed before it turned, or looked after since; a third turn makes a new one.
    Case.objects.turned(parcel, shipments, now)
    assert order.cases.open().filter(kind=CaseKind.CAME_BACK).count() == 1
