"""What buyers send becomes a message of their order, once; strangers learn nothing."""

import json
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from django.utils import timezone

from returns import reply_addresses, tasks
from returns.models import CLOCK, Inbound, Message, Notice, NoticeKind, PromiseKind
from returns.models.contact_point import ContactPoint
from returns.models.thread import Way
from tests.mail_server import mail_server
from tests.people import place_order
from tests.pictures import photo
from tests.returns.channel_servers import form_of, played, recorded
from tests.returns.troubled import (
    NUMBER,
    by_sms,
    by_whatsapp,
    states,
)
from tests.tracking.loopback import Answer
from tracking.work import WorkState

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


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


def mail_to(address: str, text: str = "Where is it?", **headers: str) -> bytes:
    mail = EmailMessage()
    values = {"From": "sarah@example.com", "To": address, "Message_ID": "<1@example.com>"}
    for name, value in (values | headers).items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return bytes(mail)


def come(raw: bytes) -> Inbound:
    row = Inbound.objects.keep("mail", raw)
    tasks.take_in()
    return Inbound.objects.get(pk=row.pk)


def text(account, words: str, sid: str = "SM1", sender: str = NUMBER, **values: str) -> Inbound:
    form = form_of("twilio/message", Body=words, MessageSid=sid, From=sender, **values)
    row = Inbound.objects.keep("twilio", form, account=account, delivery=sid)
    tasks.take_in()
    return Inbound.objects.get(pk=row.pk)


def chat(account, words: str, at: datetime, key: str = "wamid.1", **content) -> Inbound:
    """A message of WhatsApp, in the form of Meta's own example."""
    sent = {
        "from": NUMBER.lstrip("+"),
        "id": key,
        "timestamp": str(int(at.timestamp())),
        **(content or {"type": "text", "text": {"body": words}}),
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": account.keys["phone_number_id"]},
        "messages": [sent],
    }
    changes = [{"field": "messages", "value": value}]
    told = {"object": "whatsapp_business_account", "entry": [{"changes": changes}]}
    row = Inbound.objects.keep("whatsapp", json.dumps(told).encode(), account=account)
    tasks.take_in()
    return Inbound.objects.get(pk=row.pk)


def sms(store) -> ContactPoint:
    return ContactPoint.objects.get(store=store, channel="sms", address=NUMBER)


# --- by email ---------------------------------------------------------------------------------


def test_a_mail_to_the_signed_address_is_a_message_of_its_order(order, post):
    row = come(mail_to(reply_addresses.address_for(order)))
    message = order.messages.get()
    assert (message.text, message.way, message.sent_from) == ("Where is it?", Way.EMAIL, "")
    assert row.outcome == f"A message of order {order.pk}."
    assert order.promises.open().filter(kind=PromiseKind.REPLY).count() == 1
    tasks.deliver_notices()
    [thanks] = post.received
    assert thanks["In-Reply-To"] == "<1@example.com>"
    assert thanks["Reply-To"] == reply_addresses.address_for(order)


def test_a_mail_from_another_address_says_which(order):
    come(mail_to(reply_addresses.address_for(order), From="Bob <bob@example.com>"))
    assert order.messages.get().sent_from == "bob@example.com"
    assert Notice.objects.get().recipient == "sarah@example.com", "thanks go to its own address"


def test_a_token_that_we_did_not_sign_belongs_to_no_order(order, post):
    address = reply_addresses.address_for(order)
    name, _, token = address.partition("@")[0].partition("+")
    forged = f"{name}+{token[:-1]}{'a' if token[-1] != 'a' else 'b'}@juniper.example"
    for to in (forged, f"{name}+{'a' * 18}@juniper.example", "answers@juniper.example"):
        row = come(mail_to(to))
        assert (row.state, row.outcome) == (WorkState.DONE, "A mail that belongs to no order.")
    tasks.deliver_notices()
    assert not Message.objects.exists() and not post.received


def test_a_machine_is_not_answered(order):
    row = come(mail_to(reply_addresses.address_for(order), Auto_Submitted="auto-replied"))
    assert (row.state, row.outcome) == (WorkState.DROPPED, "A machine wrote it.")
    assert not Message.objects.exists() and not Notice.objects.exists()


def test_the_same_mail_twice_is_one_message(order):
    raw = mail_to(reply_addresses.address_for(order))
    come(raw)
    come(raw)
    # Another server put a line of its own before it.
    come(b"X-Relay: two\n" + raw)
    assert Message.objects.count() == Notice.objects.count() == 1


def test_what_cannot_be_read_is_seen_at_the_desk_and_holds_up_nothing(order):
    broken = Inbound.objects.keep("mail", b"X" * 300_000)
    come(mail_to(reply_addresses.address_for(order)))
    broken.refresh_from_db()
    assert broken.state == WorkState.DEAD and Message.objects.count() == 1


# --- by SMS -----------------------------------------------------------------------------------


def test_a_text_message_is_answered_where_it_came_from(texting, order, there):
    text(texting, "Where is it?")
    message = order.messages.get()
    assert (message.way, message.text, message.sent_from) == (Way.SMS, "Where is it?", "")
    tasks.deliver_notices()
    assert [taken.to for taken in there.taken] == [NUMBER]


def test_a_number_of_no_order_is_noted_and_left_unanswered(texting, order, there, post):
    row = text(texting, "Hello?", sender="+447700900999")
    assert row.outcome == "From a number that belongs to no order."
    tasks.deliver_notices()
    assert not Message.objects.exists() and not there.taken and not post.received


@pytest.mark.parametrize("word", ["STOP", "stop.", "退订", "Unsubscribe"])
def test_stop_ends_the_messages_and_is_answered_elsewhere(texting, order, there, post, word):
    """Whatever else was meant by it, a person reads it; that we have it is said by email."""
    row = text(texting, word)
    assert row.outcome == f"Wants no more messages. A message of order {order.pk}."
    assert not sms(order.store).is_agreed
    assert order.messages.get().text == word
    tasks.deliver_notices()
    assert not there.taken and len(post.received) == 1


def test_start_begins_them_again(texting, order):
    text(texting, "STOP", "SM1")
    text(texting, "START", "SM2")
    assert sms(order.store).is_agreed


def test_who_says_more_than_stop_is_read_by_a_person(texting, order):
    text(texting, "Please stop the parcel at the depot")
    assert sms(order.store).is_agreed and order.messages.count() == 1


def test_an_old_stop_that_is_read_again_does_not_undo_a_later_start(texting, order):
    stop = text(texting, "STOP", "SM1")
    text(texting, "START", "SM2")
    stop.process()
    assert sms(order.store).is_agreed


def test_an_old_start_that_is_read_again_does_not_undo_a_later_stop(texting, order):
    text(texting, "STOP", "SM0")
    start = text(texting, "START", "SM1")
    text(texting, "STOP", "SM2")
    start.process()
    assert not sms(order.store).is_agreed


def test_killed_between_stop_and_start_the_last_word_counts(texting, order):
    """Whoever read the first was killed before it could say that it was done."""
    Inbound.objects.keep(
        "twilio", form_of("twilio/message", Body="STOP", From=NUMBER), account=texting
    )
    [claimed] = Inbound.objects.claim(1)
    [told] = claimed.read()
    Message.objects.come_in(claimed, told)
    text(texting, "START", "SM2")
    assert sms(order.store).is_agreed
    Inbound.objects.filter(state=WorkState.CLAIMED).update(lease_until=timezone.now())
    tasks.take_in()
    assert sms(order.store).is_agreed


def test_killed_after_the_message_was_written_it_is_still_one(texting, order):
    Inbound.objects.keep(
        "twilio", form_of("twilio/message", Body="Hello", From=NUMBER), account=texting
    )
    [claimed] = Inbound.objects.claim(1)
    [told] = claimed.read()
    Message.objects.come_in(claimed, told)
    Inbound.objects.filter(state=WorkState.CLAIMED).update(lease_until=timezone.now())
    tasks.take_in()
    assert order.messages.count() == 1
    assert Notice.objects.filter(kind=NoticeKind.MESSAGE_RECEIVED).count() == 1
    assert set(Inbound.objects.values_list("state", flat=True)) == {WorkState.DONE}


def test_the_order_of_our_last_message_there_is_meant(texting, order, there):
    """Not the newest with this number."""
    place_order(order.store, "JP-9", days_ago=1)
    Notice.objects.write(order, NoticeKind.MESSAGE_ANSWER, event="x", channel="sms")
    text(texting, "Thank you")
    assert Message.objects.get().order == order


def test_without_one_the_newest_with_this_number_is_meant(texting, order):
    newest = place_order(order.store, "JP-9", days_ago=1)
    text(texting, "Hello")
    assert Message.objects.get().order == newest


def test_a_picture_that_is_gone_costs_no_word(texting, order, there):
    there.server.answers("/media/1", Answer(status=404))
    form = form_of(
        "twilio/picture",
        Body="Look",
        From=NUMBER,
        NumMedia="1",
        MediaUrl0=f"{there.server.url}/media/1",
    )
    row = Inbound.objects.keep("twilio", form, account=texting)
    tasks.take_in()
    row.refresh_from_db()
    assert row.state == WorkState.DONE, row.last_error
    message = order.messages.get()
    assert (message.text, message.left_out, message.pictures.count()) == ("Look", 1, 0)


# --- over WhatsApp ----------------------------------------------------------------------------


def test_who_writes_over_whatsapp_is_answered_there_in_free_words(chatting, order, there):
    chat(chatting, "Where is it?", timezone.now())
    tasks.deliver_notices()
    [taken] = there.taken
    assert taken.provider == "whatsapp" and taken.told["type"] == "text"
    assert "JP-20418" in json.dumps(taken.told)


def test_after_24_hours_without_an_approved_text_it_goes_by_email(chatting, order, there, post):
    """The message took a day to reach us: our own words are not carried any more."""
    ContactPoint.objects.agree(order.store, "whatsapp", NUMBER, source="the form")
    chat(chatting, "Where is it?", timezone.now() - DAY - timedelta(minutes=1))
    tasks.deliver_notices()
    assert states() == [("whatsapp", "dead"), ("email", "done")]
    assert not there.taken and len(post.received) == 1


def test_after_24_hours_an_approved_text_carries_it(chatting, order, there, post):
    ContactPoint.objects.agree(order.store, "whatsapp", NUMBER, source="the form")
    chatting.templates.create(
        kind=NoticeKind.MESSAGE_RECEIVED, language="en", name="thanks", parameters="name order"
    )
    chat(chatting, "Where is it?", timezone.now() - DAY - timedelta(minutes=1))
    tasks.deliver_notices()
    [taken] = there.taken
    assert (taken.told["type"], taken.told["template"]["name"]) == ("template", "thanks")
    assert not post.received


def test_who_never_agreed_is_not_written_to_after_24_hours(chatting, order, there, post):
    chat(chatting, "Where is it?", timezone.now() - DAY - timedelta(minutes=1))
    tasks.deliver_notices()
    assert states() == [("email", "done")] and not there.taken


def test_an_answer_that_comes_too_late_for_whatsapp_goes_by_email(chatting, order, there, post):
    chat(chatting, "Where is it?", timezone.now())
    tasks.deliver_notices()
    ContactPoint.objects.update(heard_at=timezone.now() - 2 * DAY)
    order.answer("It is on its way.", by=CLOCK, key="form")
    tasks.deliver_notices()
    assert len(there.taken) == 1
    [mail] = post.received
    assert "It is on its way." in mail.get_body(("plain",)).get_content()


def test_a_picture_over_whatsapp_is_fetched_and_shown(chatting, order, there):
    number = recorded("whatsapp/answer-file")["id"]
    there.server.answers(
        f"/v23.0/{number}", Answer(json={"url": f"{there.server.url}/file", "id": number})
    )
    there.server.answers("/file", Answer(body=photo()))
    row = chat(
        chatting, "", timezone.now(), type="image", image={"id": number, "mime_type": "image/jpeg"}
    )
    assert row.state == WorkState.DONE, row.last_error
    message = order.messages.get()
    assert (message.pictures.count(), message.left_out) == (1, 0)


def test_words_do_not_wait_for_a_picture_that_cannot_be_fetched_now(chatting, order, there):
    number = recorded("whatsapp/answer-file")["id"]
    there.server.answers(f"/v23.0/{number}", Answer(status=503))
    image = {"id": number, "mime_type": "image/jpeg", "caption": "Look"}
    row = chat(chatting, "", timezone.now(), type="image", image=image)
    assert row.state == WorkState.DUE
    message = order.messages.get()
    assert (message.text, message.left_out) == ("Look", 1)
    Inbound.objects.update(due_at=timezone.now(), attempts=Inbound.MAX_ATTEMPTS - 1)
    tasks.take_in()
    row.refresh_from_db()
    assert row.state == WorkState.DONE and order.messages.get().left_out == 1


def test_the_moment_at_which_it_was_written_is_what_counts_for_24_hours(chatting, order):
    written = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=5)
    row = chat(chatting, "Hello", written)
    row.process()
    assert ContactPoint.objects.get(channel="whatsapp").heard_at == written


def test_nothing_that_somebody_wrote_stands_in_what_the_desk_and_the_log_say(
    texting, order, caplog
):
    rows = [text(texting, "My secret words"), text(texting, "More", "SM2", "+447700900999")]
    for private in ("secret", NUMBER, "900999", "sarah"):
        assert private not in caplog.text + "".join(row.outcome + row.last_error for row in rows)
