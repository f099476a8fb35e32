"""Pushes that come, and are worked on, at the same moment: two connections and more."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.test import Client
from django_q.models import OrmQ

from tests.tracking.seventeentrack import NUMBER, body, connect, send
from tracking import tasks
from tracking.milestones import Milestone
from tracking.models import Connection, Parcel, Push
from tracking.work import WorkState

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(act: Callable[[], object], times: int) -> list[object]:
    """What `act` returned in so many threads that begin together."""
    start, results, errors = Barrier(times), [], []

    def worker() -> None:
        try:
            start.wait()
            results.append(act())
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=worker) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return results


@pytest.fixture
def parcel() -> Parcel:
    return Parcel.objects.announce(connect().account, NUMBER, "royal-mail")


def test_twenty_identical_pushes_are_one_row_and_one_set_of_scans(parcel):
    content = body("delivered")
    answers = at_once(lambda: send(content, client=Client()).status_code, 20)
    assert answers == [200] * 20
    assert Push.objects.count() == 1
    assert OrmQ.objects.count() == 1, "one ring"
    at_once(tasks.process_pushes, 4)
    parcel.refresh_from_db()
    assert (parcel.milestone, parcel.scans.count()) == (Milestone.DELIVERED, 7)
    push = Push.objects.get()
    assert (push.state, push.attempts, push.scans_new) == (WorkState.DONE, 1, 7)


def test_different_pushes_about_one_parcel_are_worked_on_by_two_workers(parcel):
    for name in ("at-customs", "delivered"):
        send(body(name))
    at_once(lambda: [push.process() for push in Push.objects.claim(1)], 2)
    parcel.refresh_from_db()
    assert (parcel.milestone, parcel.scans.count()) == (Milestone.DELIVERED, 7)
    assert sum(Push.objects.values_list("scans_new", flat=True)) == 7


def test_forged_pushes_at_the_same_moment_are_counted_without_waiting(parcel):
    answers = at_once(lambda: send(b"{}", key="guess", client=Client()).status_code, 8)
    assert answers == [401] * 8
    assert Connection.objects.get().forged_count == 1
    assert not Push.objects.exists()


def test_two_workers_that_learn_the_same_carrier_agree(parcel):
    """Both nameless, both meant by the push: only one of them can become that parcel."""
    Parcel.objects.filter(pk=parcel.pk).update(carrier="")
    twin = Parcel.objects.create(account=parcel.account, number=f"{NUMBER} ", carrier="")
    send(body("at-customs"))
    send(body("delivered"))
    at_once(lambda: [push.process() for push in Push.objects.claim(1)], 2)
    assert set(Push.objects.values_list("state", flat=True)) == {WorkState.DONE}
    for one in (parcel, twin):
        one.refresh_from_db()
        assert (one.carrier, one.scans.count()) == ("royal-mail", 7)
