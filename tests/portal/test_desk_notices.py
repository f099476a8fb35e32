"""Every message at the desk: where it stands, what became of it, and sending it again."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from returns import tasks
from returns.channels import Report
from returns.channels.demo import DEAD_END
from returns.models import (
    ChannelAccount,
    ContactPoint,
    Notice,
    NoticeKind,
    Order,
)
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.desk_work import filled_in
from tests.portal.letters_at_desk import LIST, draft, letter_writer, page, press, url
from tests.portal.on_the_way import report, sent
from tests.tracking.desk import shown
from tracking.work import WorkState

pytestmark = pytest.mark.django_db


@pytest.fixture
def ieva(db) -> CheckedClient:
    return letter_writer("ieva", "send_notice", first_name="Ieva")


@pytest.fixture
def reader(db) -> CheckedClient:
    return letter_writer("reader")


@pytest.fixture
def update(store) -> Notice:
    """It tells where the parcel is, and leaves at once."""
    return written(sent(store, report()))


def written(order: Order, event: str = "update") -> Notice:
    due = timezone.now() + timedelta(days=2)
    notice = Notice.objects.write(
        order, NoticeKind.ORDER_UPDATE, event=event, due_at=due.isoformat()
    )
    assert notice
    return notice


def settled(notice: Notice, **values: object) -> Notice:
    Notice.objects.filter(pk=notice.pk).update(**values)
    notice.refresh_from_db()
    return notice


def listed(client: CheckedClient, **query: str) -> str:
    """The rows of the list alone."""
    text = client.get(reverse(LIST), query).text
    return text.partition('id="result_list"')[2].partition("</table>")[0]


STATES = [
    ("due", {}, "Waiting"),
    ("claimed", {"state": "claimed"}, "Being sent"),
    ("done", {"state": "done"}, "Sent"),
    ("done", {"state": "done", "provider_state": "sent"}, "Sent"),
    ("delivered", {"state": "done", "provider_state": "delivered"}, "Delivered"),
    ("read", {"state": "done", "provider_state": "read"}, "Read"),
    ("failed", {"state": "done", "provider_state": "failed"}, "Failed"),
    ("dead", {"state": "dead"}, "Given up"),
    ("dropped", {"state": "dropped"}, "Dropped"),
]


@pytest.mark.parametrize(("name", "values", "words"), STATES)
def test_each_state_has_its_word_and_its_list(ieva, update, name, values, words):
    settled(update, **values)
    assert f'<td class="field-standing">{words}</td>' in listed(ieva)
    for other in dict.fromkeys(row[0] for row in STATES):
        found = update.order.number in listed(ieva, state=other)
        assert found == (other == name), other


def test_one_that_waits_for_its_hour_says_how_long(ieva, update):
    settled(update, due_at=timezone.now() + timedelta(hours=3, minutes=1))
    assert "Waiting, goes in 3\xa0hours" in listed(ieva)


def test_the_page_tells_all_that_is_known_of_its_way(ieva, update):
    tasks.deliver_notices()
    Notice.objects.reported(Report(id="", key=update.message_id, state="delivered"))
    settled(update, opened_at=timezone.now())
    update.refresh_from_db()
    words = shown(ieva.get(page(update)))
    assert words.count("As it was sent") == 1
    assert update.subject in words and update.text.split("\n\n")[1].split("\n")[0] in words
    assert "By the provider’s word delivered," in words
    assert f"Its id there {update.provider_id}" in words
    assert f"Version of the text {update.version}" in words
    assert "Page opened not yet" not in words
    assert "Signed by the shop" in words and "Tries 1" in words


def test_the_address_is_shown_in_part(ieva, update):
    answer = ieva.get(page(update))
    assert "s•••@example.com" in answer.text
    assert "sarah@example.com" not in answer.text


def test_the_list_cannot_be_asked_about_addresses(ieva, update):
    for lookup in ("recipient__startswith", "order__email__startswith", "facts__code"):
        assert ieva.get(reverse(LIST), {lookup: "s"}).status_code in (302, 400)


def test_a_code_is_shown_to_nobody(ieva, order):
    notice = Notice.objects.write(order, NoticeKind.ACCESS_CODE, event="code", code="482913")
    answer = ieva.get(page(notice))
    assert "482913" not in answer.text
    assert "its text is shown to nobody" in answer.text
    assert ieva.get(url(notice, "edit")).status_code == 302


def test_what_fell_back_and_what_went_instead_lead_to_each_other(ieva, store):
    ChannelAccount.objects.create(store=store, provider="demo")
    number = f"+44770090{DEAD_END}"
    ContactPoint.objects.agree(store, "sms", number, source="page")
    order = sent(store, report(), phone=number)
    first = written(order)
    tasks.deliver_notices()
    first.refresh_from_db()
    instead = Notice.objects.get(falls_back_from=first)
    assert (first.channel, first.state, instead.channel) == ("sms", WorkState.DEAD, "email")
    assert page(instead) in ieva.get(page(first)).text
    assert page(first) in ieva.get(page(instead)).text
    assert "which did not arrive" in shown(ieva.get(page(instead)))
    assert url(first, "send_again") not in ieva.get(page(first)).text
    assert order.number not in listed(ieva, state="lost")


def test_what_was_given_up_is_sent_again_from_its_page(ieva, update):
    settled(update, state="dead", attempts=20, last_error="The server refused it.")
    words = shown(ieva.get(page(update)))
    assert "Last error The server refused it." in words
    press(ieva, update, "send_again")
    tasks.deliver_notices()
    update.refresh_from_db()
    assert update.state == WorkState.DONE and len(mail.outbox) == 1


def test_many_that_were_given_up_are_sent_again_from_the_list(ieva, store, update):
    other = sent(store, report(), order=people.place_order(store, "JP-2", shipped=False))
    gone = written(other, "of another order")
    for notice in (update, gone):
        settled(notice, state="dead")
    by_email = settled(written(update.order, "other"), state="dead", channel="sms")
    instead = written(update.order, "instead")
    settled(instead, falls_back_from=by_email, state="done")
    keys = [update.pk, gone.pk, by_email.pk, instead.pk]
    answer = ieva.post(
        reverse(LIST), {"action": "send_again", "_selected_action": keys}, follow=True
    )
    assert "2 will be sent again." in shown(answer)
    states = {pk: state for pk, state in Notice.objects.values_list("pk", "state")}
    assert [states[pk] for pk in keys] == ["due", "due", "dead", "done"]


def test_once_more_is_a_new_message_in_the_name_of_a_person(ieva, update):
    tasks.deliver_notices()
    press(ieva, update, "once_more")
    tasks.deliver_notices()
    again = Notice.objects.exclude(pk=update.pk).get(kind=update.kind)
    assert (again.state, again.sent_by.username) == (WorkState.DONE, "ieva")
    assert len(mail.outbox) == 2 and "Ieva" in mail.outbox[1].body
    assert again.message_id != update.message_id
    assert LogEntry.objects.get(object_id=str(update.pk)).change_message == "Sent once more."


def test_the_same_press_twice_is_one_message_and_the_next_another(ieva, update):
    tasks.deliver_notices()
    values = filled_in(ieva, url(update, "once_more"))
    for _ in range(2):
        ieva.post(url(update, "once_more"), values)
    assert Notice.objects.filter(kind=update.kind).count() == 2
    press(ieva, update, "once_more")
    assert Notice.objects.filter(kind=update.kind).count() == 3


def test_news_goes_once_more_with_all_of_it(ieva, store):
    notice = draft(store, minutes=0)
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DONE
    press(ieva, notice, "once_more")
    tasks.deliver_notices()
    again = Notice.objects.exclude(pk=notice.pk).get(kind=notice.kind)
    assert again.state == WorkState.DONE
    assert again.news.get().case == notice.news.get().case
    assert mail.outbox[1].subject == mail.outbox[0].subject


def test_what_is_no_longer_true_is_not_sent_once_more(ieva, update):
    tasks.deliver_notices()
    update.order.shipments.get().parcel.record([report("delivered", "Bristol")])
    assert url(update, "once_more") not in ieva.get(page(update)).text
    answer = ieva.post(url(update, "once_more"), {"number": "1"}, follow=True)
    assert "no longer possible" in shown(answer)
    assert Notice.objects.filter(kind=update.kind).count() == 1


def test_a_letter_to_nobody_is_said(ieva, update):
    tasks.deliver_notices()
    Order.objects.filter(pk=update.order_id).update(email="", phone="")
    answer = ieva.post(url(update, "once_more"), {"number": "1"}, follow=True)
    assert "Nothing was changed" in shown(answer)
    assert Notice.objects.filter(kind=update.kind).count() == 1


def test_who_may_not_send_sees_no_button_and_opens_no_page(reader, update):
    settled(update, state="dead")
    text = reader.get(page(update)).text
    for name in ("send_again", "once_more"):
        assert url(update, name) not in text
        assert reader.post(url(update, name), {"number": "1"}).status_code == 404
    assert "Try to send again" not in reader.get(reverse(LIST)).text
    update.refresh_from_db()
    assert update.state == WorkState.DEAD


def test_what_keeps_nothing_else_shows_no_words_of_it(ieva, order):
    """A letter without promise, news or return has a page without their rows."""
    notice = Notice.objects.write(
        order,
        NoticeKind.CONTACT_CHANGED,
        event="contact",
        recipient="old@example.com",
        changed=["phone"],
    )
    words = shown(ieva.get(page(notice)))
    assert "Keeps" not in words and "Its news" not in words
    assert url(notice, "edit") not in ieva.get(page(notice)).text, "its words are locked"


def test_the_tile_of_lost_letters_leads_to_them(ieva, update):
    settled(update, state="dead")
    board = ieva.get(reverse("admin:index"))
    assert "Letters that could not be sent 1 Oldest" in shown(board)
    assert f"{reverse(LIST)}?state=lost" in board.text
    assert update.order.number in listed(ieva, state="lost")


@pytest.mark.parametrize("kind", ["order_update", "order_news"])
def test_a_page_costs_a_fixed_number_of_queries(ieva, store, kind, django_assert_max_num_queries):
    notice = draft(store, minutes=0) if kind == "order_news" else written(sent(store, report()))
    tasks.deliver_notices()
    ieva.get(page(notice))
    with django_assert_max_num_queries(25):
        ieva.get(page(notice))
