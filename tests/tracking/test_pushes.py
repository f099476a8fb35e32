"""Pushes of providers: stored once, acknowledged, processed after; the story stays right."""

import hashlib
import json
import logging
from datetime import timedelta

import pytest
from django.db import connection as database
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracking.seventeentrack import KEY, NUMBER, body, connect, event, pushed, send
from tracking import tasks, views
from tracking.milestones import Milestone
from tracking.models import Account, Connection, Parcel, Push, Scan
from tracking.models.push import KEPT_FOR, REPEAT, PushQuerySet
from tracking.signals import milestone_reached
from tracking.work import WorkState

pytestmark = pytest.mark.django_db
JOURNEY = [
    event(0, "InfoReceived"),
    event(5, "InTransit_PickedUp"),
    event(9, "InTransit_Other", location="Swindon"),
    event(30, "InTransit_CustomsProcessing", location="Vilnius"),
    event(40, "InTransit_CustomsReleased", location="Vilnius"),
    event(60, "OutForDelivery_Other", location="Vilnius"),
    event(64, "Delivered_Other", location="Vilnius"),
]


@pytest.fixture
def juniper():
    return connect()


@pytest.fixture
def parcel(juniper):
    return Parcel.objects.announce(juniper.account, NUMBER, "royal-mail")


def rings() -> list[str]:
    return [ring.func() for ring in OrmQ.objects.all()]


def take_in(content: bytes, to: str = "juniper") -> Push:
    """The push, received and processed."""
    assert send(content, to).status_code == 200
    tasks.process_pushes()
    digest = hashlib.sha256(content).hexdigest()
    return Push.objects.get(account__slug=to, delivery=digest)


def story(parcel: Parcel) -> tuple[str, list[tuple]]:
    parcel.refresh_from_db()
    scans = parcel.scans.order_by("at", "code", "place")
    return parcel.milestone, list(scans.values_list("at", "code", "place", "milestone"))


# --- at the door ------------------------------------------------------------------------------


def test_a_push_is_stored_as_it_came_and_acknowledged(juniper, django_capture_on_commit_callbacks):
    content = body("at-customs")
    with django_capture_on_commit_callbacks(execute=True):
        answer = send(content)
    assert (answer.status_code, answer.json()) == (200, {"code": 0})
    push = Push.objects.get()
    assert (bytes(push.body), push.account, push.provider, push.state) == (
        content,
        juniper.account,
        "17track",
        WorkState.DUE,
    )
    assert push.delivery == hashlib.sha256(content).hexdigest()
    assert rings() == ["tracking.tasks.process_pushes"]


def test_nothing_is_looked_into_before_it_is_acknowledged(parcel):
    send(body("delivered"))
    assert not Scan.objects.exists()


def test_the_same_push_again_is_one_row_and_rings_once(juniper, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answers = [send(body("delivered")) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert Push.objects.count() == 1
    assert len(rings()) == 1


@pytest.mark.parametrize(
    "forge",
    [
        lambda content: send(content, key="another-key"),
        lambda content: send(content, key=""),
        lambda content: Client().post(
            "/hooks/17track/juniper/", content, content_type="application/json"
        ),
        lambda content: Client().post(
            "/hooks/17track/juniper/",
            content.replace(b"Bristol", b"Bruxels"),
            content_type="application/json",
            headers={"sign": hashlib.sha256(content + b"/" + KEY.encode()).hexdigest()},
        ),
    ],
    ids=["wrong key", "no key", "no header", "changed body"],
)
def test_a_forged_push_is_refused_and_leaves_nothing_but_a_count(juniper, parcel, forge):
    answer = forge(body("at-customs"))
    assert (answer.status_code, answer.json()) == (401, {"error": "The signature does not fit."})
    assert not Push.objects.exists() and not rings()
    juniper.refresh_from_db()
    assert juniper.forged_count == 1
    assert timezone.now() - juniper.last_forged_at < timedelta(minutes=1)


def test_a_push_for_one_account_is_forged_at_another(juniper):
    other = connect("shanyue", "a-key-of-shanyue")
    assert send(body("delivered"), "shanyue").status_code == 401
    assert send(body("delivered"), "juniper").status_code == 200
    other.refresh_from_db()
    assert other.forged_count == 1
    assert [push.account for push in Push.objects.all()] == [juniper.account]


def test_a_connection_without_a_key_believes_nobody():
    connect(key="")
    assert send(body("delivered"), key="").status_code == 401


def test_a_flood_of_forged_pushes_is_counted_once_a_second(juniper):
    for _ in range(5):
        send(body("delivered"), key="guess")
    juniper.refresh_from_db()
    assert juniper.forged_count == 1
    later = juniper.last_forged_at - timedelta(seconds=1)
    Connection.objects.update(last_forged_at=later)
    send(body("delivered"), key="guess")
    juniper.refresh_from_db()
    assert juniper.forged_count == 2


@pytest.mark.parametrize(
    "address",
    ["/hooks/17track/nobody/", "/hooks/18track/juniper/", "/hooks/17track/closed/"],
)
def test_an_address_that_leads_nowhere_says_so(juniper, address):
    connect("closed", is_active=False)
    answer = Client().post(address, b"{}", content_type="application/json")
    assert (answer.status_code, list(answer.json())) == (404, ["error"])


def test_an_account_that_only_has_another_provider_is_no_address(juniper):
    Connection.objects.update(provider="kuaidi100")
    assert send(body("delivered")).status_code == 404


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "options"])
def test_other_methods_are_refused(juniper, method):
    answer = getattr(Client(), method)("/hooks/17track/juniper/")
    assert (answer.status_code, answer["Allow"], list(answer.json())) == (405, "POST", ["error"])


def test_the_slash_may_be_forgotten(juniper):
    content = body("delivered")
    sign = hashlib.sha256(content + b"/" + KEY.encode()).hexdigest()
    answer = Client().post(
        "/hooks/17track/juniper",
        content,
        content_type="application/json",
        headers={"SIGN": sign},
    )
    assert answer.status_code == 200


def test_machines_get_no_cookie_and_need_no_form_token(juniper):
    answer = send(body("delivered"), client=Client(enforce_csrf_checks=True))
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")


def push_view(content: bytes) -> HttpResponse:
    """The view by itself: the site refuses large bodies before."""
    request = RequestFactory().post("/", content, content_type="application/json")
    return views.push(request, "17track", "juniper")


def test_a_body_over_the_limit_is_refused(juniper):
    answer = push_view(b"a" * (views.LARGEST + 1))
    assert (answer.status_code, list(json.loads(answer.content))) == (413, ["error"])
    assert push_view(b"a" * views.LARGEST).status_code == 401
    assert send(b"a" * (views.LARGEST + 1)).status_code == 413
    assert not Push.objects.exists()


def test_a_sender_who_hangs_up_halfway_leaves_nothing(juniper):
    class Broken:
        def read(self, size: int) -> bytes:
            raise ConnectionResetError

    request = RequestFactory().post("/", b"{}", content_type="application/json")
    request._stream = Broken()
    assert views.push(request, "17track", "juniper").status_code == 400
    assert not Push.objects.exists()


def test_a_push_may_be_larger_than_a_form(juniper):
    """Two hundred events and more are no form, and no attack."""
    content = pushed(*(event(hour, "InTransit_Other") for hour in range(5000)))
    assert 256 * 1024 < len(content) < views.LARGEST
    request = RequestFactory().post(
        "/",
        content,
        content_type="application/json",
        headers={"sign": hashlib.sha256(content + b"/" + KEY.encode()).hexdigest()},
    )
    assert views.push(request, "17track", "juniper").status_code == 200


def queries(act) -> int:
    with CaptureQueriesContext(
        database,
    ) as captured:
        act()
    return len(captured)


def test_taking_in_costs_the_same_whatever_is_in_it(parcel, django_capture_on_commit_callbacks):
    def sent(content: bytes) -> int:
        with django_capture_on_commit_callbacks(execute=True):
            return queries(lambda: send(content))

    small = sent(pushed(*JOURNEY[:1]))
    many = [event(hour, "InTransit_Other") for hour in range(500)]
    # The connection and two INSERTs; the others begin and end transactions.
    assert sent(pushed(*many)) == small <= 5
    assert sent(pushed(*many)) <= 6  # a repeat is refused by the INSERT, and looked up


def test_processing_costs_the_same_whatever_is_in_it(parcel):
    def processed(*events) -> int:
        send(pushed(*events))
        (push,) = Push.objects.claim(1)
        return queries(push.process)

    processed(event(0, "InTransit_Other"))  # from here on it is no new milestone
    small = processed(event(1, "InTransit_Other"))
    assert processed(*(event(hour, "InTransit_Other") for hour in range(2, 60))) == small


# --- what comes of it -------------------------------------------------------------------------


def test_a_push_moves_its_parcel(parcel):
    push = take_in(body("at-customs"))
    parcel.refresh_from_db()
    assert (parcel.milestone, parcel.scans.count()) == (Milestone.CUSTOMS, 4)
    assert parcel.checked_at == push.received_at
    assert (push.state, push.parcels, push.scans_told, push.scans_new) == (
        WorkState.DONE,
        1,
        4,
        4,
    )
    assert push.outcome == f"{NUMBER}: 4 scans, 4 new; now “At customs”."


def test_the_whole_history_again_adds_what_is_new(parcel):
    take_in(body("at-customs"))
    push = take_in(body("delivered"))
    assert (push.scans_told, push.scans_new) == (7, 3)
    parcel.refresh_from_db()
    assert (parcel.milestone, parcel.scans.count()) == (Milestone.DELIVERED, 7)


def test_an_older_push_that_comes_late_does_not_undo_the_delivery(parcel):
    take_in(body("delivered"))
    push = take_in(body("at-customs"))
    assert push.scans_new == 0
    assert story(parcel)[0] == Milestone.DELIVERED


def test_on_the_road_after_delivered_is_told_and_changes_nothing(parcel):
    take_in(pushed(*JOURNEY))
    take_in(pushed(*JOURNEY, event(70, "InTransit_Other")))
    assert (story(parcel)[0], parcel.scans.count()) == (Milestone.DELIVERED, 8)


def test_the_news_is_sent_once_however_often_it_is_pushed(parcel):
    heard = []

    def listen(sender, parcel, before, **kwargs):
        heard.append(parcel.milestone)

    milestone_reached.connect(listen)
    try:
        take_in(body("delivered"))
        take_in(body("at-customs"))
        Push.objects.all().again()
        tasks.process_pushes()
    finally:
        milestone_reached.disconnect(listen)
    assert heard == [Milestone.DELIVERED]


numbered_accounts = iter(range(10**9))


@settings(max_examples=15)
@given(
    st.lists(st.integers(0, len(JOURNEY)), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
def test_pushes_in_any_order_and_any_number_end_the_same(ends, random):
    """Each push holds what was known at its time, in some order and in some words."""
    name = f"account-{next(numbered_accounts)}"
    account = connect(name).account
    parcel = Parcel.objects.announce(account, NUMBER, "royal-mail")
    for end in [*ends, len(JOURNEY), random.choice(ends)]:
        known = random.sample(JOURNEY[:end], end)
        words = {"description": random.choice(["As told", "In other words"])}
        send(pushed(*(told | words for told in known)), name)
        if random.random() < 0.5:
            Push.objects.filter(account=account).again()
        tasks.process_pushes()
    milestone, scans = story(parcel)
    assert milestone == Milestone.DELIVERED
    assert [code for _, code, *_ in scans] == [told["sub_status"] for told in JOURNEY]


def test_that_17track_stops_following_changes_nothing(parcel):
    take_in(body("at-customs"))
    before = story(parcel), parcel.checked_at
    push = take_in(body("stopped"))
    assert (push.state, push.outcome) == (
        WorkState.DONE,
        f"{NUMBER}: 17TRACK has stopped following it.",
    )
    assert (story(parcel), parcel.checked_at) == before


def test_a_number_that_is_not_found_yet_is_no_news_but_a_look(parcel):
    push = take_in(pushed())
    parcel.refresh_from_db()
    assert (parcel.milestone, parcel.checked_at) == (Milestone.ANNOUNCED, push.received_at)


@pytest.mark.parametrize(
    "content", [b"hello", b"", b"[]", b'{"event": "TRACKING_UPDATED"}', b"\x00\xff"]
)
def test_garbage_of_the_right_sender_is_acknowledged_and_given_up(juniper, content):
    push = take_in(content)
    assert (push.state, bytes(push.body)) == (WorkState.DEAD, content)
    assert push.last_error.startswith(("It is", "There is no"))


def test_an_event_that_nobody_knows_is_done_without_effect(juniper):
    assert take_in(b'{"event": "TRACKING_PAINTED"}').outcome == "It says nothing about a parcel."


def test_words_that_no_database_takes_are_kept_as_far_as_they_can(parcel):
    push = take_in(body("odd"))
    assert push.state == WorkState.DONE
    assert "Beamed across" in parcel.scans.values_list("words", flat=True)


# --- whose parcel it is -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "told"),
    [
        ("RB 123 456 785 GB", NUMBER),
        ("rb123456785gb", NUMBER),
        ("RB-123.456_785-GB", NUMBER),
        (NUMBER, "rb 123456785 gb"),
        (NUMBER, "ＲＢ１２３４５６７８５ＧＢ"),
    ],
)
def test_a_number_is_the_same_however_it_is_written(juniper, ours, told):
    parcel = Parcel.objects.announce(juniper.account, ours, "royal-mail")
    assert take_in(pushed(*JOURNEY, number=told)).parcels == 1
    assert story(parcel)[0] == Milestone.DELIVERED
    assert parcel.number == ours


def test_a_parcel_of_another_account_hears_nothing(juniper):
    theirs = Parcel.objects.announce(connect("shanyue").account, NUMBER, "royal-mail")
    push = take_in(body("delivered"))
    assert push.outcome == f"{NUMBER}: no parcel of this account has this number."
    assert theirs.scans.count() == 0


@pytest.mark.parametrize(
    ("ours", "theirs", "meant"),
    [
        ("royal-mail", 11031, True),
        ("", 11031, True),
        ("Wild West Express", 11031, True),  # a name that no table knows
        ("royal-mail", 0, True),
        ("royal-mail", 999999, True),
        ("evri", 11031, False),
        ("dhl", 7041, True),  # shops write “DHL” and mean either
        ("ems", 3011, True),
        ("ems", 7041, False),
    ],
)
def test_news_is_for_the_parcel_of_that_carrier(juniper, ours, theirs, meant):
    parcel = Parcel.objects.announce(juniper.account, NUMBER, ours)
    push = take_in(pushed(*JOURNEY, carrier=theirs))
    assert bool(parcel.scans.count()) is meant
    assert push.state == WorkState.DONE


def test_two_carriers_with_one_number_are_told_apart(juniper):
    evri = Parcel.objects.announce(juniper.account, NUMBER, "evri")
    royal = Parcel.objects.announce(juniper.account, NUMBER, "royal-mail")
    push = take_in(body("delivered"))
    assert (evri.scans.count(), royal.scans.count(), push.parcels) == (0, 7, 1)


def test_a_parcel_of_another_carrier_is_named_in_the_outcome(juniper):
    Parcel.objects.announce(juniper.account, NUMBER, "evri")
    assert take_in(body("delivered")).outcome == (
        f"{NUMBER}: our parcel goes with evri, and this is about royal-mail."
    )


def test_the_carrier_of_the_last_mile_counts_as_well(juniper):
    parcel = Parcel.objects.announce(juniper.account, "YT2632212345678901", "usps")
    take_in(body("two-carriers"))
    assert story(parcel)[0] == Milestone.DELIVERED
    assert parcel.carrier == "usps"


def test_a_carrier_that_we_did_not_know_is_learned(juniper):
    parcel = Parcel.objects.announce(juniper.account, NUMBER, "")
    take_in(body("delivered"))
    parcel.refresh_from_db()
    assert parcel.carrier == "royal-mail"


@pytest.mark.parametrize("ours", ["Wild West Express", "evri"])
def test_a_carrier_that_somebody_named_stays(juniper, ours):
    parcel = Parcel.objects.announce(juniper.account, NUMBER, ours)
    take_in(body("delivered"))
    parcel.refresh_from_db()
    assert parcel.carrier == ours


def test_a_carrier_is_not_learned_where_that_parcel_is_known_already(juniper):
    known = Parcel.objects.announce(juniper.account, NUMBER, "royal-mail")
    nameless = Parcel.objects.announce(juniper.account, NUMBER, "")
    push = take_in(body("delivered"))
    nameless.refresh_from_db()
    assert (nameless.carrier, push.parcels) == ("", 2)
    assert story(known) == story(nameless)


def test_a_number_that_becomes_known_later_is_processed_again(juniper):
    push = take_in(body("delivered"))
    assert (push.state, push.parcels) == (WorkState.DONE, 0)
    parcel = Parcel.objects.announce(juniper.account, NUMBER, "royal-mail")
    assert Push.objects.filter(pk=push.pk).again() == 1
    tasks.process_pushes()
    push.refresh_from_db()
    assert (push.state, push.parcels, push.scans_new, push.attempts) == (WorkState.DONE, 1, 7, 1)
    assert story(parcel)[0] == Milestone.DELIVERED


def test_a_push_that_comes_again_after_a_while_is_looked_into_again(juniper):
    push = take_in(body("delivered"))
    parcel = Parcel.objects.announce(juniper.account, NUMBER, "royal-mail")
    assert take_in(body("delivered")).parcels == 0, "just now: an attempt that crossed our answer"
    Push.objects.update(done_at=timezone.now() - REPEAT - timedelta(seconds=1))
    take_in(body("delivered"))
    assert Push.objects.get() == push
    assert story(parcel)[0] == Milestone.DELIVERED


# --- accidents --------------------------------------------------------------------------------


def lose_the_lease(push: Push) -> None:
    """What a worker leaves behind that was killed long ago."""
    Push.objects.filter(pk=push.pk).update(lease_until=timezone.now() - timedelta(minutes=1))


def test_a_worker_that_is_killed_before_it_begins_loses_nothing(parcel):
    send(body("delivered"))
    (push,) = Push.objects.claim()
    tasks.process_pushes()
    assert parcel.scans.count() == 0, "it is in somebody's hands"
    lose_the_lease(push)
    tasks.process_pushes()
    assert story(parcel)[0] == Milestone.DELIVERED
    assert Push.objects.get().attempts == 2


def test_a_worker_that_is_killed_before_it_settles_does_nothing_twice(parcel, monkeypatch):
    heard = []

    def listen(sender, parcel, before, **kwargs):
        heard.append(parcel.milestone)

    send(body("delivered"))
    (push,) = Push.objects.claim()
    milestone_reached.connect(listen)
    try:
        with monkeypatch.context() as killed:
            killed.setattr(PushQuerySet, "settle_all", lambda *args: None)
            push.process()
        assert Push.objects.get().state == WorkState.CLAIMED
        lose_the_lease(push)
        tasks.process_pushes()
    finally:
        milestone_reached.disconnect(listen)
    settled = Push.objects.get()
    assert (settled.state, settled.attempts, settled.scans_new) == (WorkState.DONE, 2, 0)
    assert (parcel.scans.count(), heard) == (7, [Milestone.DELIVERED])


def test_when_a_listener_fails_the_push_is_tried_again_and_nobody_is_named(parcel, caplog):
    def fail(sender, **kwargs):
        raise RuntimeError("Sarah Whitcombe")

    milestone_reached.connect(fail)
    caplog.set_level(logging.INFO)
    try:
        push = take_in(body("delivered"))
    finally:
        milestone_reached.disconnect(fail)
    assert (push.state, push.attempts) == (WorkState.DUE, 1)
    assert push.due_at > timezone.now()
    assert push.last_error.startswith("RuntimeError at fail")
    assert parcel.scans.count() == 0
    assert "Sarah" not in caplog.text + push.last_error
    Push.objects.update(due_at=timezone.now())
    tasks.sweep()
    assert story(parcel)[0] == Milestone.DELIVERED


def test_one_bad_push_does_not_hold_up_the_others(parcel):
    send(b"garbage")
    send(body("delivered"))
    tasks.process_pushes()
    assert sorted(Push.objects.values_list("state", flat=True)) == ["dead", "done"]


def test_a_push_in_somebodys_hands_is_not_begun_again(parcel):
    send(body("delivered"))
    Push.objects.claim()
    assert Push.objects.all().again() == 0


def test_a_long_round_ends_and_rings_for_the_next(parcel, monkeypatch):
    monkeypatch.setattr(tasks, "BATCH", 1)
    monkeypatch.setattr(tasks, "LONGEST_ROUND", -1)
    send(body("at-customs"))
    send(body("delivered"))
    OrmQ.objects.all().delete()
    tasks.process_pushes()
    assert Push.objects.filter(state=WorkState.DUE).count() == 1
    assert rings() == ["tracking.tasks.process_pushes"]


# --- the clock --------------------------------------------------------------------------------


def test_the_sweep_makes_good_for_a_lost_ring(parcel):
    send(body("delivered"))
    OrmQ.objects.all().delete()
    tasks.sweep()
    assert story(parcel)[0] == Milestone.DELIVERED


def test_what_was_pushed_is_kept_for_thirty_days(parcel):
    old, young = take_in(body("at-customs")), take_in(body("delivered"))
    assert timedelta(days=30) == KEPT_FOR
    now = timezone.now()
    Push.objects.filter(pk=old.pk).update(received_at=now - KEPT_FOR - timedelta(minutes=1))
    Push.objects.filter(pk=young.pk).update(received_at=now - KEPT_FOR + timedelta(minutes=1))
    tasks.sweep()
    assert [push.pk for push in Push.objects.all()] == [young.pk]
    assert story(parcel)[0] == Milestone.DELIVERED


# --- accounts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "slugs"),
    [
        (["Juniper & Pine"], ["juniper-pine"]),
        (["Juniper", "juniper!", "JUNIPER?"], ["juniper", "juniper-2", "juniper-3"]),
        (["山月茶器", "小月"], ["account", "account-2"]),
        (["x" * 80], ["x" * 70]),
    ],
)
def test_an_account_takes_its_slug_from_its_name(names, slugs):
    made = [Account.objects.create(name=name, country="GB").slug for name in names]
    assert made == slugs


def test_a_slug_that_was_chosen_stays():
    account = Account.objects.create(name="山月茶器", slug="shanyue", country="CN")
    account.name = "Another"
    account.save()
    account.refresh_from_db()
    assert account.slug == "shanyue"
