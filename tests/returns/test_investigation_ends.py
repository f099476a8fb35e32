"""What comes of a search: found, lost, come back, or denied; who is told, and what is owed."""

import pytest
from django.utils import timezone

from returns import tasks
from returns.investigation_steps import InvestigationStatus, StepKind
from returns.models import Case, EventKind, Notice, NoticeKind, Problem, Promise, PromiseKind
from returns.states import IllegalTransition
from tests.portal.on_the_way import the_parcel
from tests.post_office import send_due
from tests.returns.searched import clerk, fresh, lost, searched
from tracking.incidents import IncidentKind

pytestmark = pytest.mark.django_db
S = InvestigationStatus


def news() -> list[Notice]:
    return list(Notice.objects.filter(kind=NoticeKind.INVESTIGATION_NEWS))


def sent() -> str:
    send_due(timezone.now())
    return Notice.objects.get(kind=NoticeKind.INVESTIGATION_NEWS).text.replace("\n", " ")


# --- found --------------------------------------------------------------------------------------


def test_found_at_the_neighbours_nothing_is_missed_any_more(store):
    search = searched(store)
    search.end(S.FOUND, "Number 14 took it in.", by=clerk())
    parcel = the_parcel(search.order)
    assert parcel.disputed_at is None and not parcel.incidents.open().exists()
    assert not Case.objects.open().filter(order=search.order).exists()
    assert Problem.objects.get().over_at is not None
    text = sent()
    assert "Your parcel has been found." in text and "Number 14 took it in." in text


def test_found_on_its_way_it_is_looked_after_until_it_comes(store):
    search = lost(store)
    search.end(S.FOUND, "It lies in Leeds and goes on tomorrow.", by=clerk())
    assert search.case.is_open
    assert Promise.objects.open().get(kind=PromiseKind.UPDATE).order == search.order
    assert "It lies in Leeds" in sent()


# --- denied -------------------------------------------------------------------------------------


def test_denied_the_buyer_reads_why_and_what_remains_possible(store):
    search = searched(store)
    search.end(S.DENIED, "The driver’s photo shows your porch.", by=clerk())
    text = sent()
    assert "The carrier says that it delivered your parcel properly." in text
    assert "The driver’s photo shows your porch." in text
    assert "another person reads it" in text
    assert not Case.objects.open().filter(order=search.order).exists()
    assert not Promise.objects.open().exists(), "nothing is left to be told"
    assert not fresh(search).waits_for_choice


def test_denied_and_then_given_up_all_the_same(store):
    search, by = searched(store), clerk()
    search.end(S.DENIED, "It was signed for.", by=by)
    search.end(S.LOST, "The signature is not yours.", by=by)
    assert fresh(search).waits_for_choice
    assert len(news()) == 2


# --- lost ---------------------------------------------------------------------------------------


def test_lost_the_buyer_may_choose_and_is_asked_until_then(store):
    search = searched(store)
    search.end(S.LOST, by=clerk())
    search = fresh(search)
    assert search.waits_for_choice and search.case.is_open
    promise = Promise.objects.open().get(order=search.order)
    assert promise.kind == PromiseKind.UPDATE
    text = sent()
    assert "We have to treat your parcel as lost." in text
    assert "Tell us when you like." in text
    assert "/k/" in text, "the letter leads to the choice"


def test_the_word_that_we_gave_is_kept_by_the_news(store):
    search = searched(store)
    before = Promise.objects.open().get(order=search.order)
    search.end(S.LOST, by=clerk())
    before.refresh_from_db()
    assert before.state == "kept"


# --- who was faster -----------------------------------------------------------------------------


def test_it_ends_once_and_one_letter_tells_it(store):
    search, by = searched(store), clerk()
    other = fresh(search)
    search.end(S.LOST, by=by)
    with pytest.raises(IllegalTransition):
        other.end(S.DENIED, "No.", by=by)
    assert fresh(search).status == S.LOST and len(news()) == 1
    ended = search.order.events.filter(kind=EventKind.INVESTIGATION_ENDED)
    assert [event.data["status"] for event in ended] == [S.LOST]


def test_found_while_the_choice_is_open_there_is_nothing_to_choose(store):
    search, by = searched(store), clerk()
    search.end(S.LOST, by=by)
    search.end(S.FOUND, "It was behind the shed.", by=by)
    search = fresh(search)
    assert search.status == S.FOUND and not search.waits_for_choice


def test_news_that_is_no_longer_true_is_not_sent(store):
    search, by = searched(store), clerk()
    search.end(S.LOST, by=by)
    search.end(S.FOUND, "It was behind the shed.", by=by)
    send_due(timezone.now())
    told = {row.facts["status"]: row.text for row in news()}
    assert told["lost"] == "" and "behind the shed" in told["found"]


def test_who_decided_is_written_down(store):
    search, by = searched(store), clerk()
    search.end(S.DENIED, "No.", by=by)
    step = fresh(search).steps.get(kind=StepKind.DECIDE)
    assert step.done_by == by.user and step.done_at


# --- stopped ------------------------------------------------------------------------------------


def test_stopped_nobody_is_written_to(store):
    search = searched(store)
    search.case.close("They have it.", by=clerk())
    tasks.follow_cases()
    assert not news() and fresh(search).status == S.STOPPED


# --- what four parts say of it ----------------------------------------------------------------


def test_news_by_letter_tell_what_is_done_and_that_nothing_has_to_be_done(store):
    search = lost(store)
    send_due(timezone.now())
    text = Notice.objects.get(kind=NoticeKind.ORDER_NEWS).text.replace("\n", " ")
    assert search.kind == IncidentKind.LOST
    assert "the loss is ours: you get a new one, or your money" in text
    assert "Write to us whether you would like" not in text, "the choice comes later"
    assert "We will look at it again and write to you by" in text
