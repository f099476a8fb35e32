"""What gateways tell by themselves: kept as it came, believed once, whenever it comes."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.tracking.gateway_server import CHINESE_NUMBER, KUAIDI100_KEYS, kuaidi100_result
from tests.tracking.turning import HOUR, MINUTE, asked, fresh, later, on_the_road, wanted
from tracking import tasks
from tracking.gateways import Answer, Failure, Outcome, Told, kuaidi100
from tracking.interceptions import InterceptionStatus
from tracking.models import GatewayAccount, Interception, InterceptionReport
from tracking.models.interception_report import KEPT_FOR, REPEAT, TOO_EARLY
from tracking.work import WorkState

pytestmark = pytest.mark.django_db
S = InterceptionStatus
YES, NO, DOING = "拦截成功", "拦截失败", "拦截中"


def at_kuaidi100(parcel, **values) -> GatewayAccount:
    return GatewayAccount.objects.create(
        account=parcel.account, gateway="kuaidi100", **({"keys": KUAIDI100_KEYS} | values)
    )


@pytest.fixture
def parcel(db):
    return on_the_road(CHINESE_NUMBER, "sf")


@pytest.fixture
def gateway(parcel):
    return at_kuaidi100(parcel)


def send(gateway: GatewayAccount, body: bytes, client: Client | None = None):
    address = gateway.callback[gateway.callback.index("/hooks/") :]
    kind = "application/x-www-form-urlencoded"
    return (client or Client()).post(address, body, content_type=kind)


def told(gateway: GatewayAccount, *statuses: str, **more) -> None:
    for status in statuses:
        assert send(gateway, kuaidi100_result(status=status, **more)).status_code == 200
    tasks.intercept()


def test_a_result_is_kept_acknowledged_and_taken_over_by_a_worker(parcel, gateway):
    row = asked(parcel)
    answer = send(gateway, kuaidi100_result(status=YES))
    assert (answer.status_code, answer.json()["result"]) == (200, True)
    report = InterceptionReport.objects.get()
    assert (report.state, fresh(row).status) == (WorkState.DUE, S.SENT)
    tasks.intercept()
    report.refresh_from_db()
    assert (report.state, fresh(row).status) == (WorkState.DONE, S.ACCEPTED)
    assert report.outcome == f"{CHINESE_NUMBER}: now “The carrier says yes”."


def test_the_same_twice_is_one_and_moves_it_once(parcel, gateway):
    row = asked(parcel)
    told(gateway, NO, NO, NO)
    ended = fresh(row)
    told(gateway, NO)
    assert InterceptionReport.objects.count() == 1
    assert (fresh(row).status, fresh(row).ended_at) == (S.FAILED, ended.ended_at)


@pytest.mark.parametrize(
    ("order", "end"),
    [
        ((DOING, YES), S.ACCEPTED),
        ((YES, DOING), S.ACCEPTED),
        ((YES, NO), S.FAILED),
        ((NO, YES), S.FAILED),
        ((NO, DOING), S.FAILED),
    ],
)
def test_what_comes_late_or_out_of_turn_moves_nothing_back(parcel, gateway, order, end):
    row = asked(parcel)
    for status in order:
        told(gateway, status)
    assert fresh(row).status == end


def test_what_a_lost_answer_would_have_said_is_told_afterwards(parcel, gateway):
    row = asked(parcel, is_uncertain=True)
    told(gateway, DOING)
    assert (fresh(row).status, fresh(row).is_uncertain) == (S.SENT, False)


def test_what_comes_during_the_call_is_taken(parcel, gateway):
    row = asked(parcel, S.REQUESTED, sent_at=None)
    told(gateway, YES)
    assert (fresh(row).status, fresh(row).sent_at is not None) == (S.ACCEPTED, True)


# --- forged ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "forge",
    [
        lambda gateway: send(gateway, kuaidi100_result(status=YES, salt="a-guess")),
        lambda gateway: send(gateway, kuaidi100_result(status=NO).replace(b"param=", b"param=%20")),
        lambda gateway: send(gateway, b""),
        lambda gateway: send(gateway, b"\xff\xfe{}"),
        lambda gateway: send(gateway, b"param=%7B%7D&sign="),
    ],
)
def test_a_forged_result_is_refused_and_leaves_nothing_but_a_count(parcel, gateway, forge):
    row = asked(parcel)
    assert forge(gateway).status_code == 401
    tasks.intercept()
    gateway.refresh_from_db()
    assert (fresh(row).status, gateway.forged_count) == (S.SENT, 1)
    assert not InterceptionReport.objects.exists()


def test_forged_results_are_counted_once_a_second(gateway):
    for _ in range(4):
        send(gateway, b"param=x&sign=y")
    gateway.refresh_from_db()
    assert gateway.forged_count == 1
    GatewayAccount.objects.update(last_forged_at=timezone.now() - timedelta(seconds=1))
    send(gateway, b"param=x&sign=y")
    gateway.refresh_from_db()
    assert gateway.forged_count == 2


def test_an_account_without_a_salt_believes_nobody(parcel):
    keys = {name: key for name, key in KUAIDI100_KEYS.items() if name != "salt"}
    assert send(at_kuaidi100(parcel, keys=keys), kuaidi100_result(salt="")).status_code == 401


@pytest.mark.parametrize("slug", ["ups", "demo", "phone"])
def test_a_gateway_that_tells_nothing_is_believed_nothing(parcel, slug):
    gateway = GatewayAccount.objects.create(account=parcel.account, gateway=slug)
    assert send(gateway, kuaidi100_result()).status_code == 401


def test_an_address_that_leads_nowhere(gateway):
    client, body = Client(), kuaidi100_result()
    for path in ("kuaidi100/a-guess/", "kdniao/" + gateway.hook_key + "/", "no-such/x/"):
        assert client.post(f"/hooks/interceptions/{path}", body, "text/plain").status_code == 404
    assert client.get(f"/hooks/interceptions/kuaidi100/{gateway.hook_key}/").status_code == 405
    GatewayAccount.objects.update(is_active=False)
    assert send(gateway, body).status_code == 404


# --- about which request ----------------------------------------------------------------------


def test_a_number_of_another_account_is_none_of_ours(parcel, gateway):
    row = asked(parcel)
    other = on_the_road(CHINESE_NUMBER, "sf", "shanyue")
    told(at_kuaidi100(other), YES)
    assert fresh(row).status == S.SENT
    assert InterceptionReport.objects.get().outcome.endswith("no request of ours.")


def test_what_nobody_was_asked_for_yet_cannot_be_answered(parcel, gateway):
    row = wanted(parcel)
    send(gateway, kuaidi100_result(status=NO))
    (report,) = InterceptionReport.objects.claim(1)
    report.process()
    assert (fresh(row).status, report.outcome.endswith("no request of ours.")) == (
        S.REQUESTED,
        True,
    )


@pytest.fixture
def says(monkeypatch):
    """What the gateway's calls say, whatever stands in them."""

    def say(*told: Told) -> None:
        monkeypatch.setattr(kuaidi100, "parse", lambda body, access: list(told))

    return say


def test_our_key_counts_before_their_name_and_their_name_before_the_number(parcel, gateway, says):
    rows = [asked(on_the_road(f"SF123456789012{n}", "sf")) for n in range(3)]
    for number, row in enumerate(rows):
        Interception.objects.filter(pk=row.pk).update(reference=f"r{number}")
    yes = Answer(Outcome.ACCEPTED)
    says(Told(yes, rows[0].key.hex, "r1", rows[2].parcel.number))
    told(gateway, "one")
    says(Told(yes, "", "r1", rows[2].parcel.number))
    told(gateway, "two")
    assert [fresh(row).status for row in rows] == [S.ACCEPTED, S.ACCEPTED, S.SENT]


@pytest.mark.parametrize("key", ["f" * 32, "not a key at all, but as long ..", "é" * 32])
def test_a_key_that_is_none_of_ours_moves_nothing(parcel, gateway, says, key):
    row = asked(parcel, reference="r")
    says(Told(Answer(Outcome.FAILED), key, "another"))
    told(gateway, "x")
    assert fresh(row).status == S.SENT
    assert InterceptionReport.objects.get().state in (WorkState.DONE, WorkState.DUE)


def test_a_name_that_we_learn_only_from_the_answer_is_waited_for(parcel, gateway, says):
    row = asked(parcel, S.REQUESTED)
    says(Told(Answer(Outcome.FAILED, failure=Failure.TOO_LATE), reference="r-7"))
    told(gateway, "x")
    report = InterceptionReport.objects.get()
    assert report.state == WorkState.DUE and report.due_at > timezone.now()
    row.take(Answer(Outcome.SENT, "r-7"))
    InterceptionReport.objects.update(due_at=timezone.now())
    tasks.intercept()
    assert (fresh(row).status, fresh(row).failure) == (S.FAILED, Failure.TOO_LATE)


def test_a_name_that_nobody_knows_is_not_waited_for_for_ever(parcel, gateway, says):
    says(Told(Answer(Outcome.FAILED), reference="r-7"))
    told(gateway, "x")
    at = timezone.now() - TOO_EARLY
    InterceptionReport.objects.update(due_at=timezone.now(), received_at=at)
    tasks.intercept()
    assert InterceptionReport.objects.get().state == WorkState.DONE


def test_a_late_word_about_the_first_request_does_not_end_the_second(parcel, gateway):
    """By the number alone nobody knows which of both is meant."""
    first = later(asked(parcel), HOUR)
    first.give_up(Failure.NO_ANSWER)
    second = asked(parcel)
    told(gateway, NO)
    now = fresh(second)
    assert (now.status, now.must_call) == (S.SENT, True)


def test_when_the_first_is_told_the_next_word_is_about_the_second(parcel, gateway):
    first = asked(parcel)
    told(gateway, NO)
    InterceptionReport.objects.update(
        received_at=timezone.now() - 2 * HOUR, done_at=timezone.now() - 2 * HOUR
    )
    second = asked(parcel)
    told(gateway, YES)
    assert (fresh(first).status, fresh(second).status) == (S.FAILED, S.ACCEPTED)


def test_the_very_same_words_as_about_the_first_are_no_repeat_and_no_proof(parcel, gateway):
    """Kuaidi100 says “failed” of a number: the bytes are the same about both requests."""
    asked(parcel)
    told(gateway, NO)
    InterceptionReport.objects.update(
        received_at=timezone.now() - 2 * HOUR, done_at=timezone.now() - 2 * REPEAT
    )
    second = asked(parcel)
    told(gateway, NO)
    now = fresh(second)
    assert (now.status, now.must_call) == (S.SENT, True)
    assert InterceptionReport.objects.count() == 1


def test_a_name_that_is_not_that_of_the_request_with_this_number_moves_nothing(
    parcel, gateway, says
):
    """The first one is told late, when the second is under way."""
    row = asked(parcel, reference="second")
    says(Told(Answer(Outcome.FAILED), reference="first", number=CHINESE_NUMBER))
    told(gateway, "x")
    now = fresh(row)
    assert (now.status, now.must_call) == (S.SENT, True)
    assert InterceptionReport.objects.get().outcome.endswith("about another request.")


def test_a_name_that_nobody_knows_may_be_that_of_the_one_without_a_name(parcel, gateway, says):
    first = asked(parcel, S.FAILED, reference="first", is_guess=True)
    row = asked(parcel)
    says(Told(Answer(Outcome.ACCEPTED), reference="second", number=CHINESE_NUMBER))
    told(gateway, "x")
    assert (fresh(row).status, fresh(row).must_call) == (S.ACCEPTED, False)
    assert fresh(first).status == S.FAILED


# --- the work ---------------------------------------------------------------------------------


def test_one_that_cannot_be_read_holds_up_no_other(parcel, gateway, monkeypatch):
    def parse(body, access):
        if b"777" in body:
            raise KeyError("王芳")
        return read(body, access)

    read = kuaidi100.parse
    monkeypatch.setattr(kuaidi100, "parse", parse)
    row = asked(parcel)
    send(gateway, kuaidi100_result(number="SF777"))
    told(gateway, YES)
    assert fresh(row).status == S.ACCEPTED
    bad = InterceptionReport.objects.exclude(state=WorkState.DONE).get()
    assert bad.last_error.startswith("KeyError") and "王芳" not in bad.last_error


def test_one_of_a_gateway_that_is_no_more_holds_up_no_other(parcel, gateway):
    row = asked(parcel)
    gone = GatewayAccount.objects.create(account=parcel.account, gateway="no-such")
    InterceptionReport.objects.create(gateway=gone, delivery="1", body=b"")
    told(gateway, YES)
    assert fresh(row).status == S.ACCEPTED


def test_a_body_without_sense_is_set_aside(parcel, gateway):
    body = kuaidi100_result(number="")
    assert send(gateway, body).status_code == 200
    tasks.intercept()
    assert InterceptionReport.objects.get().state == WorkState.DEAD


def test_bodies_are_kept_for_a_month(parcel, gateway):
    told(gateway, YES)
    tasks.sweep()
    assert InterceptionReport.objects.count() == 1
    InterceptionReport.objects.update(received_at=timezone.now() - KEPT_FOR - MINUTE)
    tasks.sweep()
    assert not InterceptionReport.objects.exists()


def test_names_of_calls_may_be_long(gateway):
    keep = InterceptionReport.objects.keep
    assert keep(gateway, "n" * 300 + "1", b"one") and keep(gateway, "n" * 300 + "2", b"two")
    assert not keep(gateway, "n" * 300 + "1", b"one")
