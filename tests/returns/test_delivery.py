"""Mails leave once, late rather than never, and never for what did not happen."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from django_q.models import OrmQ

from returns import channels, tasks
from returns.models import (
    CLOCK,
    RULE,
    FindAttempt,
    Notice,
    NoticeKind,
    Order,
    ReturnAuthorization,
    ShortLink,
)
from tests.mail_server import mail_server
from tests.returns.correspondence import Shop, ask, latest
from tracking.work import WorkState


@pytest.fixture
def server(settings):
    with mail_server() as server:
        settings.MAILERS = server.mailers()
        yield server


@pytest.fixture
def shop(db) -> Shop:
    return Shop(automatic_up_to=None)


def make_due() -> None:
    Notice.objects.filter(state=WorkState.DUE).update(due_at=timezone.now())


def test_a_mail_arrives_with_everything_that_mail_programs_need(shop, server):
    notice = shop.approved()
    tasks.deliver_notices()

    [letter] = [mail for mail in server.received if str(mail["Message-ID"]) == notice.message_id]
    assert letter["From"] == "Juniper & Pine <homeward@localhost>"
    assert letter["To"] == "sarah@example.com"
    assert letter["Reply-To"] == "hello@juniper.example"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["X-Auto-Response-Suppress"] == "All"
    assert letter["Content-Language"] == "en"
    assert letter["Date"]
    parts = [part.get_content_type() for part in letter.walk() if not part.is_multipart()]
    assert parts == ["text/plain", "text/html", "application/pdf"]


def test_a_chinese_mail_arrives_readable(db, server):
    notice = Shop("zh-hans", automatic_up_to=None).requested()
    tasks.deliver_notices()
    [letter] = server.received
    assert letter["From"] == "山茶与纸 <homeward@localhost>"
    assert letter["Content-Language"] == "zh-hans"
    body = letter.get_body(("plain",))
    assert body is not None and "王小明" in body.get_content()
    notice.refresh_from_db()
    assert notice.state == WorkState.DONE


def test_what_was_sent_is_kept_without_the_key_in_its_link(shop, server):
    notice = shop.requested()
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DONE
    assert notice.subject and "We have your request" in notice.text
    [address] = [word for word in notice.text.split() if "/k/" in word]
    assert address.endswith("/k/…")
    sent = server.received[0].get_body(("plain",)).get_content()
    [link] = [word for word in sent.split() if "/k/" in word]
    found = ShortLink.objects.of(link.rpartition("/")[2])
    assert found and found.order == notice.order


def test_the_text_of_a_code_is_not_kept(shop, server):
    notice = shop.code()
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DONE and len(server.received) == 1
    assert (notice.subject, notice.text) == ("", "")


def test_several_mails_share_one_connection(shop, server):
    for _ in range(3):
        shop.requested()
    tasks.deliver_notices()
    assert len(server.received) == 3
    assert server.connections == 1


def test_a_greylisted_mail_is_sent_again_later(shop, server):
    notice = shop.requested()
    server.rcpt = ["451 4.7.1 Try again later"]
    before = timezone.now()
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DUE and not server.received
    assert notice.due_at > before + timedelta(seconds=2)
    assert "451" in notice.last_error

    tasks.deliver_notices()
    assert not server.received, "it was sent before its time"
    make_due()
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DONE
    assert server.message_ids == [notice.message_id]


@pytest.mark.parametrize("refuses", ["rcpt", "data"])
def test_a_mail_that_is_refused_for_good_is_given_up_and_the_next_one_goes(shop, server, refuses):
    refused, other = shop.requested(), shop.requested()
    setattr(server, refuses, ["550 5.1.1 No such user"])
    tasks.deliver_notices()
    refused.refresh_from_db()
    other.refresh_from_db()
    assert refused.state == WorkState.DEAD and "550" in refused.last_error
    assert other.state == WorkState.DONE
    assert server.message_ids == [other.message_id]


@pytest.mark.parametrize(
    "address", ["sarah@", "sarah and bob", "särah@example.com", "a@b\r\nBcc: c@d", "a@b, c@d"]
)
def test_an_address_that_cannot_be_is_given_up_at_once(shop, server, address):
    notice = shop.requested()
    Order.objects.filter(pk=notice.order_id).update(email=address)
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DEAD and notice.recipient == address
    assert notice.attempts == 1 and not server.received


def test_a_server_that_hangs_up_after_taking_the_mail_gets_it_again_under_the_same_id(shop, server):
    notice = shop.requested()
    server.data = ["disconnect"]
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DUE
    make_due()
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DONE
    assert server.message_ids == [notice.message_id] * 2


def test_a_silent_server_costs_one_mail_an_attempt_and_leaves_the_others_alone(
    shop, server, settings
):
    settings.MAILERS = server.mailers(timeout=0.3)
    server.data = ["hang"]
    first, second = shop.requested(), shop.requested()
    tasks.deliver_notices()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.attempts) == (WorkState.DUE, 1)
    assert (second.state, second.attempts) == (WorkState.DUE, 0)

    make_due()
    tasks.deliver_notices()
    assert sorted(server.message_ids) == sorted([first.message_id, second.message_id])


@pytest.mark.parametrize("answer", ["421 4.3.2 Going down", "421"])
def test_a_server_that_is_going_down_is_left_in_peace(shop, server, answer):
    first, second = shop.requested(), shop.requested()
    server.rcpt = [answer]
    tasks.deliver_notices()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.attempts) == (WorkState.DUE, 1)
    assert second.attempts == 0


def test_without_a_server_the_mail_waits(shop, settings):
    with mail_server() as gone:
        settings.MAILERS = gone.mailers()
    notice = shop.requested()
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DUE and notice.attempts == 1


def test_a_wrong_sender_address_is_our_mistake_and_the_mail_waits(shop, server, settings):
    settings.MAIL_FROM = "nonsense"
    notice = shop.requested()
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DUE and "HOMEWARD_MAIL_FROM" in notice.last_error


def test_nothing_is_sent_about_what_was_rolled_back(shop, server):
    order = shop.order()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        ask(order)
        raise ZeroDivisionError
    tasks.deliver_notices()
    assert not server.received
    assert not order.returns.exists()


def test_the_bell_rings_only_after_the_commit(shop, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        shop.requested()
        assert not OrmQ.objects.exists()
    assert callbacks and OrmQ.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_mail_is_sent():
    notice = Shop(automatic_up_to=None).requested()
    seen = []

    class Postbox:
        def send(self, message: channels.Message) -> str:
            seen.append((connection.in_atomic_block, Notice.objects.get(pk=notice.pk).state))
            return message.key

        def close(self) -> None: ...

    [claimed] = Notice.objects.claim()

    class Postboxes:
        def of(self, *_address: object) -> Postbox:
            return Postbox()

    assert claimed.deliver(Postboxes())
    assert seen == [(False, WorkState.CLAIMED)]


def test_whoever_lost_the_lease_changes_nothing(shop, server, caplog):
    shop.requested()
    [mine] = Notice.objects.claim()
    Notice.objects.update(lease_owner="another")
    with channels.opened() as through:
        mine.deliver(through)
    mine.refresh_from_db()
    assert (mine.state, mine.lease_owner) == (WorkState.CLAIMED, "another")
    assert "lease" in caplog.text


def test_a_letter_that_cannot_be_written_waits_then_ends_and_the_log_names_nobody(
    shop, server, caplog
):
    notice = shop.requested()
    ReturnAuthorization.objects.update(wish="Sarah’s own wish")
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DUE and notice.last_error
    Notice.objects.filter(pk=notice.pk).update(
        attempts=Notice.MAX_ATTEMPTS - 1, due_at=timezone.now()
    )
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DEAD
    assert f"Notice {notice.pk}" in caplog.text
    assert "arah" not in caplog.text + notice.last_error
    assert not ShortLink.objects.exists(), "a link without a letter is left"


def test_a_letter_that_kills_its_worker_each_time_is_given_up(shop, server):
    notice = shop.requested()
    past = timezone.now() - timedelta(seconds=1)
    Notice.objects.filter(pk=notice.pk).update(
        state=WorkState.CLAIMED, attempts=Notice.MAX_ATTEMPTS, lease_until=past, lease_owner="x"
    )
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DEAD
    assert not server.received


def test_stale_news_is_dropped_and_the_newer_news_sent(shop, server):
    rma = ask(shop.order())
    rma.approve(by=RULE)
    rma.remind(by=CLOCK)
    rma.cancel(by=RULE)
    tasks.deliver_notices()
    assert server.message_ids == [latest(NoticeKind.RETURN_CANCELLED).message_id]
    dropped = Notice.objects.filter(state=WorkState.DROPPED).values_list("kind", flat=True)
    assert set(dropped) == {
        NoticeKind.RETURN_REQUESTED,
        NoticeKind.RETURN_APPROVED,
        NoticeKind.RETURN_REMINDER,
    }


def test_a_code_goes_before_what_has_waited_longer(shop, server):
    first, code = shop.requested(), shop.code()
    tasks.deliver_notices()
    assert server.message_ids == [code.message_id, first.message_id]


def test_a_code_that_is_no_longer_valid_is_not_sent(shop, server):
    notice = shop.code()
    FindAttempt.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DROPPED and not server.received


def test_a_long_round_ends_in_time_and_rings_for_the_next(shop, server, monkeypatch):
    monkeypatch.setattr(tasks, "LONGEST_ROUND", -1)
    shop.requested(), shop.requested()
    OrmQ.objects.all().delete()
    tasks.deliver_notices()
    assert len(server.received) == 1
    assert OrmQ.objects.count() == 1


def test_names_with_line_breaks_begin_no_header(shop, server):
    shop.store.name = "Juniper\r\nBcc: bob@example.com"
    shop.store.save()
    order = shop.order(name="Sarah\r\nBcc: bob@example.com")
    type(order).objects.filter(pk=order.pk).update(number="JP\r\nBcc: bob@example.com")
    order.refresh_from_db()
    ask(order)
    tasks.deliver_notices()
    [letter] = server.received
    assert letter["Bcc"] is None and server.recipients == ["sarah@example.com"]
    assert "\n" not in letter["Subject"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_moment_send_each_mail_once(settings):
    shop = Shop(automatic_up_to=None)
    for _ in range(20):
        shop.requested()
    expected = sorted(Notice.objects.values_list("message_id", flat=True))
    with mail_server() as server:
        settings.MAILERS = server.mailers()
        _work_at_once(3)
    assert sorted(server.message_ids) == expected
    assert set(Notice.objects.values_list("state", "attempts")) == {(WorkState.DONE, 1)}


def _work_at_once(workers: int) -> None:
    start = threading.Barrier(workers)
    errors = []

    def work() -> None:
        try:
            start.wait(timeout=10)
            tasks.deliver_notices()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not errors


def test_the_demo_settings_write_mails_as_files(shop, settings, tmp_path):
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": str(tmp_path)},
        }
    }
    shop.requested()
    tasks.deliver_notices()
    [file] = tmp_path.iterdir()
    assert "Juniper & Pine" in file.read_text()
