"""What cannot arrive as a short message goes by email: the same, once, and in its own turn."""

from datetime import timedelta

import pytest
from django.utils import timezone

from returns import channels, tasks
from returns.channels import Delivery, Report
from returns.models import CLOCK, FindAttempt, Notice, NoticeKind, Order, Promise
from returns.models.contact_point import ContactPoint
from returns.models.notice import Channel
from returns.models.promise import PromiseState
from returns.quiet import LEAD
from tests.mail_server import mail_server
from tests.people import ask_to_return, open_store, place_order
from tests.returns.channel_servers import played, recorded
from tests.returns.troubled import (
    NUMBER,
    by_sms,
    let_leases_end,
    make_due,
    number_of,
    on_its_way,
    states,
    trouble,
)
from tests.tracking.loopback import Answer
from tracking.work import WorkState

pytestmark = pytest.mark.django_db

REFUSED = Answer(status=400, json=recorded("twilio/answer-stopped"))
BUSY = Answer(status=429, json={"code": 20429})
SMS_DONE, MAIL_DONE = ("sms", "done"), ("email", "done")


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
def order(store, there, post):
    by_sms(store, there)
    return on_its_way(store)


def told(order: Order) -> Notice:
    """The news of a trouble, written and not yet sent."""
    trouble(order)
    return Notice.objects.get()


def sent(order: Order) -> Notice:
    """It left as a short message."""
    notice = told(order)
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert states() == [SMS_DONE]
    return notice


def owing(order: Order) -> Promise:
    """Our word falls due, and the letter that keeps it is written."""
    promise = order.promise_update(by=CLOCK)
    assert promise
    Promise.objects.filter(pk=promise.pk).update(due_at=timezone.now() + LEAD)
    Promise.objects.come_due()
    return Promise.objects.get(pk=promise.pk)


# --- refused at once --------------------------------------------------------------------------


def test_who_agreed_to_short_messages_gets_no_email_as_well(order, there, post):
    sent(order)
    assert [taken.to for taken in there.taken] == [NUMBER]
    assert not post.received


def test_what_is_refused_for_good_goes_by_email_once_with_all_its_news(order, there, post):
    there.trouble = REFUSED
    notice = told(order)
    tasks.deliver_notices()
    tasks.sweep()
    assert states() == [("sms", "dead"), MAIL_DONE]
    instead = notice.fallback
    assert (instead.falls_back_from, instead.recipient) == (notice, "sarah@example.com")
    about = list(notice.news.values_list("what", "case", "shipment"))
    assert about and list(instead.news.values_list("what", "case", "shipment")) == about
    assert post.recipients == ["sarah@example.com"] and not there.taken
    assert instead.message_id != notice.message_id


def test_the_promise_is_kept_by_the_letter_that_arrives(order, there, post):
    promise = owing(order)
    there.trouble = REFUSED
    tasks.deliver_notices()
    promise.refresh_from_db()
    assert states() == [("sms", "dead"), MAIL_DONE]
    assert promise.state == PromiseState.KEPT
    assert Promise.objects.open().count() == 1


def test_an_answer_takes_the_entry_of_the_thread_with_it(order, there, post):
    message = order.write("Where is it?", key="form")
    there.trouble = REFUSED
    tasks.deliver_notices()
    [notice, instead] = Notice.objects.order_by("pk")
    assert (notice.channel, instead.channel) == (Channel.SMS, Channel.EMAIL)
    assert instead.kind == NoticeKind.MESSAGE_RECEIVED and instead.entry == message
    assert instead.state == WorkState.DONE


def test_the_letter_in_its_place_has_no_turn_of_its_own_to_wait_for(order, there, post):
    there.trouble = REFUSED
    told(order)
    tasks.deliver_notices()
    assert Notice.objects.get(channel="email").state == WorkState.DONE, "it waits for an hour"


def test_after_an_hour_of_trying_it_goes_by_email(order, there, post):
    there.trouble = BUSY
    notice = told(order)
    for _ in range(7):
        make_due()
        tasks.deliver_notices()
    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == (WorkState.DEAD, 7)
    assert post.recipients == ["sarah@example.com"]


# --- killed in between ------------------------------------------------------------------------


def test_killed_before_the_letter_was_written_the_next_round_writes_it(order, there, post):
    notice = told(order)
    [claimed] = Notice.objects.claim(1)
    claimed.dead("21610")  # and here the worker is gone
    assert states() == [("sms", "dead")]
    tasks.follow_cases()
    tasks.follow_cases()
    tasks.work()
    assert states() == [("sms", "dead"), MAIL_DONE]
    assert notice.fallback.falls_back_from == notice and len(post.received) == 1


def test_killed_before_it_was_given_up_it_is_tried_again(order, there, post):
    told(order)
    Notice.objects.claim(1)
    let_leases_end()
    there.trouble = REFUSED
    tasks.deliver_notices()
    assert states() == [("sms", "dead"), MAIL_DONE]


def test_two_hands_at_the_same_lost_message_write_one_letter(order, there, post):
    notice = sent(order)
    Notice.objects.filter(pk=notice.pk).update(provider_state=Delivery.FAILED)
    one, other = (Notice.objects.get(pk=notice.pk) for _ in range(2))
    assert one.fall_back() and not other.fall_back()
    assert Notice.objects.filter(channel="email").count() == 1


# --- what the provider reports afterwards -----------------------------------------------------


def report(notice: Notice, state: str, **values) -> None:
    Notice.objects.reported(Report(notice.provider_id, state, **values), notice.account)


def test_lost_on_the_way_it_goes_by_email(order, there, post):
    notice = sent(order)
    report(notice, Delivery.FAILED, error="Unreachable.", unreachable=True)
    tasks.deliver_notices()
    assert states() == [SMS_DONE, MAIL_DONE]
    notice.refresh_from_db()
    assert (notice.provider_state, notice.last_error) == ("failed", "Unreachable.")
    assert not ContactPoint.objects.get(channel="sms").can_be_reached


def test_a_failure_that_is_reported_twice_is_one_letter(order, there, post):
    notice = sent(order)
    for _ in range(2):
        report(notice, Delivery.FAILED)
        tasks.deliver_notices()
    assert states() == [SMS_DONE, MAIL_DONE]


@pytest.mark.parametrize(
    ("reports", "state"),
    [
        (["delivered", "read"], "read"),
        (["read", "delivered"], "read"),
        (["delivered", "sent"], "delivered"),
        (["delivered", "failed"], "delivered"),
        (["read", "failed"], "read"),
    ],
)
def test_what_was_seen_at_the_receiver_never_falls_back(order, there, post, reports, state):
    notice = sent(order)
    for each in reports:
        report(notice, each)
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.provider_state == state
    assert states() == [SMS_DONE] and not post.received


def test_told_delivered_after_it_went_by_email_nothing_changes(order, there, post):
    notice = sent(order)
    report(notice, Delivery.FAILED)
    report(notice, Delivery.DELIVERED)
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.provider_state == "failed" and len(post.received) == 1


def test_a_report_about_a_message_of_another_account_changes_nothing(order, there, post):
    notice = sent(order)
    other = by_sms(open_store("fig-and-fern"), there)
    for told in (Report(notice.provider_id, "failed"), Report("", "failed", key=notice.message_id)):
        assert "not ours" in Notice.objects.reported(told, other)
        assert "not ours" in Notice.objects.reported(told)
    notice.refresh_from_db()
    assert notice.provider_state == "sent" and states() == [SMS_DONE]


def test_an_empty_report_is_about_nothing(order, there, post):
    sent(order)
    assert "not ours" in Notice.objects.reported(Report("", "failed"))


def test_a_report_that_comes_before_our_own_row_counts(order, there, post):
    """The provider may be quicker than our commit, or the worker killed before it."""
    notice = told(order)
    account = order.store.channel_accounts.get()
    [claimed] = Notice.objects.claim(1)
    report = Report("SM1", Delivery.DELIVERED, key=notice.message_id)
    Notice.objects.reported(report, account)
    with channels.opened() as through:
        claimed.deliver(through)
    notice.refresh_from_db()
    assert (notice.state, notice.provider_state) == (WorkState.DONE, "delivered")


def test_lost_and_sent_by_email_it_is_not_tried_again(order, there, post):
    """Nobody knew whether it was taken, so it was to be tried again; then it had failed."""
    there.lost = Answer(status=500)
    notice = told(order)
    tasks.deliver_notices()
    account = order.store.channel_accounts.get()
    Notice.objects.reported(Report("", Delivery.FAILED, key=notice.message_id), account)
    make_due()
    tasks.deliver_notices()
    assert len(there.taken) == 1 and len(post.received) == 1
    assert states() == [("sms", "dropped"), MAIL_DONE]


def test_what_went_by_email_is_not_sent_again_by_hand(order, there, post):
    there.trouble = REFUSED
    told(order)
    tasks.deliver_notices()
    assert Notice.objects.send_again() == 0


# --- what changed between writing and sending --------------------------------------------------


def test_who_said_stop_in_between_gets_an_email(order, there, post):
    told(order)
    ContactPoint.objects.stop(order.store, Channel.SMS, NUMBER, source="their own word")
    tasks.deliver_notices()
    assert states() == [("sms", "dead"), MAIL_DONE] and not there.taken


def test_a_number_that_changed_in_between_gets_nothing(order, there, post):
    told(order)
    Order.objects.update(phone="+44 7700 900555")
    tasks.deliver_notices()
    assert states() == [("sms", "dead"), MAIL_DONE] and not there.taken
    assert number_of(Order.objects.get()) != NUMBER


def test_an_account_that_was_closed_in_between_is_no_reason_to_be_silent(order, there, post):
    told(order)
    order.store.channel_accounts.update(is_active=False)
    tasks.deliver_notices()
    assert states() == [("sms", "dead"), MAIL_DONE]


def test_without_any_address_it_ends_and_is_seen_at_the_desk(order, there, post):
    notice = told(order)
    Order.objects.update(email="", phone="")
    tasks.deliver_notices()
    tasks.sweep()
    notice.refresh_from_db()
    assert notice.state == WorkState.DEAD and notice.last_error
    assert Notice.objects.count() == 1


def test_an_email_address_that_was_taken_away_drops_the_letter(store, post):
    order = on_its_way(store)
    notice = told(order)
    Order.objects.update(email="")
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DROPPED and not post.received


def test_an_email_address_that_was_put_right_is_followed(store, post):
    order = on_its_way(store)
    told(order)
    Order.objects.update(email="sarah@example.org")
    tasks.deliver_notices()
    assert post.recipients == ["sarah@example.org"]


def test_a_code_never_goes_to_a_contact_that_was_changed(store, post):
    order = on_its_way(store)
    FindAttempt.note(store, order.number, order.email)
    tasks.judge_attempts()
    Order.objects.update(email="mallory@example.com")
    tasks.deliver_notices()
    assert Notice.objects.get(kind=NoticeKind.ACCESS_CODE).state == WorkState.DROPPED
    assert not post.received


def test_what_has_become_untrue_in_between_is_sent_over_no_channel(order, there, post):
    there.trouble = BUSY
    told(order)
    tasks.deliver_notices()
    case = Notice.objects.get().news.get().case
    case.close("It was the wrong parcel.", by=CLOCK)
    there.trouble = REFUSED
    make_due()
    tasks.deliver_notices()
    assert states() == [("sms", "dropped")] and not post.received


def test_a_number_that_does_not_answer_holds_up_no_email(order, there, post, store):
    """Twilio is down; a letter to somebody else stands behind the short message."""
    there.trouble = Answer(status=503)
    told(order)
    other = on_its_way(store, "JP-2", email="bob@example.com", phone="")
    trouble(other)
    past = timezone.now() - timedelta(hours=1)
    Notice.objects.filter(channel="sms").update(due_at=past)
    tasks.deliver_notices()
    assert post.recipients == ["bob@example.com"]
    assert states() == [("sms", "due"), MAIL_DONE]


def test_nothing_about_the_buyer_stands_in_the_log(order, there, post, caplog):
    there.trouble = REFUSED
    told(order)
    tasks.deliver_notices()
    ours = [row.getMessage() for row in caplog.records if not row.name.startswith("mail.")]
    said = "".join([*ours, *Notice.objects.values_list("last_error", flat=True)])
    assert said
    for private in (NUMBER, NUMBER[-9:], "sarah@", "Sarah", "BS1"):
        assert private not in said


def test_what_is_a_full_record_is_an_email_whatever_was_agreed(order, there, post):
    ask_to_return(place_order(order.store, "JP-4"))
    tasks.deliver_notices()
    assert not there.taken and set(post.recipients) == {"sarah@example.com"}
