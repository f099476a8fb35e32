"""How often may somebody try? Counted in the database, for everyone alike."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal import access
from returns import addresses, tasks
from returns.models import FindAttempt, Notice, Throttle
from tests import people
from tests.page_checks import CheckedClient

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = datetime(2026, 11, 20, 12, 10, tzinfo=UTC)


def ask(client, store, number="JP-20418", proof="guess@example.com", **extra):
    page = addresses.store_page(store, "find")
    return client.post(page, {"number": number, "proof": proof}, **extra)


# --- The counter ----------------------------------------------------------------------------


def test_a_period_counts_up_and_the_next_begins_anew():
    assert [Throttle.objects.hit("a", HOUR, NOON) for _ in range(3)] == [1, 2, 3]
    assert Throttle.objects.hit("b", HOUR, NOON) == 1
    assert Throttle.objects.hit("a", DAY, NOON) == 1
    assert Throttle.objects.hit("a", HOUR, NOON + HOUR) == 1
    row = Throttle.objects.get(key__startswith="a:3600:", count=3)
    assert row.ends_at == datetime(2026, 11, 20, 13, tzinfo=UTC)


def test_counting_is_one_question_to_the_database(django_assert_num_queries):
    for _ in range(2):
        with django_assert_num_queries(1):
            Throttle.objects.hit("a", HOUR)


def test_a_refusal_says_when_it_works_again_and_does_not_use_up_the_day():
    limits = ((2, HOUR), (4, DAY))

    def admit(now):
        return Throttle.objects.admit("a", limits, now)

    assert [admit(NOON) for _ in range(2)] == [None, None]
    assert [admit(NOON) for _ in range(9)] == [datetime(2026, 11, 20, 13, tzinfo=UTC)] * 9
    assert [admit(NOON + HOUR) for _ in range(2)] == [None, None]
    assert admit(NOON + 2 * HOUR) == datetime(2026, 11, 21, tzinfo=UTC)
    assert admit(NOON + DAY) is None


def test_counters_whose_period_is_over_are_thrown_away():
    Throttle.objects.hit("a", HOUR, timezone.now() - 2 * HOUR)
    Throttle.objects.hit("a", HOUR)
    Throttle.objects.stale().delete()
    assert Throttle.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_connections_lose_no_count():
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    def hit(_):
        try:
            return Throttle.objects.hit("a", DAY, NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(hit, range(40)))
    assert sorted(counts) == list(range(1, 41))


# --- By network -----------------------------------------------------------------------------


def test_a_network_may_ask_ten_times_in_an_hour(order):
    client = CheckedClient()
    for _ in range(10):
        assert ask(client, order.store).status_code == 302
    page = ask(client, order.store)
    assert page.status_code == 429
    assert "Please try again in" in page.text
    assert "minute" in page.text or "hour" in page.text
    assert 0 < int(page["Retry-After"]) <= 3600
    assert FindAttempt.objects.count() == 10
    # Somebody else, and whoever has the link, goes on.
    assert ask(CheckedClient(), order.store, REMOTE_ADDR="198.51.100.7").status_code == 302
    assert people.open_link(client, order).status_code == 200


def test_fields_left_empty_are_no_tries(order):
    client = Client()
    for _ in range(12):
        ask(client, order.store, proof="")
    assert ask(client, order.store).status_code == 302


def test_a_network_may_ask_thirty_times_in_a_day(rf):
    request = rf.post("/", REMOTE_ADDR="203.0.113.9")
    key = f"ask:{access.network(request)}"
    for _ in range(30):
        Throttle.objects.hit(key, DAY)
    again_at = access.may_ask(request)
    assert again_at
    assert again_at.hour == again_at.minute == 0
    assert again_at > timezone.now()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
        ("::ffff:203.0.113.9", "::ffff:203.0.113.10", False),
        ("203.0.113.9:4711", "203.0.113.9:4712", True),
        ("[2001:db8::1]:80", "2001:db8::2", True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "unknown", True),
    ],
)
def test_a_network_is_an_address_or_sixty_four_bits_of_one(rf, one, other, same):
    names = [access.network(rf.get("/", REMOTE_ADDR=address)) for address in (one, other)]
    assert (names[0] == names[1]) is same
    assert one not in names or not one


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.9", "203.0.113.200", True),
        ("203.0.113.9", "203.0.114.9", False),
        ("2001:db8:1:2::1", "2001:db8:1:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:2:2::1", False),
    ],
)
def test_a_neighbourhood_is_what_one_customer_may_own_whole(rf, one, other, same):
    names = [access.neighbourhood(rf.get("/", REMOTE_ADDR=address)) for address in (one, other)]
    assert (names[0] == names[1]) is same


def test_a_host_with_many_networks_asks_sixty_times_in_an_hour(rf):
    def may_ask(address):
        return access.may_ask(rf.post("/", REMOTE_ADDR=address))

    assert not any(may_ask(f"2001:db8:1:{n:x}::1") for n in range(60))
    assert may_ask("2001:db8:1:ff::1")
    assert may_ask("2001:db8:2::1") is None


@given(st.text(max_size=60))
def test_any_address_has_a_name_that_does_not_tell_it(text):
    assert len(access._network_of(text)) <= 80


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [
        (0, "198.51.100.1", "10.0.0.1"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        (2, "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        (2, "198.51.100.1", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_only_configured_proxies_are_believed(rf, settings, proxies, forwarded, counted):
    settings.TRUSTED_PROXIES = proxies
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    asked = access.network(rf.get("/", REMOTE_ADDR="10.0.0.1", headers=headers))
    settings.TRUSTED_PROXIES = 0
    assert asked == access.network(rf.get("/", REMOTE_ADDR=counted))


# --- By order, and over all -----------------------------------------------------------------


def judged(store, number, proof, times=1):
    for _ in range(times):
        FindAttempt.note(store, number, proof)
    tasks.judge_attempts()
    return Notice.objects.count()


def test_case_62_five_questions_a_day_are_judged_for_one_order_however_it_is_spelt(order):
    for number in ("JP-20418", "jp-20418", "#JP-20418", "ＪＰ－２０４１８", "Jp -20418"):
        judged(order.store, number, "guess@example.com")
    assert judged(order.store, "JP-20418", "sarah@example.com") == 0
    assert people.open_link(CheckedClient(), order).status_code == 200


@pytest.mark.parametrize("letter", ["ı", "ſ", "K"])
def test_letters_that_only_look_different_buy_no_more_guesses(store, letter):
    number = f"{letter.upper()}-1"
    people.place_order(store, number)
    for spelling in (number, number.lower(), f"{letter}-1", number, number):
        judged(store, spelling, "guess@example.com")
    assert judged(store, f"{letter}-1", "sarah@example.com") == 0


def test_guessing_at_one_order_does_not_close_another(order):
    judged(order.store, order.number, "guess@example.com", times=9)
    people.place_order(order.store, "JP-20419")
    assert judged(order.store, "JP-20419", "sarah@example.com") == 1


def test_orders_that_do_not_exist_are_counted_alike(store):
    for _ in range(2):
        judged(store, "JP-99999", "guess@example.com", times=4)
    people.place_order(store, "JP-99998")
    keys = Throttle.objects.filter(key__startswith="find:").exclude(key__startswith="find:all")
    assert [row.count for row in keys] == [8]


def test_an_order_gets_at_most_five_codes_a_day(order):
    assert judged(order.store, order.number, "0123", times=9) == 5


def test_asking_again_the_next_day_works(order):
    yesterday = timezone.now() - DAY
    for _ in range(6):
        FindAttempt.note(order.store, order.number, "guess@example.com")
    for attempt in FindAttempt.objects.claim(10):
        attempt.judge(yesterday)
    assert judged(order.store, order.number, "0123") == 1


def test_over_all_orders_of_a_store_guessing_is_bounded_and_who_comes_after_waits(
    order, monkeypatch, caplog
):
    from returns.models import access as counters

    monkeypatch.setattr(counters, "OVERALL", (3, timedelta(minutes=10)))
    for n in range(3):
        judged(order.store, f"X-{n}", "guess")
    judged(order.store, "X-4", "guess")
    assert judged(order.store, order.number, "0123") == 0
    assert len(caplog.records) == 1
    waiting = FindAttempt.objects.get(number=order.number)
    assert (waiting.state, waiting.proof, waiting.attempts) == ("due", "0123", 0)
    assert timezone.now() < waiting.due_at <= timezone.now() + timedelta(minutes=10)
    # Another store does not notice, and in the next period the answer comes.
    other = people.place_order(people.open_store("tea-house"))
    assert judged(other.store, other.number, "0123") == 1
    FindAttempt.objects.update(due_at=timezone.now())
    [waiting] = [row for row in FindAttempt.objects.claim(10) if row.number == order.number]
    waiting.judge(timezone.now() + timedelta(minutes=10))
    assert Notice.objects.filter(order=order).count() == 1


def test_what_nobody_waits_for_any_more_is_settled_and_forgotten(order, monkeypatch):
    from returns.models import access as counters

    monkeypatch.setattr(counters, "OVERALL", (0, timedelta(minutes=10)))
    FindAttempt.note(order.store, order.number, "0123")
    FindAttempt.objects.update(made_at=timezone.now() - timedelta(minutes=31))
    tasks.judge_attempts()
    attempt = FindAttempt.objects.get()
    assert (attempt.state, attempt.number, attempt.proof) == ("done", "", "")
    assert not Notice.objects.exists()


def test_a_thousand_guesses_from_everywhere_are_five(order, monkeypatch):
    from returns.models import access as counters

    looked = []
    real = counters.proves
    monkeypatch.setattr(counters, "proves", lambda *args: looked.append(1) or real(*args))
    monkeypatch.setattr(counters, "OVERALL", (10_000, timedelta(minutes=10)))
    FindAttempt.objects.bulk_create(
        FindAttempt(store=order.store, token=str(n), number=order.number, proof=f"{n:04d}")
        for n in range(1000, 2000)
    )
    tasks.judge_attempts()
    assert len(looked) == 5
    assert not FindAttempt.objects.exclude(state="done").exists()


# --- The desk's log-in ------------------------------------------------------------------------

WRONG = {"username": "owner", "password": "not the password"}


def log_in(client, address, **data):
    return client.post("/desk/login/", WRONG | data, headers={"x-forwarded-for": address})


@pytest.fixture
def one_proxy(settings):
    settings.TRUSTED_PROXIES = 1


def test_guesses_at_a_password_lock_out_their_own_address_only(one_proxy):
    client = Client()
    people.staff("owner")
    right = {"password": "a-long-enough-password"}
    for _ in range(8):
        log_in(client, "198.51.100.6")
    assert log_in(client, "198.51.100.6", **right).status_code == 429
    assert log_in(client, "198.51.100.8", **right).status_code == 302


def test_a_network_tries_sixty_passwords_in_an_hour_whatever_the_name(one_proxy, rf):
    client = Client()
    request = rf.post("/", headers={"x-forwarded-for": "198.51.100.6"})
    for _ in range(59):
        assert access.may_log_in(request) is None
    assert log_in(client, "198.51.100.6").status_code == 200
    page = log_in(client, "198.51.100.6", username="another")
    assert page.status_code == 429
    assert "Retry-After" in page
    assert log_in(client, "198.51.100.8").status_code == 200
    assert client.get("/desk/login/").status_code == 200
