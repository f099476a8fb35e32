"""A letter carries what mail programs need to thread it, to end it with one click, and to
leave it alone; and a refusal tells whether the address is gone for good."""

from dataclasses import replace

import pytest

from returns.channels import Error, Message
from returns.channels.email import Email
from tests.mail_server import mail_server

LETTER = Message(
    key="<one@mail.example.com>",
    recipient="sarah@example.com",
    sender="Juniper & Pine",
    reply_to="answers+token@mail.example.com",
    language="en",
    subject="Your parcel",
    text="It is on its way.\n",
    html="<p>It is on its way.</p>",
)
LONG = "https://returns.example.com/s/juniper-pine/stop/" + "k" * 90 + "/"


@pytest.fixture
def server(settings):
    with mail_server() as server:
        settings.MAILERS = server.mailers()
        yield server


def sent(server, **values):
    email = Email()
    email.send(replace(LETTER, **values))
    email.close()
    return server.received[-1]


def test_an_answer_goes_to_its_order(server):
    assert sent(server)["Reply-To"] == "answers+token@mail.example.com"


def test_machines_are_asked_to_leave_an_automatic_letter_alone(server):
    letter = sent(server)
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["X-Auto-Response-Suppress"] == "All"


def test_the_letter_of_a_person_is_no_machines(server):
    letter = sent(server, automatic=False)
    assert letter["Auto-Submitted"] is None
    assert letter["X-Auto-Response-Suppress"] is None


def test_our_own_letters_are_known_by_a_header(server):
    assert sent(server)["X-Homeward"]


def test_the_letter_stands_below_the_mail_that_it_answers(server):
    for answered in ("<abc@mail.example.net>", f"<{'a' * 120}@mail.gmail.example>"):
        letter = sent(server, answers=answered)
        assert letter["In-Reply-To"] == letter["References"] == answered
        assert f"In-Reply-To: {answered}\r\n".encode() in server.raw[-1]


@pytest.mark.parametrize("answered", ["", "no id", "<a@b>\r\nBcc: c@d", "<a b@c>", "<ä@b>"])
def test_what_is_no_message_id_is_not_answered(server, answered):
    letter = sent(server, answers=answered)
    assert letter["In-Reply-To"] is None and letter["References"] is None
    assert letter["Bcc"] is None


def test_messages_can_be_ended_with_one_click(server):
    """RFC 8058; the address arrives in one piece, however long it is."""
    letter = sent(server, stop_url=LONG)
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"List-Unsubscribe: <{LONG}>\r\n".encode() in server.raw[-1]


def test_a_letter_that_cannot_be_ended_does_not_say_so(server):
    letter = sent(server)
    assert letter["List-Unsubscribe"] is None and letter["List-Unsubscribe-Post"] is None


def test_the_id_is_told_by_which_it_can_be_found_again(server):
    email = Email()
    assert email.send(LETTER) == LETTER.key
    email.close()


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.1.1 No such user",
        "550 5.1.2 No such host",
        "553 5.1.3 Bad syntax",
        "556 5.1.10 This domain takes no mail",
        "550 5.2.1 This mailbox is closed",
        "550 Mailbox unavailable",
        "551 User not local",
        "553 Mailbox name not allowed",
    ],
)
def test_an_address_that_is_gone_is_known_as_unreachable(server, answer):
    server.rcpt = [answer]
    with pytest.raises(Error) as caught:
        Email().send(LETTER)
    assert caught.value.permanent and caught.value.unreachable
    assert "sarah" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.7.1 Not from you",
        "553 5.1.8 Bad sender's address",
        "550 5.1.7 Bad sender's address",
        "554 5.7.1 Relay access denied",
        "552 5.2.2 Mailbox full",
        "554 Transaction failed",
    ],
)
def test_a_refusal_that_is_about_us_or_about_today_does_not_give_the_address_up(server, answer):
    server.rcpt = [answer]
    with pytest.raises(Error) as caught:
        Email().send(LETTER)
    assert caught.value.permanent and not caught.value.unreachable


def test_a_greylisted_address_is_neither_given_up_nor_gone(server):
    server.rcpt = ["450 4.1.1 Try later"]
    with pytest.raises(Error) as caught:
        Email().send(LETTER)
    assert not caught.value.permanent and not caught.value.unreachable


@pytest.mark.parametrize(
    ("answer", "gone"),
    [("550 5.1.1 No such user", True), ("550 5.7.1 Spam", False), ("550 Spam", False)],
)
def test_after_the_letter_was_read_only_a_clear_word_gives_the_address_up(server, answer, gone):
    server.data = [answer]
    with pytest.raises(Error) as caught:
        Email().send(LETTER)
    assert caught.value.permanent and caught.value.unreachable == gone
