"""One parcel at a provider: registered, asked, changed, stopped, refused, taken over."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.utils import timezone

from tests.tracking import kuaidi100
from tests.tracking.loopback import Answer, loopback
from tests.tracking.playing import Played17Track, PlayedKuaidi100
from tests.tracking.seventeentrack import NUMBER, ROYAL_MAIL, body, event, pushed, send
from tests.tracking.simulated import MONDAY, Clock, simulated
from tracking import tasks
from tracking.milestones import Milestone
from tracking.models import Account, Dispatch, Following, Parcel, Push, Scan, ScanReport
from tracking.models.following import LOCKED_FOR, SILENT_AFTER
from tracking.polling import GIVEN_UP_AFTER
from tracking.providers import Action, Outcome
from tracking.providers import kuaidi100 as kuaidi100_adapter
from tracking.providers import seventeentrack as adapter
from tracking.work import LEASE, WorkState

pytestmark = pytest.mark.django_db

EVRI, SF = 100331, 100012
CHINESE = "YT1234567890123"
ROAD = [event(0, "InTransit_PickedUp"), event(5, "InTransit_Other")]


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
def kuaidi(server):
    return PlayedKuaidi100(server)


@pytest.fixture
def account(db):
    return Account.objects.create(name="juniper", country="GB")


@pytest.fixture
def connection(account, track):
    return track.connect(account)


@pytest.fixture
def parcel(clock, account):
    dispatch = Dispatch(origin="LT", destination="GB", phone_tail="0178")
    return Parcel.objects.announce(account, NUMBER, "royal-mail", dispatch=dispatch)


def followed() -> Following:
    return Following.objects.get()


def rounds(clock: Clock, times: int = 1, minutes: int = 1) -> None:
    """What the clock rings for, so many times."""
    for _ in range(times):
        clock.go(minutes=minutes)
        tasks.check()


def now_event(clock: Clock, code: str) -> dict:
    return event(0, code, time_utc=clock.now.isoformat())


def meanwhile(monkeypatch, act) -> None:
    """Once, while the provider's answer is on its way."""
    real = adapter.call

    def call(action, asks, access):
        monkeypatch.setattr(adapter, "call", real)
        answers = real(action, asks, access)
        act()
        return answers

    monkeypatch.setattr(adapter, "call", call)


def half_a_day_later(clock: Clock) -> None:
    clock.go(hours=14)
    tasks.check()


# --- registering ------------------------------------------------------------------------------


def test_a_new_parcel_is_registered_with_all_that_is_known(clock, server, connection, parcel):
    Parcel.objects.update(carrier="sf")
    tasks.check()
    assert server.last.json == [
        {
            "number": NUMBER,
            "carrier": SF,
            "tag": str(parcel.pk),
            "phone_number_last_4": "0178",
            "origin_country": "LT",
            "destination_country": "GB",
        }
    ]
    row = followed()
    assert (row.state, row.registered_at, row.carrier_key) == (
        WorkState.DONE,
        clock.now,
        str(SF),
    )
    parcel.refresh_from_db()
    assert timedelta(hours=10) < parcel.next_check_at - clock.now < timedelta(hours=14)


def test_nobody_is_told_a_phone_that_its_carrier_does_not_want(clock, server, connection, parcel):
    assert parcel.phone_tail
    tasks.check()
    assert server.last.json[0]["number"] == NUMBER
    assert b"0178" not in server.last.body


def test_what_the_shop_says_does_not_put_the_registration_off(clock, track, connection, parcel):
    report = ScanReport(at=clock.now, milestone=Milestone.ACCEPTED)
    parcel.record([report])
    tasks.check()
    assert track.registered == {NUMBER: ROYAL_MAIL}


def test_what_is_registered_already_counts_as_registered(clock, track, connection, parcel):
    track.registered[NUMBER] = ROYAL_MAIL
    tasks.check()
    assert (followed().state, followed().registered_at) == (WorkState.DONE, clock.now)
    rounds(clock, 5)
    assert len(track.calls) == 1


def test_a_number_that_is_not_registered_there_is_registered_first(
    clock, track, connection, parcel
):
    tasks.check()
    track.registered.clear()
    track.events[NUMBER] = ROAD
    half_a_day_later(clock)
    rounds(clock)
    assert track.registered == {NUMBER: ROYAL_MAIL}
    assert [call.action for call in track.calls] == ["register", "query", "register"]
    half_a_day_later(clock)
    assert parcel.scans.count() == 2


def test_forty_numbers_are_one_call(clock, track, connection, account):
    for n in range(85):
        Parcel.objects.announce(account, f"RB{n:09}GB", "royal-mail")
    tasks.check()
    assert [len(call.numbers) for call in track.calls] == [40, 40, 5]
    assert Following.objects.filter(state=WorkState.DONE).count() == 85


# --- asking -----------------------------------------------------------------------------------


def test_what_a_query_brings_moves_the_parcel(clock, track, connection, parcel):
    tasks.check()
    track.events[NUMBER] = ROAD
    half_a_day_later(clock)
    parcel.refresh_from_db()
    assert (parcel.milestone, parcel.checked_at) == (Milestone.IN_TRANSIT, clock.now)
    assert set(parcel.scans.values_list("provider", flat=True)) == {"17track"}
    row = followed()
    assert (row.asked_at, row.heard_at, row.state) == (clock.now, clock.now, WorkState.DONE)


def test_that_nothing_is_known_yet_is_a_look_and_no_failure(clock, track, connection, parcel):
    tasks.check()
    half_a_day_later(clock)
    parcel.refresh_from_db()
    assert (parcel.milestone, parcel.checked_at) == (Milestone.ANNOUNCED, clock.now)
    row = followed()
    assert (row.state, row.last_error, row.heard_at) == (WorkState.DONE, "", None)
    connection.refresh_from_db()
    assert (connection.failures, connection.last_failure) == (0, "")


def test_a_number_is_not_asked_again_within_half_an_hour(clock, track, connection, parcel):
    tasks.check()
    half_a_day_later(clock)
    asked_at = clock.now
    assert parcel.ask_now() == (0, asked_at + LOCKED_FOR)
    Parcel.objects.update(next_check_at=clock.now)
    rounds(clock, 29)
    assert track.asked("query") == [NUMBER]
    clock.go(minutes=2)
    assert parcel.ask_now() == (1, None)
    tasks.check()
    assert track.asked("query") == [NUMBER] * 2


def test_a_number_that_is_locked_there_waits_half_an_hour(clock, account, kuaidi, server):
    kuaidi.connect(account)
    parcel = Parcel.objects.announce(account, CHINESE, "yto")
    tasks.check()
    locked = Answer(json={"result": False, "returnCode": "504", "message": "锁单"})
    server.answers("/poll/query.do", locked)
    half_a_day_later(clock)
    row = followed()
    assert (row.state, row.locked_until) == (WorkState.DONE, clock.now + LOCKED_FOR)
    assert parcel.ask_now() == (0, clock.now + LOCKED_FOR)


def test_the_desk_asks_at_once(clock, track, connection, parcel):
    tasks.check()
    track.events[NUMBER] = ROAD
    clock.go(minutes=1)
    assert parcel.ask_now() == (1, None)
    tasks.check()
    assert parcel.scans.count() == 2


def test_asking_for_what_nobody_follows_yet_registers_it(clock, account, track, parcel):
    tasks.check()
    parcel.refresh_from_db()
    assert parcel.next_check_at is None
    track.connect(account)
    assert parcel.ask_now() == (0, None)
    tasks.check()
    assert NUMBER in track.registered


def test_nothing_is_asked_after_the_end(clock, track, connection, parcel):
    tasks.check()
    track.events[NUMBER] = [*ROAD, event(9, "Delivered_Other")]
    half_a_day_later(clock)
    parcel.refresh_from_db()
    assert (parcel.milestone, parcel.next_check_at) == (Milestone.DELIVERED, None)
    calls = len(track.calls)
    for _ in range(5):
        half_a_day_later(clock)
    assert len(track.calls) == calls


def test_a_parcel_that_turned_back_is_asked_for_again(clock, track, connection, parcel):
    tasks.check()
    story = [now_event(clock, "Delivered_Other")]
    send(pushed(*story))
    tasks.process_pushes()
    half_a_day_later(clock)
    assert track.asked("query") == []
    send(pushed(*story, now_event(clock, "Exception_Returning")))
    tasks.process_pushes()
    half_a_day_later(clock)
    assert track.asked("query") == [NUMBER]


def test_what_was_pushed_a_moment_ago_is_not_asked_for(clock, track, connection, parcel):
    tasks.check()
    story: list[dict] = []
    for number in range(6):
        clock.go(hours=6)
        story.append(now_event(clock, "InTransit_Other"))
        Push.objects.create(
            account=parcel.account,
            provider="17track",
            delivery=f"push {number}",
            body=pushed(*story),
            received_at=clock.now,
        )
        tasks.process_pushes()
        tasks.check()
    assert track.asked("query") == []
    half_a_day_later(clock)
    assert track.asked("query") == [NUMBER], "then it was quiet"


def test_a_question_that_waits_is_dropped_when_the_answer_is_pushed(
    clock, track, connection, parcel
):
    tasks.check()
    clock.go(hours=1)
    parcel.ask_now()
    send(pushed(*ROAD))
    tasks.process_pushes()
    rounds(clock, 3)
    assert track.asked("query") == []
    assert followed().state == WorkState.DONE


def test_what_was_silent_for_two_months_is_given_back(clock, track, connection, parcel):
    tasks.check()
    clock.go(seconds=GIVEN_UP_AFTER.total_seconds() + 3600)
    rounds(clock, 2)
    assert track.registered == {}
    assert followed().stopped_at is not None
    parcel.refresh_from_db()
    assert parcel.next_check_at is None


# --- the carrier ------------------------------------------------------------------------------


def test_a_corrected_carrier_is_told_to_whoever_follows(clock, server, track, connection, parcel):
    tasks.check()
    parcel.correct_carrier("evri")
    tasks.check()
    changes = [seen.json for seen in server.seen if seen.path.endswith("changecarrier")]
    assert changes == [[{"number": NUMBER, "carrier_old": ROYAL_MAIL, "carrier_new": EVRI}]]
    assert (followed().carrier_key, track.registered) == (str(EVRI), {NUMBER: EVRI})


def test_a_provider_that_knows_no_change_is_given_the_number_anew(clock, account, kuaidi):
    kuaidi.connect(account)
    parcel = Parcel.objects.announce(account, CHINESE, "yto")
    tasks.check()
    assert kuaidi.registered == {CHINESE: "yuantong"}
    parcel.correct_carrier("zto")
    rounds(clock, 3)
    assert kuaidi.registered == {CHINESE: "zhongtong"}
    assert followed().carrier_key == "zhongtong"


def test_what_comes_about_the_old_carrier_after_the_correction_is_dropped(
    clock, track, connection, parcel, monkeypatch
):
    """The desk corrects it while the answer is on its way."""
    tasks.check()
    track.events[NUMBER] = [*ROAD, event(9, "Delivered_Other")]
    clock.go(hours=1)
    parcel.ask_now()
    meanwhile(monkeypatch, lambda: Parcel.objects.get().correct_carrier("evri"))
    tasks.check()
    parcel.refresh_from_db()
    assert (parcel.carrier, parcel.milestone) == ("evri", Milestone.ANNOUNCED)
    assert not Scan.objects.exists()
    rounds(clock, 2)
    assert track.registered == {NUMBER: EVRI}


def test_a_carrier_that_the_provider_found_out_is_learned_from_its_answer(
    clock, account, track, connection
):
    parcel = Parcel.objects.announce(account, NUMBER, "")
    track.finds[NUMBER] = ROYAL_MAIL
    track.events[NUMBER] = ROAD
    tasks.check()
    half_a_day_later(clock)
    parcel.refresh_from_db()
    assert (parcel.carrier, parcel.scans.count()) == ("royal-mail", 2)


def test_an_answer_about_the_same_number_of_another_carrier_is_not_believed(
    clock, track, connection, parcel
):
    track.finds[NUMBER] = EVRI
    track.events[NUMBER] = ROAD
    tasks.check()
    half_a_day_later(clock)
    assert parcel.scans.count() == 0


def test_a_provider_that_finds_another_carrier_drops_what_the_wrong_one_told(
    clock, account, kuaidi
):
    """Kuaidi100 follows the number under the right company from then on, and says so."""
    kuaidi.connect(account)
    parcel = Parcel.objects.announce(account, CHINESE, "yto")
    wrong = kuaidi100.pushed(kuaidi100.line(0, "3"), company="yuantong")
    found = kuaidi100.pushed(
        kuaidi100.line(9, "0"), company="zhongtong", comOld="yuantong", comNew="zhongtong"
    )
    for content in (wrong, found):
        Push.objects.create(
            account=account, provider="kuaidi100", delivery=f"{hash(content)}", body=content
        )
    tasks.process_pushes()
    parcel.refresh_from_db()
    assert (parcel.carrier, parcel.milestone) == ("zto", Milestone.IN_TRANSIT)
    assert [scan.carrier for scan in parcel.scans.all()] == ["zto"]


# --- stopping ---------------------------------------------------------------------------------


def test_a_dropped_parcel_is_stopped_and_nothing_of_it_is_left(clock, track, connection, parcel):
    tasks.check()
    parcel.drop()
    tasks.check()
    assert track.asked("stop") == [NUMBER]
    assert track.registered == {}
    assert not Following.objects.exists() and not Parcel.objects.exists()


def test_a_dropped_parcel_that_nobody_registered_is_just_gone(clock, track, connection, parcel):
    parcel.drop()
    tasks.check()
    assert track.calls == [] and not Following.objects.exists()


def test_what_is_asked_at_the_moment_it_is_dropped_is_stopped_as_well(
    clock, track, connection, parcel, monkeypatch
):
    meanwhile(monkeypatch, lambda: Parcel.objects.get().drop())
    tasks.check()
    rounds(clock, 2)
    assert track.registered == {}
    assert not Following.objects.exists()


def test_a_number_that_is_ours_once_more_is_not_stopped(clock, account, track, connection, parcel):
    """A buyer corrects a number, and corrects it back, within a minute."""
    tasks.check()
    parcel.drop()
    Parcel.objects.announce(account, NUMBER, "royal-mail")
    rounds(clock, 3)
    assert NUMBER in track.registered
    assert track.asked("stop") == []
    assert followed().parcel is not None


def test_where_nothing_can_be_stopped_nothing_is_kept_either(clock, account, kuaidi):
    kuaidi.connect(account)
    parcel = Parcel.objects.announce(account, CHINESE, "yto")
    tasks.check()
    parcel.drop()
    tasks.check()
    assert not Following.objects.exists()


# --- refusals, and the second provider --------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        (-18010012, Outcome.REFUSED),
        (-18019903, Outcome.NEEDS_CARRIER),
        (-18010020, Outcome.NEEDS_PHONE),
    ],
)
def test_a_refusal_stays_for_the_desk_to_read(clock, track, connection, parcel, code, refusal):
    track.refusals[NUMBER] = code
    tasks.check()
    row = followed()
    assert (row.state, row.refusal, row.is_refused) == (WorkState.DEAD, refusal, True)
    assert "As told" in row.last_error
    rounds(clock, 30)
    assert len(track.calls) == 1
    parcel.refresh_from_db()
    assert parcel.next_check_at is None, "nobody else is there to be asked"


def test_what_the_first_refuses_the_second_takes_over_at_once(clock, account, track, kuaidi):
    track.connect(account)
    kuaidi.connect(account, position=1)
    Parcel.objects.announce(account, CHINESE, "yto")
    track.refusals[CHINESE] = -18019903
    tasks.check()
    rounds(clock)
    assert kuaidi.registered == {CHINESE: "yuantong"}


def test_a_corrected_carrier_ends_a_refusal(clock, track, connection, parcel):
    track.refusals[NUMBER] = -18019903
    tasks.check()
    track.refusals.clear()
    parcel.correct_carrier("evri")
    rounds(clock)
    row = followed()
    assert (row.state, row.refusal) == (WorkState.DONE, "")
    assert track.registered == {NUMBER: EVRI}


def test_a_carrier_that_the_first_does_not_follow_goes_to_the_second(clock, account, track, kuaidi):
    kuaidi.connect(account)
    track.connect(account, position=1)
    Parcel.objects.announce(account, NUMBER, "royal-mail")
    tasks.check()
    assert (kuaidi.registered, track.registered) == ({}, {NUMBER: ROYAL_MAIL})


def test_when_the_first_is_silent_for_a_day_the_second_is_asked_too(clock, account, track, kuaidi):
    track.connect(account)
    kuaidi.connect(account, position=1)
    parcel = Parcel.objects.announce(account, CHINESE, "yto")
    tasks.check()
    half_a_day_later(clock)
    assert kuaidi.calls == []
    clock.go(seconds=SILENT_AFTER.total_seconds())
    tasks.check()
    assert kuaidi.registered == {CHINESE: "yuantong"}
    for code in ("103", "0", "5"):
        # As long as the first says nothing, every look asks the second.
        at = f"{clock.now:%Y-%m-%d %H:%M:%S}"
        told = kuaidi100.line(0, code) | {"time": at, "ftime": at}
        kuaidi.lines[CHINESE] = [told, *kuaidi.lines.get(CHINESE, [])]
        half_a_day_later(clock)
        assert parcel.scans.filter(code=code).exists()
    track.events[CHINESE] = [now_event(clock, "OutForDelivery_Other")]
    half_a_day_later(clock)
    providers = set(parcel.scans.values_list("provider", flat=True))
    assert providers == {"17track", "kuaidi100"}
    asked = len(kuaidi.calls)
    half_a_day_later(clock)
    assert len(kuaidi.calls) == asked, "the first is enough again"


# --- accounts ---------------------------------------------------------------------------------


def test_without_a_provider_nothing_is_asked_until_one_is_connected(clock, account, track, parcel):
    tasks.check()
    parcel.refresh_from_db()
    assert (parcel.next_check_at, track.calls) == (None, [])
    connection = track.connect(account, is_active=False)
    assert Parcel.objects.take_up(account.pk) == 1
    tasks.check()
    assert track.calls == []
    connection.is_active = True
    connection.save()
    assert Parcel.objects.take_up(account.pk) == 1
    tasks.check()
    assert track.registered == {NUMBER: ROYAL_MAIL}


def test_taking_up_leaves_parcels_alone_that_have_arrived(clock, account, parcel):
    parcel.record([], now=clock.now)
    Parcel.objects.update(ended_at=clock.now, next_check_at=None)
    assert Parcel.objects.take_up(account.pk) == 0


def test_a_connection_that_only_pushes_is_never_asked(clock, account, track, parcel):
    track.connect(account, is_asked=False)
    tasks.check()
    assert track.calls == []
    assert send(body("delivered")).status_code == 200


def test_one_account_is_not_asked_for_by_the_key_of_another(clock, account, track, parcel):
    track.connect(Account.objects.create(name="shanyue", country="CN"))
    tasks.check()
    assert track.calls == []


# --- accidents --------------------------------------------------------------------------------


class Killed(BaseException):
    """Nothing catches it."""


def test_a_worker_that_is_killed_before_it_settles_asks_once_more(
    clock, track, connection, parcel, monkeypatch
):
    tasks.check()
    track.events[NUMBER] = ROAD
    clock.go(hours=14)

    def kill(*args):
        raise Killed

    with monkeypatch.context() as killed, pytest.raises(Killed):
        killed.setattr(Following, "take", kill)
        tasks.check()
    assert followed().state == WorkState.CLAIMED
    tasks.check()
    assert track.asked("query") == [NUMBER], "it is in somebody's hands"
    clock.go(seconds=LEASE.total_seconds() + 1)
    tasks.check()
    assert track.asked("query") == [NUMBER] * 2
    assert (parcel.scans.count(), followed().state) == (2, WorkState.DONE)


def test_a_call_that_fails_is_no_attempt_of_the_number(clock, track, connection, parcel):
    track.trouble = lambda: Answer(status=503)
    tasks.check()
    row = followed()
    assert (row.state, row.attempts, row.registered_at) == (WorkState.DUE, 0, None)
    assert timedelta(seconds=30) <= row.due_at - clock.now <= timedelta(minutes=1)


def test_a_number_whose_answer_cannot_be_read_is_given_up(
    clock, account, kuaidi, monkeypatch, caplog
):
    """Alone in its call, it is its own fault; it does not stop the others for ever."""
    kuaidi.connect(account)
    poison = Parcel.objects.announce(account, CHINESE, "yto")
    other = Parcel.objects.announce(account, "YT1234567890124", "yto")
    real = kuaidi100_adapter.call

    def call(action, asks, access):
        if asks[0].number == CHINESE:
            raise ValueError("Sarah Whitcombe")
        return real(action, asks, access)

    monkeypatch.setattr(kuaidi100_adapter, "call", call)
    # Twenty attempts, the later ones up to six hours apart.
    for _ in range(100):
        rounds(clock, minutes=90)
    rows = {row.parcel_id: row for row in Following.objects.all()}
    assert rows[poison.pk].state == WorkState.DEAD
    assert rows[other.pk].registered_at is not None
    assert "ValueError" in rows[poison.pk].last_error
    assert "Sarah" not in caplog.text + rows[poison.pk].last_error


def test_what_somebody_holds_is_not_asked_by_another(clock, connection, parcel, track):
    Parcel.objects.poll()
    [row] = Following.objects.claim()
    tasks.check()
    assert track.calls == []
    assert parcel.ask_now() == (0, timezone.now())
    row.postpone()
    rounds(clock, 2)
    assert track.registered == {NUMBER: ROYAL_MAIL}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_ask_for_every_number_once_and_keep_the_pace():
    account = Account.objects.create(name="juniper", country="GB")
    errors: list[Exception] = []
    with loopback() as server, simulated(Clock()) as clock:
        track = Played17Track(server)
        track.connect(account)
        for n in range(200):
            Parcel.objects.announce(account, f"RB{n:09}GB", "royal-mail")
        while Following.objects.filter(registered_at__isnull=False).count() < 200:
            start = Barrier(2)

            def worker(start: Barrier = start) -> None:
                try:
                    start.wait(10)
                    tasks.check()
                except Exception as error:
                    errors.append(error)
                finally:
                    connections.close_all()

            threads = [Thread(target=worker) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
                assert not thread.is_alive(), "two hands wait for each other"
            assert errors == []
            assert clock.go(minutes=2) < MONDAY + timedelta(hours=2)
    assert sorted(track.asked("register")) == [f"RB{n:09}GB" for n in range(200)]
    assert set(Following.objects.values_list("state", "attempts")) == {(WorkState.DONE, 1)}


def test_a_row_that_is_asked_for_keeps_its_lease(clock, connection, parcel):
    Parcel.objects.poll()
    [row] = Following.objects.claim()
    assert Following.objects.filter(pk=row.pk).ask(Action.QUERY) == 0
    assert row.done()
