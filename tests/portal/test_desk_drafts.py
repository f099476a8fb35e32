"""Drafts: read, changed, sent or dropped by a person before they leave by themselves."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from returns import letters, tasks
from returns.admin.notice_acts import ACTS
from returns.admin.said_asked import NOT_NOTED
from returns.models import (
    Actor,
    CarrierContact,
    Case,
    ChannelAccount,
    ContactPoint,
    Notice,
    Promise,
)
from returns.models.notice import What
from tests.page_checks import CheckedClient
from tests.portal.desk_work import filled_in
from tests.portal.letters_at_desk import (
    LIST,
    draft,
    leave_in,
    letter_writer,
    page,
    press,
    trouble,
    url,
)
from tests.tracking.desk import shown
from tracking.incidents import IncidentKind
from tracking.work import WorkState

pytestmark = pytest.mark.django_db


@pytest.fixture
def ieva(db) -> CheckedClient:
    return letter_writer("ieva", "send_notice", first_name="Ieva")


@pytest.fixture
def reader(db) -> CheckedClient:
    return letter_writer("reader")


@pytest.fixture
def notice(store) -> Notice:
    return draft(store)


def now_due(notice: Notice) -> None:
    """Its time has come."""
    past = timezone.now() - timedelta(seconds=1)
    Notice.objects.filter(pk=notice.pk).update(held_until=past, due_at=past)


def test_drafts_are_listed_with_what_goes_next_first(ieva, store, notice):
    later = draft(store, "JP-30001", minutes=90)
    soon = draft(store, "JP-30002")
    leave_in(soon, 13)
    listed = shown(ieva.get(reverse(LIST), {"state": "draft"}))
    numbers = ["JP-30002", notice.order.number, later.order.number]
    assert [listed.index(number) for number in numbers] == sorted(map(listed.index, numbers))
    assert "(in 12 minutes)" in listed


def test_the_list_of_drafts_says_what_is_wrong_for_whom_and_by_when(ieva, store, notice):
    promise = Promise.objects.open().get(order=notice.order, kind="update")
    Notice.objects.filter(pk=notice.pk).update(keeps=promise)
    listed = shown(ieva.get(reverse(LIST), {"state": "draft"}))
    zone = ZoneInfo(store.zone)
    for words in (IncidentKind.DAMAGED.label, "s•••@example.com"):
        assert words in listed
    for at in (promise.due_at, notice.held_until):
        assert f"{at.astimezone(zone):%-d %b %H:%M}" in listed
    assert "sarah@example.com" not in listed


def chosen(client: CheckedClient, *notices: Notice):
    values = {"action": "send_now", "_selected_action": [row.pk for row in notices]}
    return client.post(f"{reverse(LIST)}?state=draft", values, follow=True)


def test_drafts_are_sent_from_the_list_under_the_name_of_who_presses(ieva, store, notice):
    other = draft(store, "JP-30001")
    assert "2 of them leave now" in shown(chosen(ieva, notice, other))
    tasks.deliver_notices()
    assert len(mail.outbox) == 2 and all("Ieva" in letter.body for letter in mail.outbox)
    assert LogEntry.objects.filter(change_message="Sent now.").count() == 2


def test_who_may_not_send_is_offered_nothing_in_the_list(reader, notice):
    assert "Send now" not in shown(reader.get(reverse(LIST), {"state": "draft"}))
    chosen(reader, notice)
    notice.refresh_from_db()
    assert notice.is_draft()


def test_what_was_sent_now_is_not_offered_to_be_sent_now_again(ieva, notice):
    assert url(notice, "send_now") in ieva.get(page(notice)).text
    press(ieva, notice, "send_now")
    assert url(notice, "send_now") not in ieva.get(page(notice)).text


def test_the_words_to_edit_do_not_end_with_the_heading_of_what_we_add(ieva, notice):
    for language, heading in (("en", "What happens next"), ("zh-hans", "接下来")):
        notice.language = language
        assert heading in letters.preview(notice).text
        assert heading not in letters.body_of(notice)


def test_a_draft_that_says_we_asked_is_warned_about_until_somebody_noted_it(ieva, notice):
    saved = press(ieva, notice, "edit", body="We have asked the carrier.")
    assert "Saved." in shown(saved) and NOT_NOTED in shown(saved)
    assert NOT_NOTED in shown(ieva.get(url(notice, "edit")))
    assert NOT_NOTED in shown(ieva.get(url(notice, "send_now")))
    case, by = Case.objects.get(), get_user_model().objects.get(username="ieva")
    CarrierContact.objects.ask(case, way="phone", asked="Where is it?", by=Actor.staff(by))
    assert NOT_NOTED not in shown(ieva.get(url(notice, "edit")))


def test_what_has_left_is_no_draft(ieva, store, notice):
    now_due(notice)
    assert notice.order.number not in shown(ieva.get(reverse(LIST), {"state": "draft"}))


def test_the_page_shows_the_letter_as_it_will_read_and_what_it_is_about(ieva, notice):
    words = shown(ieva.get(page(notice)))
    letter = letters.preview(notice)
    assert letter.subject in words
    for paragraph in letter.text.split("\n\n"):
        assert " ".join(paragraph.split()) in words
    assert "Draft, by email. It goes by itself in" in words
    assert notice.order.number in words
    assert f"Something is wrong: {IncidentKind.DAMAGED.label.lower()}" in words
    assert "sarah@example.com" not in words and "s•••@example.com" in words


def test_the_draft_is_shown_without_a_link_that_opens_anything(ieva, notice):
    assert "/k/…" in ieva.get(page(notice)).text


def test_the_promise_that_it_keeps_is_named_with_its_hour(ieva, store, notice):
    promise = Promise.objects.open().get(order=notice.order, kind="update")
    Notice.objects.filter(pk=notice.pk).update(keeps=promise)
    words = shown(ieva.get(page(notice)))
    assert "It keeps a promise: write again about the parcel, by" in words


def test_an_edited_draft_leaves_by_itself_in_the_words_and_name_of_its_editor(ieva, notice):
    body = "Dear Sarah, we have seen the photos.\n\nA new one is packed."
    answer = press(ieva, notice, "edit", subject="About your shirt", body=body)
    assert "Saved." in shown(answer)
    notice.refresh_from_db()
    assert notice.is_draft() and notice.edited_by.username == "ieva"
    now_due(notice)
    tasks.deliver_notices()
    letter = mail.outbox[-1]
    assert letter.subject == "About your shirt"
    assert "A new one is packed." in letter.body and "Ieva" in letter.body
    notice.refresh_from_db()
    assert notice.state == WorkState.DONE
    words = shown(ieva.get(page(notice)))
    assert "As it was sent" in words and "Edited by Ieva" in words and "Signed by Ieva" in words


def test_the_form_begins_with_our_own_words_and_says_what_we_add(ieva, notice):
    answer = ieva.get(url(notice, "edit"))
    assert answer.context["form"]["body"].value() == letters.body_of(notice)
    assert "Greeting, promise and signature are added by us" in shown(answer)


def test_what_was_edited_once_is_edited_again_from_there(ieva, notice):
    press(ieva, notice, "edit", body="First words.")
    assert ieva.get(url(notice, "edit")).context["form"]["body"].value() == "First words."


def test_words_are_wanted(ieva, notice):
    assert "This field is required" in shown(press(ieva, notice, "edit", body="  "))
    notice.refresh_from_db()
    assert notice.words == {}


def test_news_that_came_while_somebody_wrote_is_not_written_over(ieva, notice):
    values = filled_in(ieva, url(notice, "edit")) | {"body": "Only the damage."}
    trouble(notice.order, IncidentKind.WRONG_WAY)
    assert notice.news.count() == 2
    answer = ieva.post(url(notice, "edit"), values)
    assert "It has changed in the meantime" in shown(answer)
    assert answer.context["form"]["body"].value() == "Only the damage."
    notice.refresh_from_db()
    assert notice.words == {}
    again = {"subject": "", "body": "Both.", "seen": answer.context["form"]["seen"].value()}
    ieva.post(url(notice, "edit"), again)
    notice.refresh_from_db()
    assert notice.words["body"] == "Both."


@pytest.mark.parametrize("what", ["news", "edit"])
def test_what_comes_between_the_look_and_the_saving_is_not_written_over(ieva, notice, what):
    by = Actor.staff(get_user_model().objects.get(username="ieva"))
    form = ACTS["edit"](notice, {"body": "Only the damage.", "seen": notice.mark})
    assert form.is_valid()
    if what == "news":
        trouble(notice.order, IncidentKind.WRONG_WAY)
    else:
        Notice.objects.get().edit("", "Those of Tomas.", by=by)
    assert not form.apply(by)
    notice.refresh_from_db()
    assert notice.words.get("body", "") == ("" if what == "news" else "Those of Tomas.")


def test_two_editors_do_not_overwrite_each_other_unseen(ieva, notice):
    values = filled_in(ieva, url(notice, "edit")) | {"body": "Mine."}
    press(letter_writer("tomas", "send_notice"), notice, "edit", body="Those of Tomas.")
    assert "It has changed in the meantime" in shown(ieva.post(url(notice, "edit"), values))
    notice.refresh_from_db()
    assert notice.words["body"] == "Those of Tomas."


def test_sent_now_it_leaves_at_once_with_the_name_of_who_sent_it(ieva, notice):
    assert "It leaves at once" in shown(ieva.get(url(notice, "send_now")))
    notice.refresh_from_db()
    assert notice.is_draft(), "opening the page sends nothing"
    press(ieva, notice, "send_now")
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DONE
    assert "Ieva" in mail.outbox[-1].body


def test_dropping_needs_a_reason_which_stays_in_the_row(ieva, notice):
    assert "This field is required" in shown(press(ieva, notice, "drop"))
    press(ieva, notice, "drop", reason="We have telephoned.")
    now_due(notice)
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert (notice.state, mail.outbox) == (WorkState.DROPPED, [])
    words = shown(ieva.get(page(notice)))
    assert "Why dropped We have telephoned." in words and "Dropped by Ieva" in words


def test_dropping_what_keeps_a_promise_says_that_the_promise_stays(ieva, notice):
    promise = Promise.objects.open().get(order=notice.order, kind="update")
    Notice.objects.filter(pk=notice.pk).update(keeps=promise)
    assert "It would have kept a promise" in shown(ieva.get(url(notice, "drop")))


@pytest.mark.parametrize("name", ["edit", "send_now", "drop"])
def test_what_left_in_the_meantime_is_said_in_words(ieva, notice, name):
    now_due(notice)
    tasks.deliver_notices()
    answer = ieva.post(url(notice, name), {"body": "Late.", "reason": "Late.", "seen": "/1"})
    assert answer.status_code == 302
    assert "“Sent” now, so this is no longer possible" in shown(ieva.get(page(notice)))
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("name", ["edit", "send_now", "drop"])
def test_a_worker_that_takes_it_between_look_and_press_wins(ieva, notice, name):
    values = {"body": "Late.", "reason": "Late.", "seen": notice.mark}
    form = ACTS[name](notice, values)
    assert form.is_valid()
    now_due(notice)
    [claimed] = Notice.objects.claim(1)
    assert claimed == notice
    assert not form.apply(Actor.staff(get_user_model().objects.get(username="ieva")))
    notice.refresh_from_db()
    assert (notice.state, notice.words, notice.sent_by) == (WorkState.CLAIMED, {}, None)


def test_every_deed_is_logged_with_who_did_it(ieva, notice):
    press(ieva, notice, "edit", body="Words.")
    press(ieva, notice, "send_now")
    logged = LogEntry.objects.filter(object_id=str(notice.pk)).order_by("pk")
    assert [row.change_message for row in logged] == ["Edited.", "Sent now."]
    assert {row.user.username for row in logged} == {"ieva"}


def test_who_may_not_send_reads_and_sees_no_button(reader, notice):
    answer = reader.get(page(notice))
    assert answer.status_code == 200
    for name in ("edit", "send_now", "drop"):
        assert url(notice, name) not in answer.text
        assert reader.get(url(notice, name)).status_code == 404
        assert reader.post(url(notice, name), {"reason": "No."}).status_code == 404
    notice.refresh_from_db()
    assert notice.is_draft()


def test_who_sees_no_letters_opens_no_draft(desk, notice):
    assert desk.get(page(notice)).status_code == 403
    assert desk.get(url(notice, "edit")).status_code == 404


def test_a_stranger_is_shown_the_way_in(bob, notice):
    assert bob.get(url(notice, "send_now")).status_code == 302
    assert bob.post(url(notice, "send_now")).status_code == 302
    notice.refresh_from_db()
    assert notice.is_draft()


def test_a_draft_that_is_no_longer_news_says_so(ieva, notice):
    case = Case.objects.get(order=notice.order)
    case.incident.cleared_at = case.closed_at = timezone.now()
    case.incident.save()
    case.save()
    assert notice.news.get().what == What.TROUBLE
    assert "It is no longer news: it is dropped when its time comes." in shown(
        ieva.get(page(notice))
    )


def test_a_draft_for_sms_is_read_and_written_as_the_few_words_that_leave(ieva, store):
    ChannelAccount.objects.create(store=store, provider="demo", sender="Juniper")
    ContactPoint.objects.agree(store, "sms", "+447700900123", source="page")
    notice = draft(store)
    assert notice.channel == "sms"
    words = shown(ieva.get(page(notice)))
    assert " ".join(letters.preview(notice).short.split()) in words
    assert "•••0123" in words and "900123" not in words
    answer = ieva.get(url(notice, "edit"))
    assert "subject" not in answer.context["form"].fields
    press(ieva, notice, "edit", body="Juniper & Pine: a new shirt is on its way.")
    notice.refresh_from_db()
    assert letters.preview(notice).short.startswith("Juniper & Pine: a new shirt is on its way.")


def test_at_night_it_is_said_that_it_waits_for_the_morning(ieva, store, notice):
    """Whatever the hour of the test: the quiet hours begin an hour before it would leave."""
    local = notice.held_until.astimezone(ZoneInfo(notice.order.where))
    store.quiet_from = (local - timedelta(hours=1)).time().replace(second=0, microsecond=0)
    store.quiet_until = (local + timedelta(hours=3)).time().replace(second=0, microsecond=0)
    store.save()
    words = shown(ieva.get(page(notice)))
    assert f"{local + timedelta(hours=3):%H:%M}" in words.partition("by itself")[2][:80]


def test_the_board_counts_drafts_and_says_when_the_next_one_goes(ieva, store, notice):
    leave_in(notice, 13)
    words = shown(ieva.get(reverse("admin:index")))
    assert "Drafts to read 1 Oldest" in words
    assert "the next goes by itself in 12" in words


def test_who_sees_no_letters_sees_no_count_of_them(desk, notice):
    assert "Drafts to read" not in shown(desk.get(reverse("admin:index")))


def test_a_draft_costs_the_same_however_much_news_it_has(
    ieva, store, notice, django_assert_max_num_queries
):
    ieva.get(page(notice))
    with django_assert_max_num_queries(60) as few:
        ieva.get(page(notice))
    trouble(notice.order, IncidentKind.WRONG_WAY)
    trouble(notice.order, IncidentKind.CUSTOMS_HOLD)
    with django_assert_max_num_queries(60) as many:
        ieva.get(page(notice))
    assert notice.news.count() == 3
    assert len(many) <= len(few) + 2


def test_the_list_costs_the_same_for_one_and_for_many(
    ieva, store, notice, django_assert_max_num_queries
):
    ieva.get(reverse(LIST))
    with django_assert_max_num_queries(12) as few:
        ieva.get(reverse(LIST))
    for number in range(5):
        draft(store, f"JP-4000{number}")
    with django_assert_max_num_queries(12) as many:
        ieva.get(reverse(LIST))
    assert len(many) == len(few)
