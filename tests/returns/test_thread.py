"""The thread: what a buyer writes is one message with one promise; answers keep it."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone, translation

from returns import addresses, files, formats, letters, photos
from returns.models import (
    Actor,
    Message,
    Notice,
    NoticeKind,
    Order,
    Promise,
    PromiseKind,
    PromiseState,
)
from returns.models.access import TooOften
from returns.models.event import ActorKind
from returns.models.promise import GRACE
from returns.models.thread import LONGEST, Way
from tests.people import place_order, staff
from tests.pictures import photo
from tests.post_office import send_due

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture
def ieva(db):
    return Actor(ActorKind.STAFF, staff("ieva", first_name="Ieva"))


def reply(order) -> Promise:
    return Promise.objects.get(order=order, kind=PromiseKind.REPLY)


def kept_files() -> set[Path]:
    return set(Path(default_storage.path("photos")).rglob("*.jpg"))


# --- the buyer writes -------------------------------------------------------------------------


def test_writing_is_a_message_a_promise_and_thanks(order):
    now = timezone.now()
    message = order.write("Where is it?", key="form", now=now)
    assert (message.author, message.way, message.at) == ("buyer", Way.PAGE, now)
    assert reply(order).due_at == order.store.answer_by(now)
    notice = Notice.objects.get()
    assert (notice.kind, notice.entry) == (NoticeKind.MESSAGE_RECEIVED, message)


def test_the_thanks_name_the_hour_of_our_answer(order):
    order.write("Where is it?", key="form")
    promise = reply(order)
    letter = letters.write(Notice.objects.get())
    with translation.override("en"), timezone.override(order.where):
        hour = formats.moment(promise.due_at)
    assert hour in letter.text and hour in letter.html


def test_the_same_form_twice_is_one_message(order):
    first = order.write("Where is it?", key="form")
    assert order.write("Where is it?", key="form") == first
    assert Message.objects.count() == Notice.objects.count() == Promise.objects.count() == 1


def test_the_same_key_in_another_order_is_another_message(order, store):
    order.write("One", key="form")
    place_order(store, "JP-2").write("Two", key="form")
    assert Message.objects.count() == 2


def test_a_second_message_does_not_put_our_answer_off(order):
    now = timezone.now()
    order.write("Where is it?", key="one", now=now)
    before = reply(order)
    order.write("Hello?", key="two", now=now + timedelta(days=1))
    assert reply(order) == before and reply(order).due_at == before.due_at


def test_who_writes_too_often_is_told_so_and_nothing_is_kept(order):
    now, before = timezone.now().replace(minute=10), kept_files()
    for number in range(10):
        order.write(f"Number {number}", key=f"form-{number}", now=now)
    with pytest.raises(TooOften):
        order.write("One more", key="form-10", pictures=[photos.develop(photo())], now=now)
    assert Message.objects.count() == 10
    assert kept_files() == before
    assert order.write("Number 3", key="form-3", now=now).text == "Number 3"
    assert order.write("Later", key="later", now=now + timedelta(hours=2))


def test_a_longer_message_of_the_page_is_refused_and_never_cut(order, ieva):
    long = "x" * (LONGEST + 1)
    for write in (
        lambda: order.write(long, key="form"),
        lambda: order.answer(long, by=ieva, key="answer"),
        lambda: order.note_for_us(long, by=ieva, key="note"),
    ):
        with pytest.raises(ValueError, match="at most 5000 characters"):
            write()
    assert not Message.objects.exists() and not Promise.objects.exists()
    assert order.write(long[1:], key="form").text == long[1:]


@pytest.mark.parametrize("way", [Way.EMAIL, Way.SMS, Way.WHATSAPP])
def test_what_is_cut_of_a_longer_mail_shows_that_there_was_more(order, way):
    text = order.write("x" * (LONGEST + 1), key="mail", way=way).text
    assert len(text) == LONGEST and text.endswith("x\n[…]")


# --- photos -----------------------------------------------------------------------------------


def test_photos_are_kept_with_their_message(order):
    pictures = [photos.develop(photo(colour)) for colour in ("tan", "teal")]
    message = order.write("Look", key="form", pictures=pictures)
    rows = list(message.pictures.all())
    assert [row.sha256 for row in rows] == [picture.sha256 for picture in pictures]
    assert [files.read(row.file) for row in rows] == [picture.jpeg for picture in pictures]
    assert [files.read(row.thumbnail) for row in rows] == [one.thumbnail for one in pictures]


def test_the_same_photo_twice_in_one_message_is_shown_once(order):
    picture = photos.develop(photo())
    message = order.write("Look", key="form", pictures=[picture, picture])
    assert message.pictures.count() == 1


def test_what_is_written_again_leaves_no_second_file(order):
    pictures = [photos.develop(photo())]
    before = kept_files()
    for _ in range(2):
        order.write("Look", key="form", pictures=pictures)
    assert len(kept_files() - before) == 2, "the photo and its small one"


def test_what_cannot_be_written_leaves_no_file(order):
    """The order went in the meantime."""
    before = kept_files()
    Order.objects.filter(pk=order.pk).delete()
    with pytest.raises(Order.DoesNotExist):
        order.write("Look", key="form", pictures=[photos.develop(photo())])
    assert kept_files() == before


# --- the desk answers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "state"), [(GRACE, PromiseState.KEPT), (GRACE + SECOND, PromiseState.BROKEN)]
)
def test_an_answer_keeps_our_word_or_comes_too_late(order, ieva, after, state):
    message = order.write("Where is it?", key="form")
    now = reply(order).due_at + after
    order.answer("At the depot.", by=ieva, key="answer", now=now)
    assert reply(order).state == state
    message.refresh_from_db()
    assert (message.answered_at, message.read_at) == (now, now)


def test_an_answer_is_signed_by_its_person_and_says_what_she_wrote(order, ieva):
    order.write("Where is it?", key="form")
    order.answer("At the depot.", by=ieva, key="answer")
    notice = Notice.objects.get(kind=NoticeKind.MESSAGE_ANSWER)
    letter = letters.write(notice)
    assert "At the depot." in letter.text and "Ieva" in letter.text


def test_the_same_answer_twice_is_one(order, ieva):
    order.write("Where is it?", key="form")
    first = order.answer("At the depot.", by=ieva, key="answer")
    assert order.answer("At the depot.", by=ieva, key="answer") == first
    assert Notice.objects.filter(kind=NoticeKind.MESSAGE_ANSWER).count() == 1


def test_an_answer_that_promises_more_makes_a_new_promise(order, ieva):
    order.write("Where is it?", key="form")
    again = timezone.now() + timedelta(days=2)
    order.answer("I ask the carrier.", by=ieva, key="answer", again_by=again)
    states = Promise.objects.order_by("pk").values_list("state", "due_at")
    assert [state for state, _ in states] == [PromiseState.KEPT, PromiseState.OPEN]
    assert states[1][1] == again


def test_answered_before_the_thanks_have_left_the_answer_says_more(order, ieva):
    order.write("Where is it?", key="form")
    order.answer("At the depot.", by=ieva, key="answer")
    sent = {notice.kind: notice.state for notice in send_due(timezone.now())}
    assert sent == {NoticeKind.MESSAGE_RECEIVED: "dropped", NoticeKind.MESSAGE_ANSWER: "done"}


def test_thank_you_needs_no_answer_and_what_was_promised_is_let_go(order, ieva):
    message = order.write("Thank you", key="form")
    assert order.needs_no_answer(by=ieva) == 1
    message.refresh_from_db()
    assert message.answered_at and reply(order).state == PromiseState.SUPERSEDED
    assert not Notice.objects.exclude(kind=NoticeKind.MESSAGE_RECEIVED).exists()
    assert order.needs_no_answer(by=ieva) == 0


def test_an_answer_that_nobody_gave_breaks_openly(order):
    order.write("Where is it?", key="form")
    due = reply(order).due_at
    Promise.objects.come_due(due + GRACE + SECOND)
    first, second = Promise.objects.order_by("pk")
    assert (first.state, second.follows) == (PromiseState.BROKEN, first)
    sent = send_due(due + GRACE + SECOND)
    [late] = [notice for notice in sent if notice.kind == NoticeKind.PROMISE_LATE]
    assert late.state == "done" and late.text


# --- private notes ----------------------------------------------------------------------------


def test_a_private_note_never_leaves(order, ieva, sarah):
    secret = "She seems to be a friend of the owner."
    order.write("Where is it?", key="form")
    order.note_for_us(secret, by=ieva, key="note")
    order.note_for_us(secret, by=ieva, key="note")
    order.answer("At the depot.", by=ieva, key="answer")
    assert order.messages.filter(is_private=True).count() == 1
    assert secret not in "".join(row.text for row in order.messages.shared())
    for notice in Notice.objects.all():
        letter = letters.write(notice)
        assert secret not in letter.subject + letter.text + letter.html + letter.short
    for name in ("order", "messages"):
        page = sarah.get(addresses.order_page(order, name))
        assert page.status_code == 200
        assert secret not in page.content.decode()


def test_a_note_keeps_no_promise_and_answers_nothing(order, ieva):
    message = order.write("Where is it?", key="form")
    order.note_for_us("I look into it.", by=ieva, key="note")
    message.refresh_from_db()
    assert message.answered_at is None and reply(order).is_open
