"""What comes in takes bounded work, loses no word, and is believed no further than it may be."""

import base64
import json
from datetime import timedelta
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from returns import letters, mailbox, reply_addresses, tasks
from returns.channels import Incoming
from returns.channels.whatsapp import WhatsApp
from returns.incoming_mail import MOST_BLOCKS, MOST_COMPARISONS, MOST_LINES, read
from returns.mail_text import LONGEST_SOURCE
from returns.models import CLOCK, Inbound, Notice, NoticeKind, Order, Throttle, inbound, writing
from returns.models.access import FindAttempt, TooOften
from returns.models.contact_point import ContactPoint
from returns.models.thread import Way
from returns.models.writing import MOST_THANKS
from tests.mail_server import mail_server
from tests.people import place_order
from tests.pictures import photo
from tests.returns.channel_servers import form_of, played
from tests.returns.correspondence import Shop
from tests.returns.mailbox_server import mailbox_server
from tests.returns.troubled import NUMBER, by_sms, by_whatsapp
from tests.tracking.loopback import Answer
from tracking.work import WorkState

HOUR = timedelta(hours=1)
BUSY = Answer(status=503)


@pytest.fixture(autouse=True)
def answers_come_in(settings):
    settings.REPLY_ADDRESS = "answers@juniper.example"


@pytest.fixture
def post(settings):
    with mail_server() as server:
        settings.MAILERS = server.mailers()
        yield server


@pytest.fixture
def there():
    with played() as there:
        yield there


@pytest.fixture
def texting(store, there):
    return by_sms(store, there)


@pytest.fixture
def chatting(store, there):
    return by_whatsapp(store, there)


def mail(order: Order, words: str = "Where is it?", **headers: str) -> bytes:
    made = EmailMessage()
    values = {"From": "sarah@example.com", "To": reply_addresses.address_for(order)}
    for name, value in (values | headers).items():
        made[name.replace("_", "-")] = value
    made.set_content(words)
    return bytes(made)


def come(raw: bytes) -> Inbound:
    row = Inbound.objects.keep("mail", raw)
    tasks.take_in()
    return Inbound.objects.get(pk=row.pk)


def text(account, words: str, sid: str = "SM1") -> Inbound:
    form = form_of("twilio/message", Body=words, MessageSid=sid, From=NUMBER)
    row = Inbound.objects.keep("twilio", form, account=account, delivery=sid)
    tasks.take_in()
    return Inbound.objects.get(pk=row.pk)


def words(key: str, said: str, sender: str = NUMBER) -> dict:
    return {"from": sender.lstrip("+"), "id": key, "type": "text", "text": {"body": said}}


def picture(key: str, file: str, caption: str) -> dict:
    image = {"id": file, "mime_type": "image/jpeg", "caption": caption}
    return {"from": NUMBER.lstrip("+"), "id": key, "type": "image", "image": image}


def chat(account, *messages: dict) -> Inbound:
    """One delivery of WhatsApp."""
    at = str(int(timezone.now().timestamp()))
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": account.keys["phone_number_id"]},
        "messages": [{"timestamp": at, **message} for message in messages],
    }
    told = {
        "object": "whatsapp_business_account",
        "entry": [{"changes": [{"field": "messages", "value": value}]}],
    }
    return Inbound.objects.keep("whatsapp", json.dumps(told).encode(), account=account)


def is_there(there, file: str, content: bytes) -> None:
    url = f"{there.server.url}/files/{file}"
    there.server.answers(f"/v23.0/{file}", Answer(json={"url": url, "id": file}))
    there.server.answers(f"/files/{file}", Answer(body=content))


def once_more(row: Inbound, **values) -> Inbound:
    Inbound.objects.filter(pk=row.pk).update(due_at=timezone.now(), **values)
    tasks.take_in()
    return Inbound.objects.get(pk=row.pk)


# --- The work that one mail makes -------------------------------------------------------------


def multipart(*parts: bytes) -> bytes:
    inside = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return b"From: a@b.c\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + inside + b"--b--"


def test_all_html_of_a_mail_together_is_read_no_further_than_one_part(monkeypatch):
    """Twice at most: without what is quoted, and whole where nothing else is said."""
    fed, feed = [], HTMLParser.feed
    monkeypatch.setattr(
        HTMLParser, "feed", lambda self, data: (fed.append(len(data)), feed(self, data))[1]
    )
    part = b"Content-Type: text/html\r\n\r\n" + b"<p>" * 30_000
    assert read(multipart(*[part] * 99))
    assert sum(fed) < 2 * LONGEST_SOURCE + 1000


def test_where_the_plain_text_says_it_all_no_html_is_read(monkeypatch):
    monkeypatch.setattr(HTMLParser, "feed", lambda self, data: pytest.fail("it is read"))
    html = b"Content-Type: text/html\r\n\r\n<p>Hello</p>"
    [found] = read(multipart(b"Content-Type: text/plain\r\n\r\nHello", html))
    assert isinstance(found, Incoming) and found.text == "Hello"


def nested(depth: int) -> bytes:
    heads = [
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (number, number)
        for number in range(depth)
    ]
    return b"From: a@b.c\r\n" + b"".join(heads) + b"\r\n"


REPORT = b"From: a@b.c\r\nContent-Type: message/delivery-status\r\n\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@b.c\r\n\r\n" + b"\r" * (MOST_LINES + 1),
        nested(100) + b"--\r\n" * (MOST_COMPARISONS // 100),
        REPORT + b"Action: failed\n\n" * MOST_BLOCKS,
        REPORT + b"Action: failed\r\r" * MOST_BLOCKS,
    ],
)
def test_what_would_keep_the_parser_busy_is_refused(raw):
    with pytest.raises(ValueError, match="too many"):
        read(raw)


def test_twenty_megabytes_of_photos_are_read():
    head = b"Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    part = head + base64.encodebytes(bytes(2_800_000))
    [found] = read(multipart(b"Content-Type: text/plain\r\n\r\nLook", *[part] * 5))
    assert isinstance(found, Incoming)
    assert (found.text, len(found.pictures)) == ("Look", 5)


def test_a_photo_is_known_by_a_name_in_code():
    name = base64.b64encode("照片.jpg".encode()).decode()
    head = f'Content-Type: application/octet-stream; name="=?utf-8?b?{name}?="\r\n\r\n'
    [found] = read(multipart(head.encode() + b"photo"))
    assert isinstance(found, Incoming) and len(found.pictures) == 1


# --- The time that a round takes --------------------------------------------------------------


@pytest.mark.django_db
def test_a_long_round_of_reading_ends_in_time_and_rings_for_the_next(order, monkeypatch):
    monkeypatch.setattr(tasks, "LONGEST_READING", -1)
    for number in range(2):
        Inbound.objects.keep("mail", mail(order, f"Number {number}"))
    OrmQ.objects.all().delete()
    tasks.take_in()
    assert order.messages.count() == 1
    assert OrmQ.objects.exists()


@pytest.mark.django_db
def test_a_code_leaves_before_anything_is_read(post, monkeypatch):
    shop = Shop("en")
    code = shop.code()
    Inbound.objects.keep("mail", mail(code.order))
    sent, reading = [], Inbound.read
    monkeypatch.setattr(
        Inbound, "read", lambda row: (sent.append(list(post.message_ids)), reading(row))[1]
    )
    assert FindAttempt.objects.exists()
    tasks.work()
    assert sent == [[code.message_id]]
    assert code.order.messages.count() == 1


# --- Words and their photos -------------------------------------------------------------------


@pytest.mark.django_db
def test_a_photo_is_shown_as_soon_as_it_can_be_had(chatting, order, there):
    there.server.answers("/v23.0/11", BUSY)
    row = chat(chatting, picture("a", "11", "Look"))
    tasks.take_in()
    message = order.messages.get()
    assert (message.text, message.left_out, message.pictures.count()) == ("Look", 1, 0)
    is_there(there, "11", photo())
    assert once_more(row).state == WorkState.DONE
    message = order.messages.get()
    assert (message.left_out, message.pictures.count()) == (0, 1)


@pytest.mark.django_db
def test_what_was_fetched_is_not_fetched_again(chatting, order, there):
    is_there(there, "11", photo("tan"))
    there.server.answers("/v23.0/22", BUSY)
    row = chat(chatting, picture("a", "11", "One"), picture("b", "22", "Two"))
    tasks.take_in()
    is_there(there, "22", photo("teal"))
    assert once_more(row).state == WorkState.DONE
    assert [one.pictures.count() for one in order.messages.all()] == [1, 1]
    assert [seen.path for seen in there.server.seen].count("/files/11") == 1


@pytest.mark.django_db
def test_killed_while_it_fetches_no_word_is_lost(chatting, order, monkeypatch):
    def killed(*_):
        raise SystemExit

    monkeypatch.setattr(WhatsApp, "fetch", killed)
    chat(chatting, picture("a", "11", "One"), words("b", "Two"))
    with pytest.raises(SystemExit):
        tasks.take_in()
    assert [one.text for one in order.messages.all()] == ["One", "Two"]


@pytest.mark.django_db
def test_when_the_time_for_photos_is_up_the_words_are_there(chatting, order, there, monkeypatch):
    monkeypatch.setattr(inbound, "LONGEST_FETCHING", -1)
    row = chat(chatting, picture("a", "11", "Look"))
    tasks.take_in()
    row.refresh_from_db()
    assert row.state == WorkState.DUE and not there.server.seen
    assert order.messages.get().left_out == 1


# --- Too many messages ------------------------------------------------------------------------


@pytest.fixture
def long_period(monkeypatch):
    """It does not end while a test runs."""
    monkeypatch.setattr(writing, "MESSAGES", ((10, timedelta(days=36_500)),))


def flood(order: Order, way: str) -> None:
    for number in range(10):
        order.write("Hello", key=f"{way}-{number}", way=way)


@pytest.mark.django_db
def test_one_message_too_many_waits_and_is_not_lost(texting, order, long_period):
    flood(order, Way.SMS)
    row = text(texting, "One more")
    assert (row.state, row.due_at) == (WorkState.DUE, Throttle.objects.get().ends_at)
    assert "Too many" in row.last_error and not order.messages.filter(text="One more")
    Throttle.objects.all().delete()
    assert once_more(row).state == WorkState.DONE
    assert order.messages.filter(text="One more").exists()


@pytest.mark.django_db
def test_what_never_found_room_is_shown_to_the_desk(texting, order, long_period):
    flood(order, Way.SMS)
    row = text(texting, "One more")
    row = once_more(row, attempts=Inbound.MAX_ATTEMPTS - 1)
    assert row.state == WorkState.DEAD and "Too many" in row.last_error


@pytest.mark.django_db
def test_whoever_writes_on_the_page_silences_no_mail(order, long_period):
    flood(order, Way.PAGE)
    with pytest.raises(TooOften):
        order.write("One more", key="page-10")
    assert come(mail(order)).state == WorkState.DONE
    assert order.messages.filter(way=Way.EMAIL).count() == 1


# --- Words that end our messages --------------------------------------------------------------


@pytest.mark.django_db
def test_no_over_whatsapp_is_an_answer(chatting, order):
    ContactPoint.objects.agree(order.store, "whatsapp", NUMBER, source="the form")
    chat(chatting, words("a", "N"))
    tasks.take_in()
    assert order.messages.get().text == "N"
    assert ContactPoint.objects.get(channel="whatsapp", address=NUMBER).is_agreed


@pytest.mark.django_db
def test_stop_over_whatsapp_ends_them_and_thanks_go_by_email(chatting, order, there, post):
    agree = ContactPoint.objects.agree
    agree(order.store, "whatsapp", NUMBER, source="the form", now=timezone.now() - HOUR)
    chat(chatting, words("a", "STOP"))
    tasks.take_in()
    tasks.deliver_notices()
    assert not ContactPoint.objects.get(channel="whatsapp", address=NUMBER).is_agreed
    assert order.messages.get().way == Way.WHATSAPP
    assert not there.taken and len(post.received) == 1


# --- Thanks -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_many_messages_are_thanked_for_three_times_until_we_answer(order):
    for number in range(5):
        order.write(f"Number {number}", key=f"form-{number}")
    thanks = Notice.objects.filter(kind=NoticeKind.MESSAGE_RECEIVED)
    assert thanks.count() == MOST_THANKS
    order.answer("At the depot.", by=CLOCK, key="answer")
    order.write("And now?", key="form-6")
    assert thanks.count() == MOST_THANKS + 1


@pytest.mark.django_db
@pytest.mark.parametrize(("sender", "is_quoted"), [("sarah@", True), ("bob@", False)])
def test_only_the_buyers_own_words_are_quoted(order, sender, is_quoted):
    come(mail(order, "Buy at bad.example", From=f"{sender}example.com"))
    letter = letters.write(Notice.objects.get())
    assert ("bad.example" in letter.text, "bad.example" in letter.html) == (is_quoted,) * 2


@pytest.mark.django_db
def test_no_more_than_a_thousand_signs_are_quoted(order):
    order.write("x" * 1500, key="form")
    letter = letters.write(Notice.objects.get())
    quoted = "x" * 999 + "…"
    assert quoted in letter.html and "x" * 1000 not in letter.text + letter.html


# --- Who wrote it -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_mail_without_a_sender_is_marked(order):
    come(mail(order).replace(b"From: sarah@example.com\n", b""))
    assert order.messages.get().sent_from == "unknown"


@pytest.mark.django_db
def test_after_links_were_closed_only_an_answer_to_a_later_letter_is_believed(order):
    old = Notice.objects.write(order, NoticeKind.ORDER_NEWS, event="old")
    Notice.objects.update(written_at=timezone.now() - HOUR)
    order.close_links(by=CLOCK)
    new = Notice.objects.write(order, NoticeKind.ORDER_NEWS, event="new")
    assert old and new
    come(mail(order, "One"))
    come(mail(order, "Two", In_Reply_To=old.message_id))
    come(mail(order, "Three", In_Reply_To=new.message_id))
    marks = {one.text: one.sent_from for one in order.messages.all()}
    assert marks == {"One": "sarah@example.com", "Two": "sarah@example.com", "Three": ""}


@pytest.mark.django_db
def test_after_the_contact_changed_an_older_letter_proves_nothing(order):
    Order.objects.filter(pk=order.pk).update(contact_changed_at=timezone.now())
    come(mail(order))
    assert order.messages.get().sent_from == "sarah@example.com"


@pytest.mark.django_db
def test_a_list_that_writes_to_us_is_dropped_where_the_desk_sees_it(order):
    row = come(mail(order, Precedence="bulk"))
    assert (row.state, row.outcome) == (WorkState.DROPPED, "A machine wrote it.")
    assert not order.messages.exists()


# --- What goes wrong --------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_message_that_has_to_wait_holds_up_no_other(chatting, order, store, long_period):
    other = place_order(store, "JP-9", phone="+44 7700 900555", email="ann@example.com")
    flood(order, Way.WHATSAPP)
    row = chat(chatting, words("a", "One more"), words("b", "Hello", "+447700900555"))
    tasks.take_in()
    row.refresh_from_db()
    assert row.state == WorkState.DUE and other.messages.get().text == "Hello"


@pytest.mark.django_db
def test_what_can_be_read_and_not_be_written_is_tried_again(order, monkeypatch):
    def fails(*_, **__):
        raise ValueError("It says: Where is it?")

    monkeypatch.setattr(Order, "write", fails)
    row = come(mail(order))
    assert row.state == WorkState.DUE and "Where" not in row.last_error


# --- The mailbox ------------------------------------------------------------------------------

ANSWER = b"From: sarah@example.com\r\nMessage-ID: <%d@example.com>\r\n\r\nHello %d\r\n"


@pytest.fixture
def box(settings):
    with mailbox_server() as box:
        settings.IMAP_URL = box.url
        yield box


@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["NO Not this one", "drop"])
def test_mails_that_cannot_be_fetched_do_not_block_the_mailbox(box, monkeypatch, fault):
    monkeypatch.setattr(mailbox, "BATCH", 2)
    uids = [box.put(ANSWER % (number, number)) for number in range(3)]
    for _ in range(3):
        box.faults |= {f"UID FETCH {uid} (BODY": fault for uid in uids[:2]}
        mailbox.pull()
    assert [bytes(row.body) for row in Inbound.objects.all()] == [ANSWER % (2, 2)]
    box.faults.clear()
    mailbox.pull()
    assert Inbound.objects.count() == 3 and not box.unread
