"""Find my order: two things typed, a code mailed, and nothing told to whoever guesses."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from returns import addresses, tasks
from returns.models import EventKind, FindAttempt, Notice, NoticeKind, Order
from returns.models.access import proves
from tests import people
from tests.page_checks import CheckedClient

pytestmark = pytest.mark.django_db

SAYS = "If that fits an order, we have just sent a six-digit code"
WRONG = "This code does not open an order"


def find_of(store):
    return addresses.store_page(store, "find")


def code_of(store):
    return addresses.store_page(store, "code")


def ask(client, store, number="JP-20418", proof="sarah@example.com", **options):
    return client.post(find_of(store), {"number": number, "proof": proof}, **options)


def code_sent() -> str:
    """Lets the worker judge; returns the code it would mail last, or ''."""
    tasks.judge_attempts()
    notice = Notice.objects.filter(kind=NoticeKind.ACCESS_CODE).order_by("-pk").first()
    return FindAttempt.objects.get(pk=notice.facts["attempt"]).code if notice else ""


def another(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def plain(page) -> str:
    """The page without what differs on every page: the form's own token."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.text)


# --- The form -------------------------------------------------------------------------------


def test_the_page_asks_for_two_things(client, store):
    page = client.get(find_of(store))
    assert page.status_code == 200
    assert "Order number" in page.text
    assert "Email, phone number or postcode" in page.text


def test_both_are_needed_and_what_was_typed_stays(client, store):
    page = ask(client, store, "", "sarah@example.com")
    assert page.status_code == 422
    assert "Enter your order number." in page.text
    assert 'value="sarah@example.com"' in page.text
    page = ask(client, store, "JP-<1>", "   ")
    assert "Enter the email address, phone number or postcode" in page.text
    assert 'value="JP-&lt;1&gt;"' in page.text
    assert client.post(find_of(store)).status_code == 422
    assert not FindAttempt.objects.exists()


@pytest.mark.parametrize(
    ("number", "proof"), [("9" * 121, "x"), ("x", "9" * 255), ("9" * 100_000, "9" * 100_000)]
)
def test_what_is_too_long_is_said_beside_the_field_and_nothing_is_stored(
    client, store, number, proof
):
    page = ask(client, store, number, proof)
    assert page.status_code == 422
    assert "long" in page.text
    assert "Ensure" not in page.text
    assert not FindAttempt.objects.exists()


@pytest.mark.parametrize(
    "typed",
    [
        "\0JP-20418\0",
        "😀👩‍👩‍👧",
        "\u202d+44 7700\u202c",
        "'; DROP--",
        "%00",
        "\ud83d".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_strange_signs_break_nothing(client, order, typed):
    for number, proof in ((typed, "x"), ("x", typed)):
        assert ask(client, order.store, number, proof).status_code == 302
    tasks.judge_attempts()
    assert not FindAttempt.objects.exclude(state="done").exists()


def test_a_field_in_a_foreign_encoding_breaks_nothing(client, order):
    body = (
        '--x\r\nContent-Disposition: form-data; name="number"\r\n\r\n+2D0-\r\n'
        '--x\r\nContent-Disposition: form-data; name="proof"\r\n\r\na\r\n--x--\r\n'
    )
    answer = client.generic(
        "POST", find_of(order.store), body, "multipart/form-data; boundary=x; charset=utf-7"
    )
    assert answer.status_code in (302, 400, 422)


def test_signs_that_cannot_be_seen_are_left_out(client, order):
    ask(client, order.store, " \u200bJP-20418\0 ", "\u202d+44 7700 900123\u202c")
    attempt = FindAttempt.objects.get()
    assert (attempt.number, attempt.proof) == ("JP-20418", "+44 7700 900123")
    assert code_sent()


# --- What a stranger learns -----------------------------------------------------------------


def test_case_61_the_answer_is_the_same_whether_or_not_it_fits(order):
    answers = set()
    for number, proof in (
        ("JP-20418", "sarah@example.com"),
        ("JP-20418", "bob@example.com"),
        ("JP-99999", "sarah@example.com"),
    ):
        client = CheckedClient()
        answer = ask(client, order.store, number, proof)
        assert (answer.status_code, answer["Location"]) == (302, code_of(order.store))
        page = client.get(code_of(order.store))
        tasks.judge_attempts()
        after = client.get(code_of(order.store))
        refused = client.post(code_of(order.store), {"code": "12"})
        answers.add(
            (page.status_code, plain(page), plain(after), refused.status_code, plain(refused))
        )
    assert len(answers) == 1
    assert SAYS in answers.pop()[1]


def test_asking_costs_the_same_questions_whether_or_not_it_fits(
    order, django_capture_on_commit_callbacks
):
    asked, store = [], order.store
    for number, proof in (
        ("JP-20418", "sarah@example.com"),
        ("JP-20418", "bob@example.com"),
        ("JP-99999", "sarah@example.com"),
    ):
        client = Client()
        with (
            CaptureQueriesContext(connection) as found,
            django_capture_on_commit_callbacks(execute=True),
        ):
            ask(client, store, number, proof)
        asked.append([re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in found])
    assert asked[0] == asked[1] == asked[2]
    assert len(asked[0]) <= 10, "\n".join(asked[0])


def test_a_code_costs_the_same_questions_whether_or_not_one_was_sent(order):
    counts = []
    for proof in ("sarah@example.com", "bob@example.com"):
        client = Client()
        ask(client, order.store, proof=proof)
        code = code_sent()
        with CaptureQueriesContext(connection) as found:
            client.post(code_of(order.store), {"code": another(code)})
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_case_63_nothing_that_was_typed_stands_in_an_address_or_stays(client, order):
    answer = ask(client, order.store)
    assert "sarah" not in answer["Location"]
    assert "20418" not in answer["Location"]
    tasks.judge_attempts()
    attempt = FindAttempt.objects.get()
    assert (attempt.number, attempt.proof) == ("", "")


def test_the_request_only_stores_the_question_and_rings(
    client, order, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        ask(client, order.store)
    attempt = FindAttempt.objects.get()
    assert (attempt.state, attempt.order, attempt.seed) == ("due", None, "")
    assert OrmQ.objects.count() == 1
    assert not Notice.objects.exists()


def test_a_question_is_forgotten_after_a_day(client, order):
    ask(client, order.store)
    tasks.judge_attempts()
    FindAttempt.objects.update(made_at=timezone.now() - timedelta(hours=25))
    ask(client, order.store)
    tasks.sweep()
    assert FindAttempt.objects.count() == 1


# --- What fits ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [
        "JP-20418",
        "#JP-20418",
        "jp-20418",
        " Jp-20418 ",
        "# jp-20418",
        "JP- 20418",
        "ＪＰ－２０４１８",
    ],
)
@pytest.mark.parametrize("proof", ["sarah@example.com", "0123"])
def test_the_number_fits_as_people_type_it(client, order, number, proof):
    ask(client, order.store, number, proof)
    assert code_sent()


@pytest.mark.parametrize(
    "typed",
    [
        "sarah@example.com",
        " SARAH@Example.com",
        "0123",
        "+44 7700 900123",
        "07700 900123",
        "07700-900123",
        "(07700) 900 123",
        "00447700900123",
        "bs1 4qa",
        "BS14QA",
        "０１２３",
    ],
)
def test_these_prove_that_it_is_sarah(order, typed):
    assert proves(order, typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-",
        "bob@example.com",
        "sarah",
        "0124",
        "123",
        "00123",
        "900123",
        "x0123",
        "0123@",
        "BS1",
        "4QA",
        "+44 7700 900124",
        "Sarah Whitcombe",
        "０１２４",
        "東京",
    ],
)
def test_these_prove_nothing(order, typed):
    assert not proves(order, typed)


def test_what_the_order_lacks_is_proved_by_nothing():
    bare = Order(email="", phone="", postcode="", country="")
    assert not any(proves(bare, typed) for typed in ("", " ", "-", "0", "東京", "+", "〒"))
    marks = Order(email="", phone="12", postcode="〒", country="JP")
    assert not any(proves(marks, typed) for typed in ("", "-", "東京", "12", "〒"))


def test_a_chinese_order_is_found_by_its_mobile_number(client):
    store = people.open_store("tea-house", language="zh-hans", country="CN")
    people.place_order(
        store, "订单２０４１８", phone="138 0013 8000", country="CN", email="li@example.cn"
    )
    for number, proof in (("订单２０４１８", "8000"), ("订单２０４１８", "+86 138-0013-8000")):
        Notice.objects.all().delete()
        ask(client, store, number, proof)
        assert code_sent()


@pytest.mark.parametrize("proof", ["bob@example.com", "0124", "BS1 4QB", "%", "JP-20418"])
def test_what_does_not_fit_gets_no_code(client, order, proof):
    ask(client, order.store, proof=proof)
    assert not code_sent()
    assert FindAttempt.objects.get().order is None
    assert not order.events.exists()


def test_an_order_of_another_store_is_not_found(client, order):
    ask(client, people.open_store("tea-house"))
    assert not code_sent()


def test_an_order_without_an_email_gets_no_code(client, order):
    Order.objects.update(email="")
    ask(client, order.store, proof="0123")
    assert not code_sent()
    assert FindAttempt.objects.get().state == "done"


# --- The code -------------------------------------------------------------------------------


def test_the_code_opens_the_order_as_a_fresh_one(client, order):
    ask(client, order.store)
    code = code_sent()
    before = client.session.session_key
    answer = client.post(code_of(order.store), {"code": f" {code[:3]} {code[3:]} "})
    assert answer["Location"] == addresses.order_page(order)
    assert client.session.session_key != before
    assert client.get(addresses.order_page(order)).status_code == 200
    assert client.get(addresses.order_page(order, "address")).status_code == 200


def test_the_code_goes_to_the_contact_on_the_order_in_its_language(client, order):
    Order.objects.update(language="zh-hans")
    ask(client, order.store, proof="0123", headers={"accept-language": "en"})
    tasks.judge_attempts()
    notice = Notice.objects.get()
    assert (notice.recipient, notice.language) == ("sarah@example.com", "zh-hans")
    assert FindAttempt.objects.get().code not in str(notice.facts)
    assert order.events.filter(kind=EventKind.CODE_SENT).count() == 1


def test_a_code_typed_in_full_width_digits_opens(client, order):
    ask(client, order.store)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code_sent())
    assert client.post(code_of(order.store), {"code": wide}).status_code == 302


def test_wrong_late_used_foreign_and_missing_codes_get_the_same_answer(order):
    store = order.store
    pages = set()

    wrong = CheckedClient()
    ask(wrong, store)
    pages.add(plain(wrong.post(code_of(store), {"code": another(code_sent())})))

    late = CheckedClient()
    ask(late, store)
    code = code_sent()
    FindAttempt.objects.filter(token=late.session["attempt"]).update(expires_at=timezone.now())
    pages.add(plain(late.post(code_of(store), {"code": code})))

    used = CheckedClient()
    ask(used, store)
    code = code_sent()
    FindAttempt.objects.filter(token=used.session["attempt"]).update(used_at=timezone.now())
    pages.add(plain(used.post(code_of(store), {"code": code})))

    foreign = CheckedClient()  # a good code, typed where it was not asked for
    ask(foreign, store, "JP-99999")
    pages.add(plain(foreign.post(code_of(store), {"code": code})))

    pages.add(plain(CheckedClient().post(code_of(store), {"code": code})))

    bodies = {re.sub(r'value="[\d ]*"', "", page) for page in pages}
    assert len(bodies) == 1
    assert WRONG in bodies.pop()


@pytest.mark.parametrize("typed", ["", " ", "\0", "9" * 41, "abc", "😀", "12345", "-1"])
def test_a_code_that_is_none_is_answered_beside_the_field(client, order, typed):
    ask(client, order.store)
    code_sent()
    page = client.post(code_of(order.store), {"code": typed})
    assert page.status_code == 422
    assert "Problem:" in page.text
    assert "orders" not in client.session


def test_case_62_a_code_works_once(client, order):
    ask(client, order.store)
    code, token = code_sent(), client.session["attempt"]
    assert client.post(code_of(order.store), {"code": code}).status_code == 302
    thief = Client()
    ask(thief, order.store, "JP-1")
    session = thief.session
    session["attempt"] = token
    session.save()
    assert thief.post(code_of(order.store), {"code": code}).status_code == 422


def test_after_five_tries_a_new_code_is_needed_even_for_the_right_one(client, order):
    ask(client, order.store)
    code = code_sent()
    for _ in range(4):
        page = client.post(code_of(order.store), {"code": another(code)})
        assert WRONG in page.text
    page = client.post(code_of(order.store), {"code": another(code)})
    assert "That was the fifth try" in page.text
    assert f'href="{find_of(order.store)}"' in page.text
    page = client.post(code_of(order.store), {"code": code})
    assert "That was the fifth try" in page.text
    assert "orders" not in client.session
    ask(client, order.store)
    assert client.post(code_of(order.store), {"code": code_sent()}).status_code == 302


def test_five_tries_are_the_end_of_it_also_where_there_was_no_code(client, order):
    ask(client, order.store, "JP-99999")
    for _ in range(5):
        page = client.post(code_of(order.store), {"code": "123456"})
    assert "That was the fifth try" in page.text


def test_the_code_page_without_a_question_leads_to_find(client, store):
    assert client.get(code_of(store))["Location"] == find_of(store)


def test_a_question_asked_in_one_store_opens_nothing_in_another(client, order):
    other = people.open_store("tea-house")
    ask(client, order.store)
    code = code_sent()
    assert client.post(code_of(other), {"code": code}).status_code == 422


def test_the_code_field_helps_phones(client, order):
    ask(client, order.store)
    page = client.get(code_of(order.store)).text
    assert 'inputmode="numeric"' in page
    assert 'autocomplete="one-time-code"' in page


def test_the_mail_carries_the_code(client, order):
    ask(client, order.store)
    tasks.work()
    code = FindAttempt.objects.get().code
    assert [message.to for message in mail.outbox] == [["sarah@example.com"]]
    assert code in mail.outbox[0].body
    # Nothing of it stays with us.
    assert code not in "".join(map(str, Notice.objects.values_list("subject", "text", "facts")))


def test_find_pages_ask_at_most_ten_questions(client, order, django_assert_max_num_queries):
    for path in (find_of(order.store), code_of(order.store)):
        with django_assert_max_num_queries(10):
            client.get(path)
    with django_assert_max_num_queries(10):
        ask(client, order.store)
    with django_assert_max_num_queries(10):
        client.post(code_of(order.store), {"code": "123456"})
