"""A request is made once, whatever becomes of the call: against gateways on loopback."""

import socket
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.tracking.gateway_server import (
    CHINESE_NUMBER,
    KUAIDI100_KEYS,
    UPS_NUMBER,
    GatewayServer,
    hasty,
)
from tests.tracking.turning import (
    DAY,
    HOUR,
    MINUTE,
    asked,
    at_ups,
    claimed,
    fresh,
    later,
    lose_the_lease,
    on_the_road,
    scanned,
    wanted,
    work,
)
from tracking import tasks
from tracking.gateways import Address, Aim, Answer, Failure, Outcome, ups
from tracking.interceptions import InterceptionStatus
from tracking.milestones import Milestone
from tracking.models import GatewayAccount, Interception, InterceptionReport
from tracking.models.asking import AGAIN, LEFT_ALONE, QUIET
from tracking.work import WorkState

pytestmark = pytest.mark.django_db
S = InterceptionStatus
SHENZHEN = Address(
    name="王芳",
    phone="13800138000",
    street="科技路1号",
    region="广东省",
    city="深圳市",
    country="CN",
)


@pytest.fixture
def server():
    with GatewayServer() as server:
        yield server


@pytest.fixture
def hurried(monkeypatch):
    """For tests in which it hangs. What does not hang takes some milliseconds, and more on a
    busy machine."""
    hasty(monkeypatch, 1.5)


@pytest.fixture
def parcel(server):
    parcel = on_the_road()
    at_ups(parcel, server)
    return parcel


@pytest.fixture
def shows_at_once(monkeypatch):
    """As of a gateway that shows a request as soon as it has it; nobody says so of UPS."""
    monkeypatch.setattr(ups, "ASKS_AGAIN", True)


@pytest.fixture
def chinese(server):
    """Its gateway tells results by itself, and can neither be asked for them nor take back."""
    parcel = on_the_road(CHINESE_NUMBER, "sf", "shanyue")
    GatewayAccount.objects.create(
        account=parcel.account, gateway="kuaidi100", keys=KUAIDI100_KEYS, base=server.base
    )
    return parcel


def to_shenzhen(parcel) -> Interception:
    return wanted(parcel, before=Address(city="杭州市", country="CN"), after=SHENZHEN)


def is_task(row: Interception) -> bool:
    return Interception.objects.to_call().filter(pk=row.pk).exists()


def test_a_request_goes_out_at_once_and_is_noted_with_what_it_costs(parcel, server):
    row = work(wanted(parcel))
    assert (row.status, row.cost, row.currency) == (S.ACCEPTED, Decimal("16.40"), "USD")
    assert row.reference and row.asked_at and row.sent_at and row.accepted_at
    assert len(server.asked) == 1 and list(server.made) == [UPS_NUMBER]
    assert not is_task(row)
    for _ in range(3):
        row = work(row)
    assert row.status == S.ACCEPTED and len(server.asked) == 1


@pytest.mark.parametrize(
    "how",
    [
        "timeout_after_acting",
        "error_after_acting",
        "cut_after_acting",
        "rubbish_after_acting",
        "drip",
    ],
)
def test_an_answer_that_was_lost_is_found_out_and_not_asked_for_again(parcel, server, hurried, how):
    server.behave(how)
    row = work(wanted(parcel))
    assert (row.status, row.is_uncertain) == (S.SENT, True)
    assert is_task(row)
    server.heal()
    calls = len(server.requests)
    assert work(row).is_uncertain, "it may still be at work on it"
    assert len(server.requests) == calls
    later(row, QUIET)
    row = work(row)
    assert (row.status, row.is_uncertain) == (S.ACCEPTED, False)
    assert len(server.asked) == 1 and not is_task(row)


def test_a_request_that_ups_shows_late_is_not_asked_for_again(parcel, server, hurried):
    """That it does not show after five minutes says nothing: it may show later."""
    server.behave("timeout_after_acting")
    row = work(wanted(parcel))
    made = server.made.pop(UPS_NUMBER)
    server.heal()
    for _ in range(3):
        row = work(later(row, QUIET))
    assert (row.status, row.is_uncertain, row.must_call) == (S.SENT, True, True)
    assert len(server.asked) == 1 and is_task(row)
    server.made[UPS_NUMBER] = made
    row = work(later(row, HOUR))
    assert (row.status, is_task(row), len(server.asked)) == (S.ACCEPTED, False, 1)


def test_what_ups_does_not_show_yet_is_not_taken_for_forgotten(parcel, server, hurried):
    server.behave("timeout_after_acting")
    row = work(wanted(parcel))
    server.made.clear()
    server.heal()
    row.withdraw()
    row = work(later(row, QUIET))
    assert (row.status, row.must_call) == (S.SENT, True)


def test_a_first_request_that_shows_before_the_second_is_ours(
    parcel, server, hurried, shows_at_once
):
    server.behave("timeout_after_acting")
    row = work(wanted(parcel))
    made = server.made.pop(UPS_NUMBER)
    server.heal()
    row = work(later(row, QUIET))
    assert (row.status, row.was_lost) == (S.REQUESTED, True)
    server.made[UPS_NUMBER] = made
    row = work(row)
    assert (row.status, row.failure, row.must_call) == (S.SENT, "", True)
    assert len(server.asked) == 1 and is_task(row)
    row = work(later(row, QUIET))
    assert (row.status, is_task(row), len(server.asked)) == (S.ACCEPTED, False, 1)


def test_a_request_of_somebody_else_is_none_of_ours(parcel, server):
    server.made[UPS_NUMBER] = {"feature": "RD"}
    row = work(wanted(parcel))
    assert (row.status, row.failure) == (S.FAILED, Failure.ONCE_ONLY)


def test_a_request_that_never_arrived_is_made_once_more_and_no_third_time(
    parcel, server, hurried, shows_at_once
):
    server.behave("timeout")
    row = work(wanted(parcel))
    assert row.is_uncertain
    later(row, QUIET)
    row = work(row)
    assert (row.status, row.was_lost, row.asked_at) == (S.REQUESTED, True, None)
    row = work(row)
    assert row.is_uncertain and len(server.asked) == 2
    for _ in range(3):
        row = work(later(row, QUIET))
    assert (row.status, row.must_call, len(server.asked)) == (S.SENT, True, 2)
    assert is_task(row)


def test_made_once_more_it_can_succeed(parcel, server, hurried, shows_at_once):
    server.behave("timeout")
    row = work(wanted(parcel))
    server.heal()
    work(later(row, QUIET))
    row = work(row)
    assert (row.status, row.is_uncertain, len(server.asked)) == (S.ACCEPTED, False, 2)


def test_made_once_more_it_may_be_too_late(parcel, server, hurried, shows_at_once):
    server.behave("timeout")
    row = work(wanted(parcel, while_at=frozenset({Milestone.IN_TRANSIT})))
    server.heal()
    work(later(row, QUIET))
    scanned(parcel, Milestone.OUT_FOR_DELIVERY)
    row = work(row)
    assert (row.status, row.failure, len(server.asked)) == (S.FAILED, Failure.TOO_LATE, 1)


@pytest.mark.parametrize("how", ["timeout_after_acting", "timeout", "rubbish_after_acting"])
def test_where_nobody_can_be_asked_a_person_finds_out(chinese, server, hurried, how):
    server.behave(how)
    row = work(to_shenzhen(chinese))
    server.heal()
    for _ in range(3):
        row = work(later(row, QUIET))
    assert (row.status, row.is_uncertain, len(server.asked)) == (S.SENT, True, 1)
    assert is_task(row)
    scanned(chinese, Milestone.DELIVERED, place="广东,深圳市")
    row = work(row)
    assert (row.status, row.is_proven, is_task(row)) == (S.SUCCEEDED, True, False)


def test_a_worker_that_was_killed_in_the_call_is_found_out(parcel, server):
    row = wanted(parcel)
    mine = claimed(row)
    Interception.objects.filter(pk=row.pk).update(asked_at=timezone.now() - 2 * MINUTE)
    ups.request(mine.task, mine.gateway.access)  # and then the light went out
    lose_the_lease(row)
    assert Interception.objects.work(limit=1) == 1
    row = fresh(row)
    assert (row.status, row.is_uncertain) == (S.SENT, True)
    row = work(later(row, QUIET))
    assert (row.status, len(server.asked)) == (S.ACCEPTED, 1)


def test_a_flaw_of_ours_in_the_call_is_no_reason_to_ask_again(parcel, server, monkeypatch):
    def flawed(task, access):
        answers(task, access)
        raise KeyError("12 Harbour Lane")

    answers = ups.request
    monkeypatch.setattr(ups, "request", flawed)
    row = work(wanted(parcel))
    assert (row.status, row.is_uncertain) == (S.SENT, True)
    assert "Harbour" not in row.words
    row = work(later(row, QUIET))
    assert (row.status, len(server.asked)) == (S.ACCEPTED, 1)


@pytest.mark.parametrize("outcome", [Outcome.NO_NEWS, Outcome.NOTHING])
def test_a_gateway_that_does_not_say_whether_it_took_it_is_not_asked_again(
    parcel, server, monkeypatch, outcome
):
    monkeypatch.setattr(ups, "request", lambda task, access: Answer(outcome, words="Hm."))
    row = work(wanted(parcel))
    assert (row.status, row.is_uncertain, row.words) == (S.SENT, True, "Hm.")


# --- what never arrived ---------------------------------------------------------------------


@pytest.fixture
def nobody():
    """An address at which nobody listens."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{line.getsockname()[1]}"


def test_a_gateway_that_is_away_is_tried_for_a_quarter_of_an_hour(parcel, server, nobody):
    GatewayAccount.objects.update(base=nobody)
    row = work(wanted(parcel))
    assert (row.status, row.asked_at, row.is_uncertain) == (S.REQUESTED, None, False)
    assert timezone.now() < row.due_at <= timezone.now() + AGAIN
    assert row.last_error
    row = work(later(row, 14 * MINUTE))
    assert (row.status, is_task(row)) == (S.REQUESTED, False)
    row = work(later(row, 2 * MINUTE))
    assert (row.status, row.is_by_phone, is_task(row)) == (S.UNSUPPORTED, True, True)
    assert work(row).status == S.UNSUPPORTED


def test_the_quarter_of_an_hour_begins_when_it_may_be_asked(parcel, server, nobody):
    """A high-value order may have waited for a person since yesterday."""
    GatewayAccount.objects.update(base=nobody)
    row = work(wanted(parcel, requested_at=timezone.now() - DAY))
    assert row.status == S.REQUESTED


def test_a_gateway_that_is_back_is_asked(parcel, server, nobody):
    GatewayAccount.objects.update(base=nobody)
    row = work(wanted(parcel))
    GatewayAccount.objects.update(base=server.base)
    row = work(row)
    assert (row.status, row.last_error, len(server.asked)) == (S.ACCEPTED, "", 1)


@pytest.mark.parametrize("how", ["no_access", "forbidden"])
@pytest.mark.parametrize("at", ["token", "ask"])
def test_who_does_not_let_us_in_is_called_at_once(parcel, server, how, at):
    server.behave(how, at=at)
    row = work(wanted(parcel))
    assert (row.status, row.asked_at, is_task(row)) == (S.UNSUPPORTED, None, True)
    assert row.words


def test_a_gateway_that_wants_us_to_wait_is_asked_again_later(parcel, server):
    server.behave("too_fast")
    row = work(wanted(parcel))
    assert (row.status, row.asked_at) == (S.REQUESTED, None)
    server.heal()
    assert work(row).status == S.ACCEPTED


def test_a_gateway_that_says_no_ends_it_and_keeps_its_words(chinese, server):
    server.behave("refuse")
    row = work(to_shenzhen(chinese))
    assert (row.status, row.failure) == (S.FAILED, Failure.REFUSED)
    assert "不支持拦截" in row.words


# --- withdrawing ----------------------------------------------------------------------------


def test_what_was_asked_is_asked_to_be_forgotten(parcel, server):
    row = work(wanted(parcel))
    row.withdraw()
    row = work(row)
    assert (row.status, row.must_call) == (S.WITHDRAWN, False)
    assert server.cancelled == [UPS_NUMBER]
    work(row)
    assert server.cancelled == [UPS_NUMBER]


def test_what_the_gateway_does_not_forget_a_person_calls_about(parcel, server):
    row = work(wanted(parcel))
    row.withdraw()
    server.made.clear()  # it was done meanwhile
    row = work(row)
    assert (row.status, row.must_call, is_task(row)) == (S.ACCEPTED, True, True)
    calls = [path for path, _ in server.requests if "/cancel/" in path]
    work(row)
    assert [path for path, _ in server.requests if "/cancel/" in path] == calls


def test_a_gateway_that_is_away_is_asked_to_forget_when_it_is_back(parcel, server, nobody):
    row = work(wanted(parcel))
    GatewayAccount.objects.update(base=nobody)
    row.withdraw()
    row = work(row)
    assert (row.status, row.withdraw_asked_at) == (S.ACCEPTED, None)
    GatewayAccount.objects.update(base=server.base)
    assert work(row).status == S.WITHDRAWN


def test_an_answer_about_forgetting_that_was_lost_is_for_a_person(parcel, server):
    row = work(wanted(parcel))
    row.withdraw()
    server.behave("error", at="cancel")
    row = work(row)
    assert row.must_call and row.status == S.ACCEPTED


def test_what_is_withdrawn_while_it_is_tried_in_vain_is_never_asked(parcel, server, nobody):
    GatewayAccount.objects.update(base=nobody)
    row = work(wanted(parcel))
    assert row.withdraw() is True
    GatewayAccount.objects.update(base=server.base)
    assert not Interception.objects.work()
    assert not server.requests


def test_what_is_withdrawn_during_a_call_in_vain_is_withdrawn(parcel, server, monkeypatch):
    def away(task, access):
        assert fresh(row).withdraw() is False, "it is being asked at this moment"
        return ask(task, access)

    row, ask = wanted(parcel), ups.request
    server.behave("too_fast")
    monkeypatch.setattr(ups, "request", away)
    now = work(row)
    assert (now.status, now.asked_at, now.state) == (S.WITHDRAWN, None, WorkState.DONE)


def test_what_is_withdrawn_during_the_call_is_asked_and_then_forgotten(parcel, server, monkeypatch):
    def slow(task, access):
        fresh(row).withdraw()
        return ask(task, access)

    row, ask = wanted(parcel), ups.request
    monkeypatch.setattr(ups, "request", slow)
    assert Interception.objects.work() == 2, "both at once"
    assert fresh(row).status == S.WITHDRAWN
    assert (len(server.asked), server.cancelled) == (1, [UPS_NUMBER])


def test_an_uncertain_one_that_is_withdrawn_and_never_arrived_is_not_asked_again(
    parcel, server, hurried
):
    server.behave("timeout")
    row = work(wanted(parcel))
    row.withdraw()
    server.heal()
    row = work(later(row, QUIET))
    assert len(server.asked) == 1 and (row.status == S.WITHDRAWN or row.must_call)


@pytest.mark.parametrize(
    ("how", "told"), [("timeout", Outcome.ACCEPTED), ("too_fast", Outcome.SUCCEEDED)]
)
def test_a_word_that_comes_during_the_call_counts_more_than_its_end(
    parcel, server, monkeypatch, hurried, how, told
):
    def slow(task, access):
        fresh(row).take(Answer(told))
        return ask(task, access)

    row, ask = wanted(parcel), ups.request
    monkeypatch.setattr(ups, "request", slow)
    server.behave(how)
    now = work(row)
    assert (now.status, now.is_uncertain) == (str(told), False)
    assert now.asked_at is not None


# --- before a guess, whoever knows is asked ---------------------------------------------------


def test_a_delivery_that_names_no_town_is_asked_about_before_it_is_judged(
    parcel, server, monkeypatch
):
    row = asked(parcel)
    monkeypatch.setattr(ups, "check", lambda task, access: Answer(Outcome.ACCEPTED))
    scanned(parcel, Milestone.DELIVERED)
    row = work(row)
    assert (row.status, row.is_guess) == (S.SUCCEEDED, True)


# --- the work as a whole ----------------------------------------------------------------------


def test_what_is_not_due_costs_one_query(parcel, server):
    for number in range(5):
        other = on_the_road(f"1Z999AA1012345679{number}")
        row = asked(other)
        Interception.objects.filter(pk=row.pk).update(due_at=timezone.now() + HOUR)
    with CaptureQueriesContext(connection) as queries:
        assert Interception.objects.work() == 0
    assert len(queries) == 1


def test_a_request_costs_as_many_queries_however_many_rest(parcel, server):
    def cost() -> int:
        row = wanted(parcel)
        with CaptureQueriesContext(connection) as queries:
            assert Interception.objects.work(limit=1) == 1
        assert fresh(row).status == S.ACCEPTED
        row.delete()
        server.made.clear()
        return len(queries)

    first = cost()
    for number in range(5):
        row = asked(on_the_road(f"1Z999AA1012345679{number}"))
        Interception.objects.filter(pk=row.pk).update(due_at=timezone.now() + HOUR)
    assert cost() == first < 40


def test_who_clicks_now_is_served_before_what_is_only_looked_at(parcel, server):
    old = asked(on_the_road("1Z999AA10123456790"))
    Interception.objects.filter(pk=old.pk).update(due_at=timezone.now() - HOUR)
    row = wanted(parcel)
    Interception.objects.work(limit=1)
    assert fresh(row).status == S.ACCEPTED and fresh(old).due_at < timezone.now()


def test_one_that_always_fails_holds_up_no_other(parcel, server, monkeypatch):
    class Broken(Exception):
        pass

    def scans(asking):
        if asking.row.pk == bad.pk:
            raise Broken
        return []

    bad = wanted(on_the_road("1Z999AA10123456790"))
    row = wanted(parcel)
    monkeypatch.setattr("tracking.models.asking.Asking.scans", property(scans))
    assert Interception.objects.work() == 2
    assert fresh(row).status == S.ACCEPTED
    bad = fresh(bad)
    assert (bad.state, bad.attempts, bad.status) == (WorkState.DUE, 1, S.REQUESTED)
    assert bad.last_error.startswith("Broken") and bad.due_at > timezone.now()
    for _ in range(25):
        if fresh(bad).state == WorkState.DUE:
            work(bad)
    assert fresh(bad).state == WorkState.DEAD and is_task(bad)
    assert fresh(bad).note_call(Outcome.FAILED, "They cannot.")
    assert not is_task(bad)


def test_a_gateway_that_hangs_is_left_alone_for_a_while(parcel, server, hurried):
    rows = [asked(on_the_road(f"1Z999AA1012345679{number}")) for number in range(4)]
    server.behave("timeout", at="eligibility")
    assert Interception.objects.work() == 1, "the others wait"
    waiting = [fresh(row) for row in rows]
    assert all(row.due_at > timezone.now() + LEFT_ALONE - MINUTE for row in waiting)
    assert sum(bool(row.last_error) for row in waiting) == 1
    row = wanted(parcel)
    assert Interception.objects.work() == 1
    assert fresh(row).last_error, "a click is tried all the same"


def test_the_task_asks_and_rings_for_more_when_its_time_is_over(
    parcel, server, monkeypatch, django_capture_on_commit_callbacks
):
    rang = []
    monkeypatch.setattr(tasks, "async_task", rang.append)
    with django_capture_on_commit_callbacks(execute=True):
        row = wanted(parcel)
    assert rang == ["tracking.tasks.intercept"]
    tasks.intercept()
    assert fresh(row).status == S.ACCEPTED


def test_a_click_goes_before_what_was_told_and_both_look_at_the_clock(chinese, server, monkeypatch):
    rang = []
    monkeypatch.setattr(tasks, "async_task", rang.append)
    monkeypatch.setattr(tasks, "LONGEST_ROUND", 0)
    gateway = GatewayAccount.objects.get(gateway="kuaidi100")
    for number in range(3):
        InterceptionReport.objects.create(gateway=gateway, delivery=str(number), body=b"")
    row = to_shenzhen(chinese)
    tasks.intercept()
    assert fresh(row).asked_at and len(server.asked) == 1
    assert InterceptionReport.objects.due().count() == 2, "its time was over"
    assert rang == ["tracking.tasks.intercept"]
    tasks.intercept()
    assert InterceptionReport.objects.due().count() == 1 and len(rang) == 2


def test_what_was_told_does_not_keep_what_is_only_looked_at_for_ever(parcel, monkeypatch):
    monkeypatch.setattr(tasks, "async_task", lambda name: None)
    row = asked(parcel)
    tasks.intercept()
    assert fresh(row).due_at > timezone.now()


def test_another_aim_goes_another_way(parcel, server):
    row = work(wanted(parcel, Aim.RETURN, reason="changed_mind"))
    assert row.status == S.ACCEPTED
    path, content = server.asked[0]
    assert "/return/" in path and content["reasonForReturn"] == "AM"
    scanned(parcel, Milestone.RETURNING, timezone.now() + timedelta(minutes=1))
    assert work(row).status == S.SUCCEEDED
