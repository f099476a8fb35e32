"""The thread at the desk: what was written, what became of it, and answering it."""

import re
import uuid
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from returns import photos, tasks
from returns.admin.replies import ANSWERS
from returns.admin.said_asked import NOT_NOTED
from returns.models import (
    Actor,
    CarrierContact,
    Message,
    Notice,
    NoticeKind,
    Order,
    Promise,
    PromiseKind,
    PromiseState,
)
from returns.models.thread import Way
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.desk_work import at_desk, clerk
from tests.portal.letters_at_desk import trouble
from tests.portal.on_the_way import report, sent
from tests.portal.test_return_races import at_once
from tests.returns.photographs import quarters, saved
from tracking.work import WorkState

pytestmark = pytest.mark.django_db

READ, ANSWER = "view_message", "answer_message"
QUESTION = "Where is my shirt? It was to be here on Friday."
SEEN = re.compile(r'name="seen" value="(\d+)"')


@pytest.fixture
def ieva():
    """A member of staff who answers buyers."""
    return at_desk("ieva", READ, ANSWER)


def thread(order: Order) -> str:
    return reverse("admin:returns_order_thread", args=[order.pk])


def asks(order: Order, text: str = QUESTION, **more) -> Message:
    return order.write(text, key=uuid.uuid4().hex, **more)


def opened(client: CheckedClient, order: Order) -> dict[str, str]:
    """What the form would send when nobody types anything."""
    form = client.get(thread(order)).context["form"]
    return {name: form[name].value() for name in ("key", "seen", "text")}


def send(client: CheckedClient, order: Order, form: dict | None = None, do="answer", **typed):
    form = opened(client, order) if form is None else form
    return client.post(thread(order), form | {"do": do} | typed, follow=True)


def working_hour(order: Order, hours: int = 12) -> str:
    """As it is typed, by the clock of the store."""
    at = order.store.calendar.due(timezone.now(), hours).astimezone(ZoneInfo(order.store.zone))
    return f"{at:%Y-%m-%dT%H:%M}"


# --- Reading --------------------------------------------------------------------------------------


def test_the_thread_tells_who_wrote_what_and_how_and_in_which_language_to_answer(ieva, order):
    asks(order, way=Way.EMAIL, sent_from="work@example.com", left_out=1)
    page = ieva.get(thread(order)).text
    assert "Sarah Whitcombe reads English." in page
    assert QUESTION in page and "by email" in page
    assert "not sure who sent it: work@example.com" in page
    assert "One file that came with it cannot be shown." in page
    assert "One message waits for an answer." in page and "Promised for" in page


def test_somebody_who_reads_chinese_is_answered_in_chinese(ieva, store):
    order = people.place_order(store, name="王小明", language="zh-hans")
    page = ieva.get(thread(order)).text
    assert "王小明 reads Simplified Chinese." in page and 'lang="zh-hans"' in page


def test_who_may_answer_has_read_it_by_opening_it_and_a_mere_reader_has_not(ieva, order):
    message = asks(order)
    at_desk("reader", READ).get(thread(order))
    message.refresh_from_db()
    assert message.read_at is None
    ieva.get(thread(order))
    message.refresh_from_db()
    read_at = message.read_at
    assert read_at is not None
    ieva.get(thread(order))
    message.refresh_from_db()
    assert message.read_at == read_at


def test_photos_of_a_message_are_shown_and_belong_to_this_thread_alone(ieva, store, order):
    picture = photos.develop(saved(quarters()))
    message = asks(order, pictures=[picture])
    photo = message.pictures.get()
    where = reverse("admin:returns_order_message_photo", args=[order.pk, photo.key])
    assert where in ieva.get(thread(order)).text
    assert ieva.get(where)["Content-Type"] == "image/jpeg"
    assert ieva.get(f"{where}?small").status_code == 200
    other = people.place_order(store, "JP-2")
    strange = reverse("admin:returns_order_message_photo", args=[other.pk, photo.key])
    assert ieva.get(strange).status_code == 404
    assert at_desk("packer").get(where).status_code == 404


def test_who_may_not_read_messages_gets_no_thread_and_no_link_to_it(order):
    packer = at_desk("packer")
    assert packer.get(thread(order)).status_code == 404
    assert (
        thread(order) not in packer.get(reverse("admin:returns_order_change", args=[order.pk])).text
    )


def test_who_may_only_read_gets_no_form_and_cannot_answer(order):
    asks(order)
    reader = at_desk("reader", READ)
    page = reader.get(thread(order))
    assert QUESTION in page.text and page.context["form"] is None
    form = {"key": "k", "seen": "9", "text": "Hello", "do": "answer"}
    assert reader.post(thread(order), form).status_code == 404
    assert order.messages.count() == 1


# --- Answering ------------------------------------------------------------------------------------


def test_an_answer_leaves_under_a_name_keeps_the_promise_and_is_logged(ieva, order):
    asks(order)
    page = send(ieva, order, text="It left the depot this morning.").text
    assert "The answer is on its way." in page
    answer = order.messages.last()
    assert (answer.text, answer.user.username) == ("It left the depot this morning.", "ieva")
    assert not order.messages.unanswered().exists()
    promise = Promise.objects.get(order=order, kind=PromiseKind.REPLY)
    assert promise.state == PromiseState.KEPT
    assert answer.notices.get().sent_by == answer.user
    assert LogEntry.objects.get().change_message == "Message answered."
    assert "Email: waiting." in page
    tasks.deliver_notices()
    assert "It left the depot this morning." in mail.outbox[-1].body


def test_the_same_form_sent_twice_is_one_answer(ieva, order):
    asks(order)
    form = opened(ieva, order)
    send(ieva, order, form, text="Once.")
    send(ieva, order, form, text="Once.")
    assert order.messages.filter(author="staff").count() == 1
    assert LogEntry.objects.count() == 1


def test_what_became_of_an_answer_stands_beside_it(ieva, order):
    asks(order)
    send(ieva, order, text="Tomorrow.")
    notice = Notice.objects.get(kind=NoticeKind.MESSAGE_ANSWER)
    assert "waiting" in ieva.get(thread(order)).text
    values = {"state": WorkState.DEAD, "attempts": 3, "last_error": "No such mailbox."}
    Notice.objects.filter(pk=notice.pk).update(**values)
    page = ieva.get(thread(order)).text
    assert "given up, three tries" in page and "No such mailbox." in page
    now = timezone.now()
    values = {"state": WorkState.DONE, "provider_state": "delivered", "opened_at": now}
    Notice.objects.filter(pk=notice.pk).update(**values, last_error="")
    Message.objects.filter(notices=notice).update(seen_at=now)
    page = ieva.get(thread(order)).text
    assert "delivered" in page and "page opened" in page and "Seen by the buyer" in page


def test_a_note_stays_with_us_and_the_message_still_waits(ieva, order):
    asks(order)
    page = send(ieva, order, do="note", text="He called twice.").text
    assert "Only we see this" in page and "He called twice." in page
    assert order.messages.unanswered().count() == 1
    assert not Notice.objects.filter(kind=NoticeKind.MESSAGE_ANSWER).exists()
    assert LogEntry.objects.get().change_message == "Private note written."


def test_a_thank_you_needs_no_answer_and_nothing_is_sent(ieva, order):
    asks(order, "Thank you, it is here.")
    send(ieva, order, do="no_answer")
    assert not order.messages.unanswered().exists()
    assert not Promise.objects.open().filter(order=order, kind=PromiseKind.REPLY).exists()
    assert not Notice.objects.filter(kind=NoticeKind.MESSAGE_ANSWER).exists()


def test_what_was_typed_is_not_thrown_away_by_needs_no_answer(ieva, order):
    asks(order)
    page = send(ieva, order, do="no_answer", text="Half a thought").text
    assert "send it, or empty the field" in page and "Half a thought" in page
    assert order.messages.unanswered().exists()


def test_an_empty_answer_is_asked_for(ieva, order):
    asks(order)
    assert "Write something first." in send(ieva, order, text="  ").text
    assert order.messages.count() == 1


def test_when_we_write_again_becomes_a_promise_by_the_clock_of_the_store(ieva, store, order):
    store.zone = "Asia/Shanghai"
    store.save()
    asks(order)
    order.store.refresh_from_db()
    typed = working_hour(order)
    send(ieva, order, text="We look for it.", again_by=typed)
    promise = Promise.objects.open().get(order=order, kind=PromiseKind.REPLY)
    assert f"{promise.due_at.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%dT%H:%M}" == typed


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("2020-01-07T10:00", "Choose an hour to come."),
        ("2999-01-07T10:00", "too long for anybody to wait"),
        ("sunday", "Nobody works then."),
        ("night", "Nobody works then."),
    ],
)
def test_we_write_again_in_working_time_to_come_or_not_at_all(ieva, order, typed, says):
    asks(order)
    now = timezone.now().astimezone(ZoneInfo("Europe/London"))
    sunday = now + timedelta(days=7 - (now.weekday() + 1) % 7)
    typed = f"{sunday:%Y-%m-%d}T11:00" if typed == "sunday" else typed
    typed = working_hour(order)[:10] + "T03:00" if typed == "night" else typed
    page = send(ieva, order, text="We look for it.", again_by=typed).text
    assert says in page and "We look for it." in page
    assert order.messages.count() == 1


def test_without_an_address_the_answer_stands_on_the_page_and_the_desk_knows(ieva, store):
    order = people.place_order(store, email="", phone="")
    asks(order)
    assert "This order has no address that we could write to." in ieva.get(thread(order)).text
    page = send(ieva, order, text="Here.").text
    assert "There is no address to write to." in page and "is on its way" not in page
    assert "On the page of the order alone." in page


def test_the_form_says_what_we_add(ieva, order):
    page = ieva.get(thread(order)).text
    assert "We add the greeting, your name and the link: do not write them." in page


def test_an_answer_that_is_too_long_is_neither_cut_nor_lost(ieva, order):
    long = "a" * 4999 + "bc"
    page = send(ieva, order, text=long)
    assert long in page.text and "at most 5000 characters" in page.text
    assert "maxlength" not in str(page.context["form"]["text"])
    assert not order.messages.exists()


# --- Two at a time --------------------------------------------------------------------------------


def test_who_is_second_sees_the_first_answer_keeps_the_words_and_both_are_kept(ieva, order):
    asks(order)
    cora = clerk()
    form = opened(ieva, order)
    order.answer(
        "It comes tomorrow.", by=cora, key="cora", now=timezone.now() - timedelta(minutes=1)
    )
    page = send(ieva, order, form, text="I ask the carrier.")
    assert "Cora answered 1\xa0minute ago." in page.text
    assert "It comes tomorrow." in page.text and "I ask the carrier." in page.text
    assert order.messages.filter(author="staff").count() == 1
    again = form | {"seen": SEEN.search(page.text)[1]}
    send(ieva, order, again, text="I ask the carrier.")
    said = [message.text for message in order.messages.filter(author="staff")]
    assert said == ["It comes tomorrow.", "I ask the carrier."]


def test_what_the_buyer_wrote_meanwhile_is_read_before_it_counts_as_answered(ieva, order):
    asks(order)
    form = opened(ieva, order)
    asks(order, "It is broken, too.")
    page = send(ieva, order, form, do="no_answer").text
    assert "The buyer wrote" in page and "It is broken, too." in page
    assert order.messages.unanswered().count() == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_the_same_moment_one_is_asked_to_look_again(order):
    asks(order)
    clients = [at_desk(name, READ, ANSWER) for name in ("ieva", "jonas")]
    forms = [opened(client, order) for client in clients]
    pages = at_once(
        *[
            lambda client=client, form=form, text=text: send(client, order, form, text=text)
            for client, form, text in zip(clients, forms, ("One.", "Two."), strict=True)
        ]
    )
    assert order.messages.filter(author="staff").count() == 1
    (second,) = [page for page in pages if "Then press again." in page.text]
    assert "One." in second.text and "Two." in second.text


# --- Quick replies --------------------------------------------------------------------------------


def offered(client: CheckedClient, order: Order) -> dict[str, str]:
    """Of each quick reply: its words → its key."""
    groups = client.get(thread(order)).context["groups"]
    return {reply.text: reply.key for _, rows in groups for reply in rows}


def answered(store, text: str, times: int = 1, **buyer) -> Order:
    """Somebody else of this store was answered so before."""
    number = buyer.pop("number", f"JP-7{Order.objects.count():04d}")
    facts = {"name": "Bob Marsh", "email": "bob@example.com", "phone": "+44 7700 900777"}
    order = people.place_order(store, number, **(facts | {"street": "4 Mill Road"} | buyer))
    actor = Actor.staff(people.staff(f"member-{order.pk}"))
    for number in range(times):
        order.answer(text, by=actor, key=f"answer-{number}")
    return order


def test_a_quick_reply_fills_the_answer_without_any_script(ieva, store, order):
    answered(store, "We have asked the warehouse.\n\nIt takes a day.")
    words = "We have asked the warehouse.\n\nIt takes a day."
    key = offered(ieva, order)[words]
    page = ieva.get(f"{thread(order)}?reply={key}")
    assert page.context["form"]["text"].value() == words
    assert ieva.get(f"{thread(order)}?reply=nothing").context["form"]["text"].value() == ""


def test_how_things_stand_is_offered_in_the_language_of_the_buyer(ieva, store):
    order = people.place_order(store, language="zh-hans")
    rma = people.ask_to_return(order)
    texts = "".join(offered(ieva, order))
    assert rma.get_status_display() == "Approved"
    assert re.search("[\u4e00-\u9fff]", texts) and not re.search("[a-z]{5}", texts)


def test_answers_of_before_come_most_used_first_and_greet_nobody(ieva, store, order):
    answered(store, "Dear Bob,\n\nonce alone.")
    answered(store, "Dear Bob,\n\nit takes a day.")
    answered(store, "Dear Anna,\n\nit takes a day.", name="Anna Bell")
    page = ieva.get(thread(order))
    rows = dict(page.context["groups"])[ANSWERS]
    assert [row.text for row in rows] == ["It takes a day.", "Once alone."]
    assert [row.label for row in rows] == ["It takes a day.", "Once alone."]
    assert "Written for another order: read before you send" in page.text


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Dear Bob,\n\nit takes a day.", "It takes a day."),
        ("Dear Bob, it takes a day.", "It takes a day."),
        ("Dear Mr. Marsh,\nit takes a day.", "It takes a day."),
        ("Hello Bob\nIt takes a day.", "It takes a day."),
        ("Good morning! It takes a day.", "It takes a day."),
        ("Bob, it takes a day.", "It takes a day."),
        ("Dearly missed, it takes a day.", "Dearly missed, it takes a day."),
        ("History repeats itself.", "History repeats itself."),
    ],
)
def test_a_greeting_does_not_come_along_because_we_add_one(ieva, store, order, text, rest):
    answered(store, text)
    assert rest in offered(ieva, order)


@pytest.mark.parametrize(
    "text",
    [
        "雪，你好。包裹明天到。",
        "小雪，您好！\n包裹明天到。",
        "亲爱的雪：包裹明天到。",
        "你好，包裹明天到。",
        "雪：包裹明天到。",
    ],
)
def test_a_chinese_greeting_does_not_come_along_either(ieva, store, text):
    order = people.place_order(store, language="zh-hans", name="李雷")
    answered(store, text, language="zh-hans", name="林雪")
    assert "包裹明天到。" in offered(ieva, order)


@pytest.mark.parametrize(
    "text", ["包裹明天到，雪。", "雪，包裹明天到，小雪！", "林雪的包裹明天到。"]
)
def test_a_given_name_of_one_sign_is_another_buyers_name(ieva, store, text):
    order = people.place_order(store, language="zh-hans", name="李雷")
    for number, words in enumerate((text, "昨天下雪了，路不好走。")):
        answered(store, words, number=f"JP-{number}", language="zh-hans", name="林雪")
    texts = offered(ieva, order)
    assert "昨天下雪了，路不好走。" in texts
    assert not any("明天到" in words for words in texts)


def test_what_was_said_in_another_trouble_is_not_offered(ieva, store):
    lies_still, calm = "It lies at its depot.", "Thank you for your patience."
    order, other = (people.place_order(store, f"JP-{name}", shipped=False) for name in "AB")
    trouble(sent(store, report(), number="RB000000001GB", order=other))
    other.answer(lies_still, by=clerk(), key="still")
    answered(store, calm)
    assert calm in offered(ieva, order) and lies_still not in offered(ieva, order)
    trouble(sent(store, report(), number="RB000000002GB", order=order))
    assert lies_still in offered(ieva, order) and calm not in offered(ieva, order)
    other.cases.update(closed_at=timezone.now())
    assert lies_still in offered(ieva, order), "it was true when it was written"


@pytest.mark.parametrize(
    "text",
    [
        "Your order JP-5 is packed.",
        "Number 31888 is packed.",
        "We wrote to bob@example.com.",
        "We called +44 7700 900777.",
        "We called 0 77 00 90 07 77.",
        "It goes to 4 Mill Road.",
        "Thank you, Bob.",
        "Mr Marsh has it.",
        "MARSH is on the label.",
        "It travels as RB123456785GB.",
        "See https://example.com/k/secret",
        "Your return HW-AAAA-BBBB is here.",
    ],
)
def test_nothing_of_another_buyer_comes_along(ieva, store, order, text):
    number = "JP-31888" if "31888" in text else "JP-5"
    answered(store, text, number=number)
    answered(store, "We look for it.", number="JP-6")
    texts = "".join(offered(ieva, order))
    assert text not in texts and "We look for it." in texts


def test_a_chinese_name_does_not_come_along_in_any_of_its_forms(ieva, store):
    order = people.place_order(store, language="zh-hans", name="李雷")
    facts = {"language": "zh-hans", "name": "王小明"}
    for number, text in enumerate(("小明的包裹到了。", "好的，王先生。", "包裹明天到。")):
        answered(store, text, number=f"JP-{number}", **facts)
    texts = "".join(offered(ieva, order))
    assert "包裹明天到。" in texts and "小明" not in texts and "王先生" not in texts


def test_notes_answers_of_other_stores_and_of_other_languages_are_not_offered(ieva, store, order):
    other = answered(store, "Es dauert einen Tag.", language="zh-hans")
    other.note_for_us("Ein Freund von uns.", by=clerk(), key="n")
    elsewhere = people.open_store("elsewhere")
    answered(elsewhere, "We are another shop.")
    texts = "".join(offered(ieva, order))
    for text in ("Es dauert einen Tag.", "Ein Freund von uns.", "We are another shop."):
        assert text not in texts


def test_at_most_fifteen_answers_are_offered(ieva, store, order):
    for letter in "abcdefghijklmnopq":
        answered(store, f"Answer {letter}.")
    rows = dict(ieva.get(thread(order)).context["groups"])[ANSWERS]
    assert len(rows) == 15


def test_words_with_signs_of_a_page_stay_words(ieva, store, order):
    text = '<b onclick="x">"Quoted" & more</b>'
    answered(store, text)
    asks(order, text)
    page = ieva.get(thread(order)).text
    assert text not in page and escape(text) in page


# --- Only what was done is said to be done ------------------------------------------------------


def test_an_answer_that_says_we_asked_is_warned_about_until_somebody_noted_it(ieva, store):
    order = people.place_order(store, "JP-A", shipped=False)
    case = trouble(sent(store, report(), order=order))
    page = send(ieva, order, text="We have asked the carrier.").text
    assert escape(NOT_NOTED) in page and "The answer is on its way." in page
    assert NOT_NOTED not in send(ieva, order, text="We look for it.").text
    page = send(ieva, order, do="no_answer", text="We have asked the carrier.").text
    assert NOT_NOTED in page, "beside the words that were not sent"
    CarrierContact.objects.ask(case, way="phone", asked="Where is it?", by=clerk())
    assert NOT_NOTED not in send(ieva, order, text="We have asked the carrier.").text


# --- The list, the order, the board ---------------------------------------------------------------


def listed(client: CheckedClient, query: str = "") -> str:
    return client.get(reverse("admin:returns_message_changelist") + query).text


def test_the_list_shows_who_waits_longest_first_and_leads_to_the_thread(ieva, store, order):
    other = people.place_order(store, "JP-2")
    first = asks(other, "Long ago", now=timezone.now() - timedelta(hours=3))
    asks(order, "Just now")
    send(ieva, order, text="Answered at once.")
    asks(order, "Once more")
    page = listed(ieva, "?answer=waiting")
    assert page.index("Long ago") < page.index("Once more")
    assert "Just now" not in page and "Answered at once." not in page
    assert thread(other) in page
    change = reverse("admin:returns_message_change", args=[first.pk])
    assert ieva.get(change)["Location"] == f"{thread(other)}#message-{first.pk}"


def test_the_list_of_what_waits_has_one_row_for_each_thread_with_its_promised_hour(ieva, order):
    for text in ("First", "Second"):
        asks(order, text)
    page = listed(ieva, "?answer=waiting")
    assert "First" in page and "Second" not in page and "1 message" in page
    due = Promise.objects.get(order=order, kind=PromiseKind.REPLY).due_at
    there = due.astimezone(ZoneInfo(order.store.zone))
    assert f"{there:%-d %b %H:%M}" in page and "(in " in page
    Promise.objects.update(due_at=timezone.now() - timedelta(hours=2))
    assert "2\xa0hours late" in listed(ieva, "?answer=waiting")
    assert "Second" in listed(ieva)


def test_the_list_tells_times_by_the_clock_of_the_store(ieva, store, order):
    store.zone = "Asia/Shanghai"
    store.save()
    at = asks(order).at.astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"{at:%-d %b %H:%M}" in listed(ieva)


def test_the_list_is_narrowed_by_way_store_and_order_number(ieva, store, order):
    asks(order, "By the page")
    elsewhere = people.place_order(people.open_store("elsewhere"), "EL-9")
    asks(elsewhere, "By mail", way=Way.EMAIL)
    assert "By mail" not in listed(ieva, "?way=page")
    assert "By mail" in listed(ieva, "?store=elsewhere") and "By the page" not in listed(
        ieva, "?store=elsewhere"
    )
    assert 'name="way" value="page"' in listed(ieva, "?way=page")
    assert "By mail" in listed(ieva, "?q=EL-9") and "By the page" not in listed(ieva, "?q=EL-9")


def test_the_list_cannot_be_asked_what_no_page_shows(ieva, order):
    asks(order)
    for query in ("?order__email__startswith=sarah", "?key__startswith=a", "?mail_id=x"):
        where = reverse("admin:returns_message_changelist") + query
        assert ieva.get(where).status_code in (302, 400)


def test_the_page_of_an_order_says_who_waits_and_what_is_promised(ieva, order):
    page = reverse("admin:returns_order_change", args=[order.pk])
    assert "Nobody has written yet." in ieva.get(page).text
    asks(order)
    text = ieva.get(page).text
    assert "One message waits for an answer." in text and thread(order) in text
    assert "Answer the message" in text and "Messages: 1 to answer" in text
    late = timezone.now() - timedelta(hours=2)
    Promise.objects.filter(order=order, kind=PromiseKind.REPLY).update(due_at=late)
    assert "2\xa0hours late" in ieva.get(page).text


def test_the_board_counts_messages_to_answer_with_the_oldest_and_the_late(ieva, store, order):
    asks(order, now=timezone.now() - timedelta(hours=5))
    asks(people.place_order(store, "JP-2"))
    Promise.objects.filter(order=order, kind=PromiseKind.REPLY).update(
        due_at=timezone.now() - timedelta(hours=1)
    )
    board = ieva.get(reverse("admin:index")).text
    found = re.search(
        r'<a href="([^"]+)"><span class="name">Messages to answer</span><span class="n">(\d+)'
        r'</span><span class="old">(.+?)</span>',
        board,
    )
    assert found[1].endswith("?answer=waiting")
    assert found[2] == "2"
    assert found[3].replace("\xa0", " ") == "Oldest: 5 hours ago; one later than promised"


# --- What it costs --------------------------------------------------------------------------------


def test_a_long_thread_costs_no_more_queries(ieva, store, order, django_assert_max_num_queries):
    def grow(times: int) -> None:
        for number in range(times):
            asks(order, f"Question {number}", pictures=[picture] if number == 0 else ())
            order.answer("Answer.", by=actor, key=uuid.uuid4().hex)
            answered(store, f"Other {uuid.uuid4().hex[:4]} words.")

    picture, actor = photos.develop(saved(quarters())), clerk()
    people.ask_to_return(order)
    grow(1)
    ieva.get(thread(order))
    few = counted(ieva, thread(order))
    grow(4)
    assert counted(ieva, thread(order)) == few
    with django_assert_max_num_queries(45):
        ieva.get(thread(order))


def test_a_long_list_costs_no_more_queries(ieva, store, order):
    where = reverse("admin:returns_message_changelist")
    asks(order)
    few = counted(ieva, where)
    for number in range(5):
        asks(people.place_order(store, f"JP-{number}"))
    assert counted(ieva, where) == few


def counted(client: CheckedClient, where: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(where).status_code == 200
    return len(queries)
