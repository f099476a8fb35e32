"""Answers are fetched from the mailbox: each is stored, none is lost, none comes twice."""

import pytest
from django.db import connections

from returns import mailbox
from returns.models import Inbound
from tests.returns.mailbox_server import mailbox_server

ANSWER = b"From: sarah@example.com\r\nMessage-ID: <%d@example.com>\r\n\r\nHello %d\r\n"


@pytest.fixture
def box(settings, monkeypatch):
    monkeypatch.setattr(mailbox, "TIMEOUT", 0.5)
    with mailbox_server() as box:
        settings.IMAP_URL = box.url
        yield box


def stored() -> list[bytes]:
    return [bytes(row.body) for row in Inbound.objects.order_by("pk")]


def test_without_a_mailbox_nothing_happens(settings):
    settings.IMAP_URL = ""
    assert mailbox.pull() == 0


def test_what_is_unread_is_stored_and_marked_as_read(db, box):
    for number in (1, 2):
        box.put(ANSWER % (number, number))
    assert mailbox.pull() == 2
    assert stored() == [ANSWER % (1, 1), ANSWER % (2, 2)]
    assert set(Inbound.objects.values_list("source", flat=True)) == {"mail"}
    assert box.unread == [] and box.folder == "INBOX"
    assert mailbox.pull() == 0 and box.fetched() == 2


def test_a_mail_arrives_byte_for_byte(db, box):
    raw = b"Subject: \xff\xfe\r\n\r\n" + bytes(range(256)) * 40 + b"\r\n)\r\nA1 OK fetched\r\n"
    box.put(raw)
    assert mailbox.pull() == 1
    assert stored() == [raw]


def test_a_mail_that_could_not_be_marked_comes_again_and_is_one_row(db, box):
    box.put(ANSWER % (1, 1))
    box.faults["UID STORE"] = "drop"
    mailbox.pull()
    assert len(stored()) == 1 and box.unread
    mailbox.pull()
    assert len(stored()) == 1 and not box.unread


def test_two_mails_of_one_id_are_two(db, box):
    """Some programs give every mail the same; no word of a buyer is lost for that."""
    box.put(b"Message-ID: <same@example.com>\r\n\r\nOne")
    box.put(b"Message-ID: <same@example.com>\r\n\r\nTwo")
    assert mailbox.pull() == 2
    assert len(stored()) == 2


@pytest.mark.django_db(transaction=True)
def test_a_mail_is_marked_only_after_it_is_stored_for_good(box):
    """Seen from another connection, so no transaction is open while we talk."""
    seen = {}

    def watch(words: str) -> None:
        seen[" ".join(words.split()[:2])] = Inbound.objects.count()
        connections.close_all()

    box.put(ANSWER % (1, 1))
    box.watch = watch
    assert mailbox.pull() == 1
    assert (seen["UID FETCH"], seen["UID STORE"]) == (0, 1)


def test_at_most_so_many_are_taken_at_a_time(db, box, monkeypatch):
    monkeypatch.setattr(mailbox, "BATCH", 3)
    for number in range(5):
        box.put(ANSWER % (number, number))
    assert [mailbox.pull(), mailbox.pull(), mailbox.pull()] == [3, 2, 0]


def test_a_round_ends_in_time(db, box, monkeypatch):
    monkeypatch.setattr(mailbox, "LONGEST_ROUND", -1)
    for number in range(3):
        box.put(ANSWER % (number, number))
    assert mailbox.pull() == 1


def test_a_mail_that_is_too_large_is_flagged_for_a_person_and_stops_no_other(
    db, box, monkeypatch, caplog
):
    monkeypatch.setattr(mailbox, "LARGEST", 1000)
    large = box.put(b"a" * 1001)
    box.put(ANSWER % (1, 1))
    assert mailbox.pull() == 1
    assert box.flags[large] == {r"\Seen", r"\Flagged"}
    assert "too large" in caplog.text


def test_a_mail_that_is_refused_stops_no_other(db, box):
    first = box.put(ANSWER % (1, 1))
    box.put(ANSWER % (2, 2))
    box.faults[f"UID FETCH {first} (BODY"] = "NO Not now"
    assert mailbox.pull() == 1
    assert box.unread == [first]
    assert mailbox.pull() == 1


def test_a_mail_that_somebody_removes_meanwhile_is_no_matter(db, box):
    gone = box.put(ANSWER % (1, 1))
    box.put(ANSWER % (2, 2))
    box.faults[f"UID FETCH {gone} (BODY"] = "OK nothing"
    assert mailbox.pull() == 1
    assert stored() == [ANSWER % (2, 2)]


@pytest.mark.parametrize("command", ["LOGIN", "SELECT", "UID SEARCH", "UID FETCH"])
@pytest.mark.parametrize("fault", ["drop", "hang", "NO answers@mail.example.com is locked"])
def test_whatever_the_server_does_the_next_round_gets_the_mail_and_the_log_names_nobody(
    db, box, caplog, command, fault
):
    box.put(ANSWER % (1, 1))
    box.faults[command] = fault
    mailbox.pull()
    assert "mail.example.com" not in caplog.text and "Traceback" not in caplog.text
    mailbox.pull()
    assert stored() == [ANSWER % (1, 1)]
    assert not box.unread


def test_a_wrong_password_is_not_told_to_the_log(db, box, settings, caplog):
    settings.IMAP_URL = box.url.replace("pass%20word", "secret-of-ours")
    assert mailbox.pull() == 0
    assert "cannot be read" in caplog.text
    assert "secret" not in caplog.text and "answers" not in caplog.text


def test_without_a_server_nothing_breaks(db, settings, caplog):
    with mailbox_server() as gone:
        settings.IMAP_URL = gone.url
    assert mailbox.pull() == 0
    assert "cannot be read" in caplog.text


def test_the_address_of_a_mailbox_is_understood():
    place = mailbox.place_of("imaps://a%40b.example:p%2Fw@mail.example.com/Answers")
    assert (place.host, place.port, place.folder) == ("mail.example.com", 993, "Answers")
    assert (place.user, place.password, place.is_private) == ("a@b.example", "p/w", True)
    assert "p/w" not in repr(place)
    assert mailbox.place_of("imap://a:b@localhost").port == 143
    assert mailbox.place_of("imap://a:b@localhost").folder == "INBOX"


@pytest.mark.parametrize(
    "url",
    ["mail.example.com", "smtp://a:b@c", "imaps://", "imaps://host", "imaps://a:b@host:soon"],
)
def test_other_addresses_are_refused(url):
    with pytest.raises(ValueError, match="it"):
        mailbox.place_of(url)
