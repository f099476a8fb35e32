"""Mail servers that hang, refuse and put off: the letter arrives, and our word stays honest."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from returns import tasks
from returns.channels import Delivery, Report
from returns.models import CLOCK, Notice, NoticeKind, Promise, PromiseState
from returns.models.contact_point import ContactPoint
from returns.models.promise import GRACE
from returns.quiet import LEAD
from tests.mail_server import mail_server
from tests.people import open_store
from tests.post_office import send_due
from tests.returns.troubled import make_due, on_its_way, trouble
from tracking.work import WorkState

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def server(settings):
    with mail_server() as server:
        settings.MAILERS = server.mailers()
        yield server


@pytest.fixture
def promise(store):
    """We said that we write again, and the letter that does it is due."""
    promise = on_its_way(store).promise_update(by=CLOCK)
    assert promise
    Promise.objects.come_due(promise.due_at - LEAD)
    return promise


def read(server) -> list[str]:
    return [letter.get_body(("plain",)).get_content() for letter in server.received]


def successor() -> Promise:
    return Promise.objects.open().get()


# --- in time ----------------------------------------------------------------------------------


def test_put_off_once_and_then_taken_in_time_our_word_is_kept(promise, server):
    server.rcpt = ["451 4.7.1 Try again later"]
    begin = promise.due_at - LEAD
    [notice] = send_due(begin)
    assert notice.state == WorkState.DUE
    promise.refresh_from_db()
    assert promise.is_open, "it is kept by a letter that has left"
    send_due(begin + 30 * MINUTE)
    promise.refresh_from_db()
    assert promise.state == PromiseState.KEPT
    assert "not done that in time" not in read(server)[0]
    assert successor().follows is None


def test_put_off_beyond_its_hour_the_letter_says_so_and_our_word_is_broken(promise, server):
    server.rcpt = ["451 4.7.1 Try again later"] * 2
    send_due(promise.due_at - LEAD)
    send_due(promise.due_at)
    Promise.objects.come_due(promise.due_at + GRACE + MINUTE)
    promise.refresh_from_db()
    assert promise.is_open, "its letter is on the way out, and says itself that it is late"
    send_due(promise.due_at + timedelta(hours=1))
    promise.refresh_from_db()
    assert promise.state == PromiseState.BROKEN
    [text] = read(server)
    assert "and we did not." in text
    assert successor().follows == promise
    assert Notice.objects.count() == 1, "one apology is enough"


def test_after_days_without_a_server_the_next_word_is_not_of_the_past(promise, server):
    """The hour that was named when it was written has passed as well."""
    server.rcpt = ["451 4.7.1 Try again later"]
    send_due(promise.due_at - LEAD)
    now = promise.due_at + 9 * DAY
    assert datetime.fromisoformat(Notice.objects.get().facts["again_at"]) < now
    send_due(now)
    assert successor().due_at > now + LEAD
    assert successor().due_at == promise.order.word_due(now)
    [notice] = Notice.objects.all()
    assert notice.state == WorkState.DONE and "and we did not." in notice.text


def test_taken_and_then_hung_up_it_comes_again_and_our_word_is_kept_once(promise, server):
    server.data = ["disconnect"]
    send_due(promise.due_at - LEAD)
    promise.refresh_from_db()
    assert promise.is_open
    send_due(promise.due_at - LEAD + MINUTE)
    promise.refresh_from_db()
    assert promise.state == PromiseState.KEPT and len(set(server.message_ids)) == 1
    assert len(server.received) == 2 and Promise.objects.count() == 2


def test_a_letter_that_is_refused_for_good_keeps_nothing_and_breaks_openly(promise, server):
    server.rcpt = ["550 5.1.1 No such user"]
    send_due(promise.due_at - LEAD)
    Promise.objects.come_due(promise.due_at + GRACE + MINUTE)
    promise.refresh_from_db()
    assert promise.state == PromiseState.BROKEN
    assert Notice.objects.filter(kind=NoticeKind.PROMISE_LATE).exists()


# --- servers that hang ------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["ehlo", "rcpt", "data"])
def test_wherever_a_server_hangs_the_letter_goes_later_and_once(store, server, settings, where):
    settings.MAILERS = server.mailers(timeout=0.3)
    setattr(server, where, ["hang"])
    trouble(on_its_way(store))
    tasks.deliver_notices()
    [notice] = Notice.objects.all()
    assert (notice.state, notice.attempts, len(server.received)) == (WorkState.DUE, 1, 0)
    make_due()
    tasks.deliver_notices()
    assert server.message_ids == [notice.message_id]
    assert Notice.objects.get().state == WorkState.DONE


def test_a_server_that_goes_down_between_two_letters_costs_the_second_one_attempt(store, server):
    for number in range(3):
        trouble(on_its_way(store, f"JP-{number}", email=f"{number}@example.com"))
    server.rcpt = ["250 OK", "421 4.3.2 Going down"]
    tasks.deliver_notices()
    assert list(Notice.objects.order_by("pk").values_list("state", "attempts")) == [
        ("done", 1),
        ("due", 1),
        ("due", 0),
    ]
    make_due()
    tasks.deliver_notices()
    assert len(server.received) == 3


# --- what comes back --------------------------------------------------------------------------


def test_a_letter_that_came_back_is_seen_at_the_desk_and_goes_nowhere_else(store, server):
    trouble(on_its_way(store))
    tasks.deliver_notices()
    [notice] = Notice.objects.all()
    report = Report(notice.message_id, Delivery.FAILED, error="Refused.", unreachable=True)
    for _ in range(2):
        Notice.objects.reported(report)
    notice.refresh_from_db()
    assert (notice.provider_state, notice.last_error) == ("failed", "Refused.")
    assert not ContactPoint.objects.get(channel="email").can_be_reached
    assert Notice.objects.count() == 1


def test_an_address_from_which_letters_came_back_works_again_when_one_is_taken(store, server):
    ContactPoint.objects.failed(store, "email", "Sarah@example.com", "5.1.1")
    trouble(on_its_way(store))
    tasks.deliver_notices()
    assert ContactPoint.objects.get(channel="email", address="sarah@example.com").can_be_reached


def test_the_letters_of_two_stores_leave_in_one_round(store, server):
    trouble(on_its_way(store))
    trouble(on_its_way(open_store("fig-and-fern"), "FF-1"))
    tasks.deliver_notices()
    assert len(server.received) == 2 and server.connections == 1
    assert timezone.now() > Notice.objects.earliest("done_at").written_at
