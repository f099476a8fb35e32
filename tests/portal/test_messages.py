"""The thread as the buyer reads it and writes in it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns import addresses
from returns.models import (
    Actor,
    EventKind,
    Message,
    Notice,
    NoticeKind,
    Order,
    Promise,
    PromiseKind,
    PromiseState,
    ShortLink,
    Throttle,
    Way,
)
from returns.models.writing import MESSAGES
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.test_return_form import words
from tests.portal.test_step_up import code_sent, page_of, send
from tests.returns.returning import returned
from tracking.models import Parcel

pytestmark = pytest.mark.django_db

# The session, the order, its messages, their photos, the addresses that it went to, the
# promise, the holidays of the account; and once the note that answers were read.
MOST_QUERIES = 8


@pytest.fixture
def ieva(db) -> Actor:
    return Actor.staff(people.staff("ieva", first_name="Ieva"))


def page(order: Order, name: str = "messages") -> str:
    return addresses.order_page(order, name)


def write(client: Client, order: Order, text: str = "Is it on its way?", key: str = "", **more):
    """As the browser does: the key stands in the form that it was shown."""
    key = key or key_in(client, order)
    return client.post(page(order), {"text": text, "key": key, **more})


def key_in(client: Client, order: Order) -> str:
    found = re.search(r'name="key" value="([^"]+)"', client.get(page(order)).text)
    assert found
    return found[1]


def holder(order: Order) -> CheckedClient:
    """Somebody else with the link."""
    client = CheckedClient()
    people.open_link(client, order)
    return client


# --- Writing ----------------------------------------------------------------------------------


def test_a_buyer_writes_and_reads_by_when_a_person_answers(sarah, order):
    response = write(sarah, order, "Is it on its way?\nI leave on Friday.")
    message = Message.objects.get()
    assert response["Location"] == f"{page(order)}#message-{message.pk}"
    assert (message.text, message.way) == ("Is it on its way?\nI leave on Friday.", Way.PAGE)
    shown = sarah.get(page(order))
    assert f'id="message-{message.pk}"' in shown.text
    assert "Is it on its way?<br>I leave on Friday." in shown.text
    assert "Thank you, we have your message. A person answers you by" in words(shown)
    assert shown.text.count('class="postmark"') == 1
    assert Promise.objects.open().get().kind == PromiseKind.REPLY
    assert Notice.objects.get().kind == NoticeKind.MESSAGE_RECEIVED


def test_before_anybody_wrote_the_page_says_by_when_one_has_an_answer(sarah, order):
    shown = sarah.get(page(order))
    assert "If you write now, you have an answer by" in words(shown)
    assert 'class="postmark"' not in shown.text
    assert "What was written" not in words(shown)


def test_the_same_form_twice_is_one_message(sarah, order):
    key = key_in(sarah, order)
    first, second = (write(sarah, order, key=key) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Message.objects.count() == 1


def test_who_goes_back_and_writes_something_else_is_heard_again(sarah, order):
    key = key_in(sarah, order)
    for text in ("Is it on its way?", "I leave on Friday."):
        assert write(sarah, order, text, key=key).status_code == 302
    assert Message.objects.count() == 2


@pytest.mark.parametrize("key", ["", "not a key", "\0", "a" * 5000])
def test_a_form_without_its_key_is_a_message_all_the_same(sarah, order, key):
    assert sarah.post(page(order), {"text": "Hello there", "key": key}).status_code == 302
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Write a few words first, or add a photo."),
        ("  \n ", "Write a few words first, or add a photo."),
        ("?", "Write a few words first, or add a photo."),
        ("a" * 5001, "Make it shorter: 5001 characters are written, and there is room for 5000."),
    ],
)
def test_what_cannot_be_sent_is_said_beside_the_field_and_nothing_typed_is_lost(
    sarah, order, text, says
):
    response = write(sarah, order, text)
    assert response.status_code == 422
    assert words(response).count(says) == 2, "beside the field, and in the summary"
    assert "<title>Problem: " in response.text
    assert text.strip() in response.text
    assert not Message.objects.exists()


def test_no_browser_cuts_what_is_pasted_and_the_limit_is_said_before(sarah, order):
    shown = sarah.get(page(order))
    assert "Up to 5,000 characters." in words(shown) and "maxlength" not in shown.text


def test_five_thousand_characters_and_signs_that_no_database_keeps_are_taken(sarah, order):
    assert write(sarah, order, "a\0" * 5000).status_code == 302
    assert Message.objects.get().text == "a" * 5000


def test_markup_is_only_letters(sarah, order):
    write(sarah, order, "<script>alert(1)</script><b>now</b>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in sarah.get(page(order)).text


def test_words_stand_in_their_own_direction(sarah, order):
    write(sarah, order, "متى يصل الطرد؟")
    assert '<p class="words" dir="auto">متى يصل الطرد؟</p>' in sarah.get(page(order)).text


@pytest.mark.parametrize("name", ["cancelled_at", "paid_at"])
def test_writing_is_always_possible(sarah, order, name):
    Order.objects.update(**{name: timezone.now() if name == "cancelled_at" else None})
    assert write(sarah, order).status_code == 302


def test_who_writes_very_often_reads_kind_words_and_loses_none_of_their_own(sarah, order):
    most, period = MESSAGES[0]
    for _ in range(most):
        Throttle.objects.hit(f"message:{order.pk}", period)
    response = write(sarah, order, "And one more thing")
    assert response.status_code == 429
    assert "We have all of it, and a person reads it." in words(response)
    assert "And one more thing" in response.text
    assert not Message.objects.exists()


def test_a_form_of_another_site_is_refused(order):
    client = Client(enforce_csrf_checks=True)
    people.open_link(client, order)
    assert client.post(page(order), {"text": "Hello there"}).status_code == 403


# --- Reading ----------------------------------------------------------------------------------


def test_both_sides_stand_oldest_first_with_who_and_when(sarah, order, ieva):
    write(sarah, order, "Is it on its way?")
    order.answer("It is, since this morning.", by=ieva, key="a1")
    write(sarah, order, "How good to read.")
    shown = words(sarah.get(page(order)))
    places = [shown.index(text) for text in ("Is it on", "since this morning", "How good")]
    assert places == sorted(places)
    assert "Ieva, Juniper & Pine · Today," in shown and "You · Today," in shown
    assert "Read by us: Today," in shown


def test_once_it_is_answered_nothing_is_owed(sarah, order, ieva):
    write(sarah, order)
    order.answer("It is.", by=ieva, key="a1")
    shown = sarah.get(page(order))
    assert "Thank you, we have your message." not in words(shown)
    assert 'class="postmark"' not in shown.text


def test_a_message_that_needed_no_answer_was_read(sarah, order, ieva):
    write(sarah, order, "Thank you!")
    order.needs_no_answer(by=ieva)
    shown = words(sarah.get(page(order)))
    assert "Read by us: Today," in shown and "Thank you, we have" not in shown


def test_when_our_hour_has_passed_the_page_says_so(sarah, order):
    write(sarah, order)
    Promise.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    shown = words(sarah.get(page(order)))
    assert "We are late, and we are sorry." in shown
    assert "A person answers you by" not in shown


def test_our_private_notes_never_leave(sarah, order, ieva):
    order.note_for_us("She has called twice", by=ieva, key="n1")
    assert "called twice" not in sarah.get(page(order)).text
    order.answer("We look into it.", by=ieva, key="a1")
    assert "called twice" not in sarah.get(page(order)).text


def test_a_member_without_a_first_name_is_the_shop(sarah, order):
    order.answer("Yes.", by=Actor.staff(people.staff("it-2@juniper.example")), key="a1")
    shown = words(sarah.get(page(order)))
    assert "Juniper & Pine · Today," in shown and "it-2" not in shown


def test_what_came_by_mail_says_so_and_what_could_not_be_shown(sarah, order):
    order.write("By mail", key="m1", way=Way.EMAIL, left_out=2, sent_from="other@example.com")
    shown = words(sarah.get(page(order)))
    assert "· by email" in shown
    assert "2 files came with it that we cannot open." in shown
    assert "We are not sure that you wrote this." in shown
    assert "other@example.com" not in shown


def test_opening_the_page_tells_the_desk_that_its_answer_was_read(sarah, order, ieva):
    order.answer("It is.", by=ieva, key="a1")
    order.note_for_us("Hm", by=ieva, key="n1")
    answer, note = Message.objects.filter(is_private=False), Message.objects.filter(is_private=True)
    sarah.head(page(order))
    assert answer.get().seen_at is None
    sarah.get(page(order))
    first = answer.get().seen_at
    assert first is not None and note.get().seen_at is None
    sarah.get(page(order))
    assert answer.get().seen_at == first


def test_a_stranger_reads_nothing_and_writes_nothing(client, bob, order):
    order.write("Is it on its way?", key="m1")
    for name in ("messages", "ways"):
        assert bob.get(page(order, name)).status_code == 404
        assert bob.post(page(order, name), {"text": "It is me"}).status_code == 404
        find = addresses.store_page(order.store, "find")
        assert client.get(page(order, name))["Location"] == find
    assert Message.objects.count() == 1


def test_a_staff_log_in_opens_nothing_here(desk, order):
    assert desk.get(page(order))["Location"] == addresses.store_page(order.store, "find")


# --- What a forwarded link must not tell ------------------------------------------------------

SECRETS = [
    "Bring it to 12 Harbour Lane please",
    "Call me: 07700 900123",
    "Write to Sarah@Example.com instead",
    "It is for Mrs Whitcombe",
    "Call my neighbour: 07911 123456",
    "Or write to anna@example.org",
    "Please send the money to GB29 NWBK 6016 1331 9268 19",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_what_pages_mask_stands_in_no_message_either(sarah, order, secret):
    write(sarah, order, secret)
    assert secret in words(sarah.get(page(order))), "whoever wrote it reads it"
    other = holder(order)
    assert secret not in words(other.get(page(order)))
    assert "Hidden here, because it may tell who or where you are" in words(other.get(page(order)))
    send(other, order, page(order))
    back = other.post(page_of(order), {"code": code_sent(), "next": page(order)})
    assert back["Location"] == page(order)
    assert secret in words(other.get(page(order)))


@pytest.mark.parametrize(
    ("name", "text", "is_shown"),
    [
        ("Sarah Whitcombe", "Hello Sarah, it is on its way.", True),
        ("Sarah Whitcombe", "Hello Sarah Whitcombe, it is on its way.", False),
        ("Dr Smith", "Hello Dr Smith, it is on its way.", True),
        ("王小明", "王小明你好，包裹在路上了。", True),
        ("Har Smith", "It goes to 12 Harbour Lane, Har.", False),
        ("", "It goes to 12 Harbour Lane.", False),
    ],
)
def test_the_name_with_which_we_greet_hides_nothing(order, ieva, name, text, is_shown):
    Order.objects.update(name=name)
    order.answer(text, by=ieva, key="a1")
    assert (text in words(holder(order).get(page(order)))) == is_shown


@pytest.mark.parametrize(
    "text",
    [
        "Your parcel travels as RB000000123GB, since 24.11.2026.",
        "About order JP-20418: it left on 2026-11-24.",
        "Your return is HW-2345-6789.",
    ],
)
def test_numbers_that_the_pages_show_hide_nothing(order, ieva, text):
    returned(order)
    order.returns.update(number="HW-2345-6789")
    Parcel.objects.update(number="RB000000123GB")
    order.answer(text, by=ieva, key="a1")
    assert text in words(holder(order).get(page(order)))


def test_what_somebody_with_the_link_wrote_others_with_it_do_not_read(sarah, order):
    visitor = holder(order)
    write(visitor, order, "I am on 07911 123456")
    assert "07911 123456" in words(visitor.get(page(order)))
    assert "07911 123456" not in words(sarah.get(page(order)))


def test_what_was_hidden_was_not_read(order, ieva):
    order.answer("It goes to 12 Harbour Lane.", by=ieva, key="a1")
    holder(order).get(page(order))
    assert Message.objects.get().seen_at is None


# --- On other pages ---------------------------------------------------------------------------


def test_the_page_of_the_order_tells_who_wrote_last_and_leads_there(sarah, order, ieva):
    assert "Your messages" not in words(sarah.get(page(order, "order")))
    write(sarah, order)
    assert "Your messages You wrote to us. Today," in words(sarah.get(page(order, "order")))
    order.answer("It is.", by=ieva, key="a1")
    shown = sarah.get(page(order, "order"))
    assert "Your messages Ieva answered you. Today," in words(shown)
    assert f'class="row" href="{page(order)}"' in shown.text


def test_the_story_tells_that_one_wrote_but_not_what(sarah, order, ieva):
    write(sarah, order, "Something of mine")
    order.answer("Something of ours", by=ieva, key="a1")
    shown = words(sarah.get(page(order, "order"))).split("The story so far")[1]
    assert "You wrote to us." in shown and "Ieva answered you." in shown
    assert "Something" not in shown


def test_the_story_names_the_carrier_that_was_asked(sarah, order, ieva):
    for carrier in ("royal-mail", ""):
        for kind in (EventKind.CARRIER_ASKED, EventKind.CARRIER_ANSWERED):
            order.events.create(kind=kind, actor=ieva.kind, data={"carrier": carrier})
    shown = words(sarah.get(page(order, "order")))
    assert "We asked Royal Mail about your parcel." in shown
    assert "Royal Mail answered our question." in shown
    assert "We asked the carrier about your parcel." in shown
    assert "The carrier answered our question." in shown


def test_what_only_the_desk_needs_is_not_in_the_story(sarah, order, ieva):
    write(sarah, order)
    order.needs_no_answer(by=ieva)
    order.events.create(kind=EventKind.CASE_GIVEN, actor=ieva.kind)
    shown = words(sarah.get(page(order, "order")))
    assert "We read what you wrote." not in shown and "looks after it" not in shown


def test_a_broken_promise_to_answer_is_not_shown_as_open(sarah, order):
    write(sarah, order)
    Promise.objects.update(state=PromiseState.BROKEN)
    assert 'class="postmark"' not in sarah.get(page(order)).text


@pytest.mark.parametrize("name", ["order", "return_items", "step_up", "papers", "address"])
def test_every_page_of_the_order_leads_here_from_its_head(sarah, order, name):
    head = sarah.get(page(order, name), follow=True).text.split("</header>")[0]
    assert f'<a href="{page(order)}">Write to us</a>' in head and "mailto:" not in head


def test_whoever_has_opened_no_order_yet_writes_a_mail(client, store):
    head = client.get(addresses.store_page(store, "find")).text.split("</header>")[0]
    assert f'<a href="mailto:{store.contact_email}">Write to us</a>' in head


# --- What it costs ----------------------------------------------------------------------------


def test_a_long_thread_asks_the_database_no_more_often(
    sarah, order, ieva, django_assert_max_num_queries
):
    for number in range(3):
        order.write(f"Question {number}", key=f"q{number}")
        order.answer(f"Answer {number}", by=ieva, key=f"a{number}")
    with django_assert_max_num_queries(MOST_QUERIES):
        assert "Answer 2" in sarah.get(page(order)).text
    with django_assert_max_num_queries(MOST_QUERIES - 1):
        sarah.get(page(order))


def test_who_answered_is_asked_once_for_the_page_of_the_order(sarah, order, ieva):
    """One more than without any answer, however many there are."""

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            sarah.get(page(order, "order"))
        return len(queries)

    order.answer("One", by=ieva, key="a0")
    one = asked()
    for number in range(1, 4):
        order.answer("More", by=ieva, key=f"a{number}")
    assert asked() == one


# --- Links of our letters ---------------------------------------------------------------------


def test_the_desk_sees_that_a_letter_was_followed(client, order):
    order.write("Is it on its way?", key="m1")
    notice = Notice.objects.get()
    path = f"/k/{ShortLink.objects.make(order, 'messages/', notice)}"
    client.head(path)
    notice.refresh_from_db()
    assert notice.opened_at is None
    assert client.get(path)["Location"] == page(order)
    notice.refresh_from_db()
    first = notice.opened_at
    assert first is not None
    client.get(path)
    notice.refresh_from_db()
    assert notice.opened_at == first


def test_a_link_that_is_closed_was_not_followed(client, order):
    order.write("Is it on its way?", key="m1")
    notice = Notice.objects.get()
    path = f"/k/{ShortLink.objects.make(order, '', notice)}"
    ShortLink.objects.all().revoke(timezone.now())
    client.get(path)
    notice.refresh_from_db()
    assert notice.opened_at is None
