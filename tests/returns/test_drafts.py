"""A draft waits for a person, who may read, change, send and drop it; then it leaves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from returns import letters
from returns.models import Actor, Notice, Promise, PromiseState
from returns.models.event import ActorKind
from returns.models.promise import MARGIN
from returns.quiet import LEAD
from tests.people import open_store, staff
from tests.post_office import send_due
from tests.returns.troubled import on_its_way, trouble
from tracking.work import WorkState

pytestmark = pytest.mark.django_db

HOLD = timedelta(minutes=60)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ieva(db):
    return Actor(ActorKind.STAFF, staff("ieva", first_name="Ieva"))


@pytest.fixture
def order(db):
    return on_its_way(open_store(hold_minutes=60))


@pytest.fixture
def draft(order):
    trouble(order)
    return Notice.objects.get()


def test_a_draft_stands_in_the_list_until_its_time(draft):
    held = draft.held_until
    assert list(Notice.objects.drafts(held - MINUTE)) == [draft]
    assert not Notice.objects.drafts(held)


def test_nobody_sends_a_draft_before_its_time(draft):
    assert not send_due(draft.held_until - MINUTE)
    assert [notice.state for notice in send_due(draft.held_until)] == [WorkState.DONE]


def test_sent_now_it_leaves_at_once_under_the_name_of_who_sent_it(draft, ieva):
    now = timezone.now()
    assert draft.send_now(by=ieva, now=now)
    [sent] = send_due(now)
    assert (sent.state, sent.sent_by) == (WorkState.DONE, ieva.user)
    assert "Ieva" in sent.text


def test_changed_it_is_sent_in_the_words_of_a_person_with_our_promise(draft, ieva):
    assert draft.edit("We have telephoned", "The depot looks for it.", by=ieva)
    [sent] = send_due(draft.held_until)
    assert sent.subject == "We have telephoned"
    assert "The depot looks for it." in sent.text and "Ieva" in sent.text
    assert "write to you" in sent.text, "by when we write again stays in it"
    assert sent.version and sent.edited_by == ieva.user


def test_nothing_in_the_words_of_a_person_is_a_placeholder_or_a_tag(draft, ieva):
    draft.edit("{name} <b>", "{promise} {{ order }} <script>x</script> %s", by=ieva)
    letter = letters.write(Notice.objects.get())
    assert "{promise} {{ order }}" in letter.text
    assert "<script>" not in letter.html and "&lt;script&gt;" in letter.html


def test_dropped_it_never_leaves_and_why_stands_in_it(draft, ieva):
    assert draft.drop_by_hand("We have telephoned.", by=ieva)
    assert not send_due(timezone.now() + 2 * HOLD)
    draft.refresh_from_db()
    assert (draft.state, draft.last_error) == (WorkState.DROPPED, "We have telephoned.")


@pytest.mark.parametrize("verb", ["edit", "send_now", "drop_by_hand"])
def test_what_left_in_the_meantime_cannot_be_changed(draft, ieva, verb):
    """Two tabs, or the worker: whoever comes second is told so."""
    Notice.objects.update(due_at=timezone.now())
    Notice.objects.claim(1)
    act = {
        "edit": lambda: draft.edit("a", "b", by=ieva),
        "send_now": lambda: draft.send_now(by=ieva),
        "drop_by_hand": lambda: draft.drop_by_hand("No.", by=ieva),
    }
    assert not act[verb]()
    draft.refresh_from_db()
    assert draft.state == WorkState.CLAIMED and not draft.words and draft.sent_by is None


def test_a_dropped_draft_leaves_our_word_to_another_letter(draft, ieva):
    draft.drop_by_hand("We have telephoned.", by=ieva)
    promise = Promise.objects.open().get()
    Promise.objects.come_due(promise.due_at - LEAD)
    letter = Notice.objects.latest("pk")
    assert letter.keeps == promise and letter.kind == "order_update"
    send_due(promise.due_at - MARGIN)
    promise.refresh_from_db()
    assert promise.state == PromiseState.KEPT


def test_a_draft_that_keeps_our_word_leaves_in_time_read_or_not(draft, order):
    """Held for a day by the store, due in an hour by our word."""
    promise = Promise.objects.open().get()
    Notice.objects.update(held_until=promise.due_at + HOLD, due_at=promise.due_at + HOLD)
    Promise.objects.come_due(promise.due_at - LEAD)
    draft.refresh_from_db()
    assert draft.keeps == promise and draft.held_until == promise.due_at - MARGIN
    send_due(promise.due_at - MARGIN)
    promise.refresh_from_db()
    assert promise.state == PromiseState.KEPT
    assert Notice.objects.count() == 1, "the news was the letter that we had promised"


def test_the_preview_opens_nothing(draft):
    preview = letters.preview(draft)
    assert "/k/…" in preview.text
    assert not draft.links.exists()
