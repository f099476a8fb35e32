"""An account's access to a provider: its pace, its quota, and the breaker."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.tracking.loopback import Answer, loopback
from tests.tracking.playing import Played17Track, PlayedKuaidi100
from tests.tracking.seventeentrack import KEY, failure
from tests.tracking.simulated import MONDAY, Clock, simulated
from tracking import tasks
from tracking.models import Account, Connection, Following, Parcel
from tracking.models.connection import (
    FAILURES,
    FIRST_PAUSE,
    LONGEST_AFTER,
    LONGEST_PAUSE,
    PROBE,
    SLOW_DOWN,
    NotNow,
)
from tracking.providers import Action
from tracking.work import WorkState

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock():
    with simulated(Clock()) as clock:
        yield clock


@pytest.fixture
def server():
    with loopback() as server:
        yield server


@pytest.fixture
def track(server):
    return Played17Track(server)


@pytest.fixture
def account(db):
    return Account.objects.create(name="juniper", country="GB")


@pytest.fixture
def connection(account, track):
    return track.connect(account)


@pytest.fixture
def parcels(clock, account):
    """Makes so many parcels that nobody follows yet."""

    def make(count: int, carrier: str = "yto") -> list[Parcel]:
        first = Parcel.objects.count()
        return [
            Parcel.objects.announce(account, f"YT{first + n:013}", carrier) for n in range(count)
        ]

    return make


def same(connection: Connection) -> Connection:
    return Connection.objects.get(pk=connection.pk)


def rounds(clock: Clock, times: int = 1) -> None:
    for _ in range(times):
        clock.go(minutes=1)
        tasks.check()


# --- the pace ---------------------------------------------------------------------------------


def test_calls_start_at_the_pace_that_is_allowed(clock, track, connection, parcels):
    parcels(400)
    tasks.check()
    starts = [call.at for call in track.calls]
    assert len(starts) == 10
    gaps = [(later - early).total_seconds() for early, later in pairwise(starts)]
    assert min(gaps) >= 0.34
    assert clock.waited == pytest.approx([0.34] * 9)


def test_two_workers_share_one_pace(clock, connection):
    one, other = same(connection), same(connection)
    one.take_turn(2, 1)
    other.take_turn(2, 1)
    one.take_turn(2, 1)
    assert clock.waited == [2, 2]


def test_nobody_waits_long_for_a_turn(clock, connection):
    connection.slow_down(60)
    with pytest.raises(NotNow):
        connection.take_turn(1, 1)
    assert clock.waited == []
    clock.go(seconds=56)
    connection.take_turn(1, 1)
    assert clock.waited == [4]


def test_of_two_workers_that_take_the_same_turn_one_gets_it(clock, connection, monkeypatch):
    """The other one has read the row a moment before."""
    late = same(connection)
    monkeypatch.setattr(late, "refresh_from_db", lambda: None)
    connection.take_turn(1, 1)
    with pytest.raises(NotNow):
        late.take_turn(1, 1)


# --- too fast ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [7, 600, 7200])
def test_it_is_left_in_peace_for_as_long_as_it_says(clock, track, connection, parcels, seconds):
    parcels(1)
    track.trouble = lambda: Answer(status=429, headers={"Retry-After": str(seconds)})
    tasks.check()
    track.trouble = lambda: None
    begin = clock.now
    clock.go(seconds=max(0, seconds - 20))
    while len(track.calls) < 2:
        clock.go(seconds=1)
        Following.objects.update(due_at=clock.now)  # whatever the number itself would wait
        tasks.check()
        assert clock.now - begin < timedelta(seconds=seconds + 5)
    assert track.calls[1].at - begin >= timedelta(seconds=seconds)
    assert track.calls[1].at - begin <= timedelta(seconds=seconds + 1)
    assert track.registered


@pytest.mark.parametrize(
    ("after", "waits"),
    [
        (None, SLOW_DOWN),
        (0, timedelta(seconds=1)),
        (-5, timedelta(seconds=1)),
        (90, timedelta(seconds=90)),
        (3_000_000, LONGEST_AFTER),
    ],
)
def test_what_it_says_is_believed_within_reason(clock, connection, after, waits):
    connection.slow_down(after)
    assert same(connection).next_call_at == clock.now + waits


def test_that_we_were_too_fast_is_no_failure(clock, track, connection, parcels):
    parcels(1)
    track.trouble = lambda: Answer(status=429)
    rounds(clock, 30)
    assert same(connection).failures == 0
    assert same(connection).paused_until is None
    assert 10 < len(track.calls) <= 30


# --- the breaker ------------------------------------------------------------------------------


def break_it(connection: Connection) -> None:
    for _ in range(FAILURES):
        same(connection).note_failure("out of order")


def test_after_five_failures_in_a_row_nobody_calls(clock, track, connection, parcels):
    parcels(400)
    track.trouble = lambda: Answer(status=500)
    tasks.check()
    assert len(track.calls) == FAILURES
    assert same(connection).paused_until == track.calls[-1].at + FIRST_PAUSE
    clock.go(seconds=50)
    tasks.check()
    assert len(track.calls) == FAILURES


def test_an_answer_in_between_begins_the_count_anew(clock, connection):
    for _ in range(3):
        for _ in range(FAILURES - 1):
            same(connection).note_failure("out of order")
        same(connection).note_answer()
    assert same(connection).paused_until is None


def test_the_probe_is_one_number_and_closes_the_breaker(clock, track, connection, parcels):
    parcels(100)
    Parcel.objects.poll()
    break_it(connection)
    clock.go(seconds=FIRST_PAUSE.total_seconds() - 1)
    tasks.check()
    assert track.calls == []
    clock.go(seconds=1)
    tasks.check()
    assert len(track.calls[0].numbers) == 1
    now = same(connection)
    assert (now.failures, now.paused_until) == (0, None)
    rounds(clock, 2)
    assert len(track.registered) == 100


def test_each_probe_that_fails_doubles_the_pause_up_to_half_an_hour(
    clock, track, connection, parcels
):
    parcels(100)
    track.trouble = lambda: Answer(status=500)
    break_it(connection)
    pauses = []
    for _ in range(8):
        until = same(connection).paused_until
        pauses.append(until - clock.now)
        clock.to(until)
        Following.objects.update(due_at=clock.now)
        calls = len(track.calls)
        tasks.check()
        assert [len(call.numbers) for call in track.calls[calls:]] == [1]
    minutes = [1, 2, 4, 8, 16, 30, 30, 30]
    assert pauses == [timedelta(minutes=m) for m in minutes]


def test_one_worker_holds_the_probe(clock, connection):
    break_it(connection)
    clock.go(seconds=FIRST_PAUSE.total_seconds())
    one, other = same(connection), same(connection)
    one.take_turn(0.3, 1)
    with pytest.raises(NotNow):
        other.take_turn(0.3, 1)
    # Whoever held it was killed: another one may try.
    clock.go(seconds=PROBE.total_seconds() + 1)
    other.take_turn(0.3, 1)


def test_two_workers_that_reach_for_the_probe_at_once_are_not_both_given_it(
    clock, connection, monkeypatch
):
    break_it(connection)
    clock.go(seconds=FIRST_PAUSE.total_seconds())
    late = same(connection)
    monkeypatch.setattr(late, "refresh_from_db", lambda: None)
    same(connection).take_turn(0.3, 1)
    with pytest.raises(NotNow):
        late.take_turn(0.3, 1)


@pytest.mark.parametrize(
    "answer",
    [Answer(status=401), Answer(status=403), failure(-18010002), failure(-18019908)],
    ids=["401", "403", "wrong key", "no quota"],
)
def test_what_keeps_us_out_for_longer_opens_it_at_once(clock, track, connection, parcels, answer):
    parcels(100)
    track.trouble = lambda: answer
    tasks.check()
    assert len(track.calls) == 1
    assert same(connection).paused_until == clock.now + LONGEST_PAUSE
    rounds(clock, 29)
    assert len(track.calls) == 1
    assert Following.objects.filter(attempts=0, state=WorkState.DUE).count() == 100


def test_the_words_of_a_failure_are_kept_without_the_key(clock, track, connection, parcels):
    parcels(1)
    track.trouble = lambda: Answer(
        json={"code": 0, "data": {"errors": [{"code": -18010002, "message": f"No {KEY}."}]}}
    )
    tasks.check()
    now = same(connection)
    assert (now.last_failure_at, now.failures) == (clock.now, 1)
    assert "-18010002" in now.last_failure and KEY not in now.last_failure


def test_somebody_mended_it_and_closes_it_by_hand(clock, track, connection, parcels):
    parcels(1)
    connection.pause("the key is wrong")
    connection.slow_down(4000)
    break_it(connection)
    connection.try_again()
    tasks.check()
    assert len(track.registered) == 1


def test_while_it_is_open_the_second_provider_takes_over(clock, account, server, parcels, track):
    first = track.connect(account)
    kuaidi = PlayedKuaidi100(server)
    kuaidi.connect(account, position=1)
    track.trouble = lambda: Answer(status=500)
    mine = parcels(30)
    rounds(clock, 10)
    assert same(first).paused_until is not None
    assert set(kuaidi.registered) == {parcel.number for parcel in mine}
    # Well again: what waited there is registered too.
    track.trouble = lambda: None
    rounds(clock, 40)
    assert set(track.registered) == {parcel.number for parcel in mine}


def test_without_another_provider_they_wait_for_this_one(clock, track, connection, parcels):
    parcels(30)
    track.trouble = lambda: Answer(status=500)
    rounds(clock, 60)
    track.trouble = lambda: None
    rounds(clock, 40)
    assert len(track.registered) == 30


def test_a_breaker_is_of_one_account(clock, account, track, parcels):
    broken = track.connect(account)
    break_it(broken)
    other = track.connect(Account.objects.create(name="shanyue", country="CN"))
    assert same(other).can_be_asked(clock.now)
    assert not same(broken).can_be_asked(clock.now)


# --- the quota --------------------------------------------------------------------------------


def test_no_more_numbers_are_asked_in_a_day_than_were_paid_for(clock, account, track, parcels):
    connection = track.connect(account, daily_quota=70)
    parcels(100)
    rounds(clock, 20)
    assert len(track.registered) == 70
    assert same(connection).is_spent(clock.now)
    clock.to(datetime(2040, 3, 5, 23, 58, tzinfo=UTC))
    tasks.check()
    assert len(track.registered) == 70
    rounds(clock, 5)
    assert len(track.registered) == 100
    assert (same(connection).quota_day, same(connection).quota_used) == (clock.now.date(), 30)


def test_two_workers_together_keep_the_quota(clock, account, track):
    connection = track.connect(account, daily_quota=50)
    one, other = same(connection), same(connection)
    one.take_turn(0.3, 40)
    with pytest.raises(NotNow):
        other.take_turn(0.3, 40)
    other.take_turn(0.3, 10)
    assert same(connection).room(clock.now) == 0


def test_a_spent_quota_lets_the_second_provider_take_over(clock, account, server, parcels, track):
    track.connect(account, daily_quota=10)
    kuaidi = PlayedKuaidi100(server)
    kuaidi.connect(account, position=1)
    parcels(25)
    rounds(clock, 30)
    assert len(track.registered) == 10
    assert len(kuaidi.registered) >= 15


def test_without_a_quota_there_is_room_for_all(clock, connection):
    connection.take_turn(0.3, 40)
    assert same(connection).room(clock.now) > 10**9
    assert not same(connection).is_spent(clock.now)
    assert same(connection).quota_used == 40


def test_the_day_of_a_quota_is_that_of_utc(clock, account, track):
    connection = track.connect(account, daily_quota=5)
    assert clock.now == MONDAY
    connection.take_turn(0.3, 5)
    assert same(connection).is_spent(MONDAY + timedelta(hours=14, minutes=59))
    assert not same(connection).is_spent(MONDAY + timedelta(hours=15))


# --- who can be asked -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "may"),
    [
        ({}, True),
        ({"is_active": False}, False),
        ({"is_asked": False}, False),
        ({"paused_until": MONDAY + MINUTE}, False),
        ({"paused_until": MONDAY}, True),
        ({"daily_quota": 3, "quota_used": 3, "quota_day": MONDAY.date()}, False),
        ({"daily_quota": 3, "quota_used": 2, "quota_day": MONDAY.date()}, True),
        (
            {"daily_quota": 3, "quota_used": 3, "quota_day": MONDAY.date() - timedelta(days=1)},
            True,
        ),
    ],
)
def test_who_can_be_asked(values, may):
    assert Connection(**values).can_be_asked(MONDAY) is may


def test_a_backlog_at_one_account_keeps_no_other_waiting(clock, server, track, account, parcels):
    """Kuaidi100 takes one number a second; a hundred of them fill several rounds."""
    kuaidi = PlayedKuaidi100(server)
    slow = kuaidi.connect(account)
    mine = parcels(100)
    Following.objects.bulk_create(
        Following(
            parcel=parcel,
            connection=slow,
            number=parcel.number,
            wish=Action.QUERY,
            registered_at=clock.now,
        )
        for parcel in mine
    )
    other = Account.objects.create(name="shanyue", country="CN")
    track.connect(other)
    Parcel.objects.announce(other, "RB123456785GB", "royal-mail")
    tasks.check()
    assert track.registered
