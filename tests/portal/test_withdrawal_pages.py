"""Withdrawing from the open page of a shop: two steps, no log-in, nothing lost, nothing told."""

import re

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from returns import addresses
from returns.models import Order, Throttle, Withdrawal, WithdrawalOutcome
from tests import people
from tests.page_checks import CheckedClient
from tests.returns.withdrawing import eu_order, eu_store, work

pytestmark = pytest.mark.django_db
TYPED = {
    "name": "Sarah Whitcombe",
    "contract": "JP-20418",
    "parts": "",
    "email": "sarah@example.com",
}


@pytest.fixture
def store():
    return eu_store()


@pytest.fixture
def order(store) -> Order:
    return eu_order(store)


def page_of(store) -> str:
    return addresses.store_page(store, "withdraw")


def hidden(page) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def check(client, store, **values):
    """The first step, sent."""
    form = hidden(client.get(page_of(store)))
    return client.post(page_of(store), form | TYPED | values)


def confirm(client, store, page, step: str = "confirm"):
    return client.post(page_of(store), hidden(page) | {"step": step})


def plain(page) -> str:
    """The page without what differs on every page."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.text)
    text = re.sub(r'name="(key|record)" value="[\w-]+"', "", text)
    text = re.sub(r"WD-\w{4}-\w{4}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "", text)
    return re.sub(r"<time.*?</time>|JP-\d+", "", text)


# --- The two steps ----------------------------------------------------------------------------


def test_it_is_reached_from_the_shop_without_logging_in(client, store):
    assert page_of(store) == "/s/juniper-pine/withdraw/"
    page = client.get(page_of(store))
    assert page.status_code == 200
    assert "<h1>Withdraw from contract here</h1>" in page.text
    fields = re.findall(r'<(?:input|textarea)[^>]* name="(\w+)"', page.text)
    assert [name for name in fields if name != "csrfmiddlewaretoken"] == [
        "key",
        "name",
        "contract",
        "parts",
        "email",
    ]
    assert "reason" in page.text, "that none is needed"


def test_every_page_of_the_store_leads_there(client, store):
    page = client.get(addresses.store_page(store, "find"))
    assert f'<a href="{page_of(store)}">Withdraw from contract here</a>' in page.text


def test_case_16_where_it_is_not_offered_there_is_no_such_page(client):
    plain_store = people.open_store("plain")
    assert client.get(page_of(plain_store)).status_code == 404
    assert client.post(page_of(plain_store), TYPED).status_code == 404
    assert "Withdraw" not in client.get(addresses.store_page(plain_store, "find")).text


def test_the_second_step_shows_all_of_it_and_one_button_with_the_words_of_the_law(client, store):
    page = check(client, store, parts="One\nshirt", name="Ann <b>")
    assert page.status_code == 200
    assert "Ann &lt;b&gt;" in page.text and "One<br>shirt" in page.text
    buttons = re.findall(r"<button[^>]*>([^<]+)</button>", page.text)
    assert buttons == ["Confirm withdrawal", "Change something"]
    assert not Withdrawal.objects.exists(), "nothing is sent by the first step"


def test_it_is_recorded_and_acknowledged_with_date_and_time(client, order):
    page = check(client, order.store, parts="One shirt")
    answer = confirm(client, order.store, page)
    assert answer["Location"] == addresses.store_page(order.store, "withdraw_done")
    row = Withdrawal.objects.get()
    assert (row.name, row.contract, row.parts) == ("Sarah Whitcombe", "JP-20418", "One shirt")
    assert (row.email, row.language, row.way) == ("sarah@example.com", "en", "shop")
    done = client.get(answer["Location"])
    assert "We have your withdrawal." in done.text
    assert row.number in done.text and f"{row.received_at:%Y-%m-%d %H:%M:%S} UTC" in done.text
    work()
    assert "One shirt" in mail.outbox[0].body


def test_it_works_without_keeping_anything_in_the_session(store):
    """The second step carries what was typed itself."""
    first, second = CheckedClient(), CheckedClient()
    page = check(first, store)
    second.get(page_of(store))  # another browser, with cookies of its own
    assert second.post(page_of(store), hidden(page) | {"step": "confirm"}).status_code == 302
    assert Withdrawal.objects.get().name == "Sarah Whitcombe"


def test_going_back_to_change_something_loses_nothing(client, store):
    page = check(client, store, parts="One shirt")
    back = confirm(client, store, page, step="change")
    assert back.status_code == 200
    for words in ("Sarah Whitcombe", "JP-20418", "One shirt", "sarah@example.com"):
        assert words in back.text
    assert "Problem" not in back.text
    again = client.post(page_of(store), hidden(back) | TYPED | {"parts": "Both"})
    confirm(client, store, again)
    assert Withdrawal.objects.get().parts == "Both"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("name", "", "Enter your name."),
        ("name", "x" * 121, "That is too long."),
        ("name", "Buy at www.example.net", "Please leave out web addresses."),
        ("contract", " ", "Enter your order number."),
        ("contract", "see https://spam.example", "Please leave out web addresses."),
        ("parts", "go to http://x.example", "Please leave out web addresses."),
        ("parts", "x" * 501, "Make it shorter"),
        ("email", "", "Enter the email address where we confirm it."),
        ("email", "sarah@", "Enter a whole email address"),
        ("email", "a@b.example\nBcc: c@d.example", "Enter a whole email address"),
        ("email", "x" * 250 + "@example.com", "longer than an email address"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_the_rest_stays(
    client, store, name, value, words
):
    page = check(client, store, **{name: value})
    assert page.status_code == 422
    assert words in page.text and "<title>Problem:" in page.text
    kept = {key: text for key, text in TYPED.items() if key != name and text}
    assert all(text in page.text for text in kept.values())


def test_a_confirmation_that_was_tampered_with_is_checked_again(client, store):
    page = check(client, store)
    answer = client.post(page_of(store), hidden(page) | {"step": "confirm", "email": "x"})
    assert answer.status_code == 422
    assert not Withdrawal.objects.exists()


@pytest.mark.parametrize("typed", ["\0Ann\0", "😀", "\u202eAnn", "'; DROP--", "王小明"])
def test_strange_signs_break_nothing(client, order, typed):
    page = check(client, order.store, name=typed, contract=typed)
    confirm(client, order.store, page)
    work()
    assert Withdrawal.objects.count() == 1


# --- Once ---------------------------------------------------------------------------------------


def test_case_22_a_second_click_does_nothing_more(client, order):
    page = check(client, order.store)
    answers = [confirm(client, order.store, page) for _ in range(3)]
    assert {answer["Location"] for answer in answers} == {answers[0]["Location"]}
    assert Withdrawal.objects.count() == 1
    work()
    assert len(mail.outbox) == 1


def test_reloading_the_last_page_sends_nothing(client, store):
    answer = confirm(client, store, check(client, store))
    for _ in range(3):
        assert client.get(answer["Location"]).status_code == 200
    assert Withdrawal.objects.count() == 1


def test_going_back_and_sending_something_else_is_another_one(client, store):
    page = check(client, store)
    confirm(client, store, page)
    changed = hidden(page) | {"step": "confirm", "parts": "Only one"}
    client.post(page_of(store), changed)
    assert sorted(Withdrawal.objects.values_list("parts", flat=True)) == ["", "Only one"]


def test_whoever_has_sent_nothing_is_led_to_the_form(client, store):
    answer = client.get(addresses.store_page(store, "withdraw_done"))
    assert answer["Location"] == page_of(store)


def test_what_one_session_sent_is_not_shown_to_another(store):
    mine, other = CheckedClient(), CheckedClient()
    confirm(mine, store, check(mine, store))
    confirm(other, store, check(other, store, name="Bob Marsh", email="bob@example.com"))
    page = mine.get(addresses.store_page(store, "withdraw_done"))
    assert "Sarah Whitcombe" in page.text and "Bob" not in page.text


def test_what_was_sent_to_one_store_is_not_shown_at_another(client, store):
    confirm(client, store, check(client, store))
    pear = eu_store(slug="pear")
    assert client.get(addresses.store_page(pear, "withdraw_done")).status_code == 302


# --- What a stranger learns ---------------------------------------------------------------------


def test_case_61_the_answer_is_the_same_whether_or_not_there_is_such_an_order(order):
    answers = set()
    for contract in ("JP-20418", "JP-99999"):
        client = CheckedClient()
        page = check(client, order.store, contract=contract)
        answer = confirm(client, order.store, page)
        done = client.get(answer["Location"])
        work()
        later = client.get(answer["Location"])
        answers.add((plain(page), answer["Location"], plain(done), plain(later)))
    assert len(answers) == 1


def test_case_61_it_costs_the_same_questions_whether_or_not_there_is_such_an_order(
    order, django_capture_on_commit_callbacks
):
    asked, store = [], order.store
    for contract in ("JP-20418", "JP-99999"):
        client = Client()
        page = client.post(page_of(store), TYPED | {"contract": contract, "key": "k" + contract})
        form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        with (
            CaptureQueriesContext(connection) as found,
            django_capture_on_commit_callbacks(execute=True),
        ):
            client.post(page_of(store), form | {"step": "confirm"})
        asked.append([re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in found])
    assert asked[0] == asked[1]
    assert len(asked[0]) <= 20, "\n".join(asked[0])
    assert not any("returns_order" in sql for sql in asked[0])


def test_the_request_only_stores_it_and_rings(client, order, django_capture_on_commit_callbacks):
    page = check(client, order.store)
    with django_capture_on_commit_callbacks(execute=True):
        confirm(client, order.store, page)
    row = WithdrawalOutcome.objects.get()
    assert (row.status, row.state, row.order) == ("new", "due", None)
    assert OrmQ.objects.count() == 1
    assert mail.outbox == []


def test_case_63_nothing_that_was_typed_stands_in_an_address(client, order):
    answer = confirm(client, order.store, check(client, order.store))
    assert "sarah" not in answer["Location"] and "20418" not in answer["Location"]


def test_it_shows_nothing_of_the_order(client, order):
    page = check(client, order.store)
    done = client.get(confirm(client, order.store, page)["Location"])
    work()
    for text in (page.text, done.text, mail.outbox[0].body):
        assert "Linen shirt" not in text and "Vilnius" not in text


# --- Flooding -----------------------------------------------------------------------------------


def test_case_67_one_network_sends_ten_an_hour_and_what_it_typed_stays(client, store):
    for number in range(10):
        page = check(client, store, contract=f"X-{number}")
        assert confirm(client, store, page).status_code == 302
    page = check(client, store, contract="X-11", name="Ann Other")
    answer = confirm(client, store, page)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "Ann Other" in answer.text and "hello@juniper.example" in answer.text
    assert Withdrawal.objects.count() == 10
    Throttle.objects.all().delete()
    assert confirm(client, store, answer).status_code == 302
    assert Withdrawal.objects.filter(name="Ann Other").exists()


def test_case_67_a_second_click_is_no_attempt(client, store):
    page = check(client, store)
    for _ in range(15):
        assert confirm(client, store, page).status_code == 302


def test_another_network_is_not_shut_out(store):
    for number in range(12):
        client = CheckedClient(REMOTE_ADDR="203.0.113.9")
        confirm(client, store, check(client, store, contract=f"X-{number}"))
    other = CheckedClient(REMOTE_ADDR="198.51.100.7")
    assert confirm(other, store, check(other, store)).status_code == 302


# --- Languages and hosts --------------------------------------------------------------------------


def test_it_speaks_the_language_of_the_reader_and_remembers_it(store):
    client = CheckedClient(HTTP_ACCEPT_LANGUAGE="zh-CN")
    page = check(client, store)
    confirm(client, store, page)
    assert Withdrawal.objects.get().language == "zh-hans"


def test_on_a_host_name_of_its_own_it_is_there_too(client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    store = eu_store(host="returns.example.com")
    page = client.get("/withdraw/", headers={"host": "returns.example.com"})
    assert page.status_code == 200
    assert page_of(store) == "/withdraw/"


def test_a_post_without_our_token_is_refused(store):
    client = Client(enforce_csrf_checks=True)
    assert client.post(page_of(store), TYPED | {"step": "confirm"}).status_code == 403
    assert not Withdrawal.objects.exists()
