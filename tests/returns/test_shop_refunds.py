"""Money that a shop refunds: once, whatever becomes of its answers, and seen when it fails."""

import importlib
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from returns.models import (
    Event,
    EventKind,
    Notice,
    NoticeKind,
    Order,
    Resolution,
    ShopAccount,
    ShopRefund,
)
from returns.models.refund_queue import PATIENCE
from returns.queues import QUEUES
from returns.shops import SHOPS, Error, NotReached
from returns.shops.refunding import RefundAnswer, Refunded
from returns.sources import RefundState
from returns.states import IllegalTransition, Status
from tests.people import open_store
from tests.returns.refund_server import Paid, refunding
from tests.returns.refunds_asked import (
    again,
    asked,
    bought,
    came_back,
    connect,
    decide,
    let_leases_end,
    let_servers_end,
    make_due,
    shop_tells,
    told,
    work,
)
from tests.returns.returning import DESK
from tests.returns.shop_server import SILENT
from tests.tracking.loopback import Answer
from tracking.work import WorkState

pytestmark = pytest.mark.django_db

REAL = ("shopify", "rest", "woocommerce", "webhook")


@pytest.fixture
def there(monkeypatch):
    modules = [f"returns.shops.{slug}_refunds" for slug in SHOPS]
    for module in [*modules, "returns.shops.shopify_refunds_rest"]:
        for name in ("READS", "PAYS"):
            monkeypatch.setattr(importlib.import_module(module), name, 0.3, raising=False)
    with refunding() as till:
        yield till


@pytest.fixture
def store(db):
    return open_store()


@pytest.fixture
def order(store, there) -> Order:
    connect(store, there)
    return bought(store)


@pytest.fixture
def rma(order):
    return came_back(order)


@pytest.fixture
def made(rma) -> Resolution:
    """40.00 for two cups and the jug; the shop is to be asked."""
    return decide(rma)


def letters(kind: str = NoticeKind.RETURN_SETTLED) -> int:
    return Notice.objects.filter(kind=kind).count()


def failures() -> list[str]:
    events = Event.objects.filter(kind=EventKind.RESOLUTION_FAILED).order_by("pk")
    return [event.data["words"] for event in events]


# --- asked --------------------------------------------------------------------------------------


def test_what_was_decided_is_refunded_told_and_closed(there, rma, made):
    assert (again(made).state, there.refunds) == ("pending", [])
    assert letters() == 0
    work()
    row = again(made)
    assert (row.state, row.reference, row.settled_by) == ("succeeded", "9001", None)
    assert there.given == 40
    assert asked(made).state == WorkState.DONE
    rma.refresh_from_db()
    assert rma.status == Status.CLOSED
    assert letters() == 1


@pytest.mark.parametrize("name", REAL)
def test_case_52_each_shop_is_asked_once_and_no_more(store, there, name):
    connect(store, there, name)
    row = decide(came_back(bought(store, name)))
    work(3)
    assert (again(row).state, len(there.refunds)) == ("succeeded", 1)


def test_a_shop_that_makes_no_refunds_leaves_the_money_to_a_person(store, there):
    account = connect(store, there, refunds=False)
    assert ShopAccount(store=store, shop="demo").refunds is False
    row = decide(came_back(bought(store)))
    work()
    assert not ShopRefund.objects.exists()
    assert list(Resolution.objects.to_send()) == [row]
    row.record_sent(by=DESK)
    assert not there.refunds and account.is_active


@pytest.mark.parametrize(
    ("kind", "method", "goes"),
    [
        ("refund", "original", True),
        ("part_refund", "card", True),
        ("repair", "original", True),
        ("refund", "transfer", False),
        ("refund", "alipay", False),
        ("store_credit", "original", False),
    ],
)
def test_only_money_that_goes_back_the_way_it_came_goes_through_the_shop(rma, kind, method, goes):
    row = decide(rma, kind=kind, method=method)
    assert (row.asked is not None) is goes
    assert ShopRefund.objects.exists() is goes


def test_an_order_of_another_shop_is_refunded_by_the_merchants_own_system_or_by_hand(store, there):
    connect(store, there)
    order = bought(store, "table")
    row = decide(came_back(order, 1, 1), "30.00")
    assert row.asked is None
    hook = connect(store, there, "webhook")
    assert ShopAccount.objects.for_refund(order) == hook
    ShopAccount.objects.update(refunds=False)
    assert ShopAccount.objects.for_refund(order) is None
    assert ShopAccount.objects.for_order(order) == hook


def test_what_was_refunded_in_the_shop_before_is_not_asked_for(rma, order):
    shop_tells(order, "40.00")
    row = decide(type(rma).objects.get(pk=rma.pk), in_shop=True)
    assert row.asked is None


def test_two_returns_of_one_order_are_refunded_one_after_the_other(there, order):
    first, second = came_back(order, 2), came_back(order, 0, 1)
    rows = [decide(first, "20.00"), decide(second, "20.00")]
    ShopRefund.objects.claim(1)
    assert ShopRefund.objects.work() == 0  # the other one is being asked for
    let_leases_end()
    work(2)
    assert [again(row).state for row in rows] == ["succeeded"] * 2
    assert [one.amount for one in there.refunds] == [20, 20]
    order = Order.objects.get(pk=order.pk)
    assert order.with_goods().refundable() == 16


# --- answers that are lost ----------------------------------------------------------------------


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize(
    "lost", [SILENT, Answer(status=500), Answer(status=502, body=b"<html>"), Answer(body=b"{")]
)
def test_case_52_an_answer_lost_after_the_refund_was_made_leaves_one_refund(
    store, there, name, lost
):
    connect(store, there, name)
    row = decide(came_back(bought(store, name)))
    there.lost = lost
    work()
    assert again(row).state == "processing"
    assert letters() == 0
    there.lost = None
    work()
    assert (again(row).state, again(row).reference) == ("succeeded", "9001")
    assert len(there.refunds) == 1
    assert letters() == 1


@pytest.mark.parametrize("name", REAL)
def test_what_was_never_made_is_asked_for_again_once_no_server_can_be_at_it(store, there, name):
    connect(store, there, name)
    row = decide(came_back(bought(store, name)))
    there.trouble = Answer(status=503)
    work()
    there.trouble = None
    work(3)  # not there yet: it may still come
    assert (again(row).state, there.refunds) == ("processing", [])
    assert asked(row).due_at > timezone.now() + timedelta(minutes=3)
    let_servers_end()
    work()
    assert (again(row).state, len(there.refunds)) == ("succeeded", 1)


def test_a_shop_that_says_too_often_is_asked_again_when_it_says(there, made):
    there.trouble = Answer(status=429, headers={"Retry-After": "600"})
    ShopRefund.objects.work()
    row = asked(made)
    assert row.due_at > timezone.now() + timedelta(minutes=9)
    assert row.asked_at is None  # nothing was paid, for certain
    there.trouble = None
    work()
    assert (again(made).state, len(there.refunds)) == ("succeeded", 1)


def test_a_shop_that_cannot_be_reached_is_asked_again_without_a_look(there, made):
    ShopAccount.objects.update(base="http://127.0.0.1:1")
    work()
    assert asked(made).asked_at is None
    assert again(made).state == "processing"
    ShopAccount.objects.update(base=there.shopify.base)
    work()
    assert again(made).state == "succeeded"


def test_a_shop_that_does_not_say_what_became_of_it_is_a_persons_and_never_asked_blindly(
    there, made
):
    there.lost = there.blind = SILENT
    work(2)
    let_servers_end()
    ShopRefund.objects.update(attempts=ShopRefund.MAX_ATTEMPTS - 1)
    work()
    row = again(made)
    assert row.state == "failed"
    assert row.last_error.endswith("Nobody knows whether it was refunded.")
    assert asked(made).is_unclear
    row.try_again()
    there.blind = None
    work()
    assert (again(made).state, len(there.refunds)) == ("succeeded", 1)


def test_what_does_not_get_through_for_an_hour_is_seen_while_it_is_still_tried(there, rma, made):
    there.lost = there.blind = SILENT
    work()
    failing = QUEUES["refunds"].rows
    assert not failing().exists()
    ShopRefund.objects.update(written_at=timezone.now() - PATIENCE)
    assert list(failing()) == [rma]
    there.blind = None
    work()
    assert not failing().exists()


def test_a_payment_service_that_needs_days_is_asked_until_it_has_paid(there, made):
    there.status = "pending"
    work(2)
    assert (again(made).state, asked(made).words) == ("processing", "")
    assert "has not said yet" in asked(made).last_error
    there.refunds[0].status = "success"
    work()
    assert again(made).state == "succeeded"
    assert len(there.refunds) == 1


# --- the webhook before the answer ----------------------------------------------------------------


def meanwhile(monkeypatch, act, shop: str = "shopify") -> None:
    """Something happens when the shop has refunded and our worker does not know it yet."""
    module = importlib.import_module(f"returns.shops.{shop}_refunds")
    refund = module.refund

    def refunded_and_more(*args):
        answer = refund(*args)
        act()
        return answer

    monkeypatch.setattr(module, "refund", refunded_and_more)


def test_case_52_a_webhook_that_comes_before_the_answer_is_the_same_refund(
    there, order, made, monkeypatch
):
    meanwhile(monkeypatch, lambda: shop_tells(order, "40.00", told(made)))
    work(2)
    row = again(made)
    assert (row.state, row.in_shop, row.reference) == ("succeeded", True, "9001")
    assert len(there.refunds) == letters() == 1
    order = Order.objects.get(pk=order.pk)
    assert (order.refunded_total, order.with_goods().refundable()) == (40, 16)


def test_case_52_a_webhook_says_what_the_lost_answer_would_have_said(there, order, made):
    there.lost = SILENT
    work()
    shop_tells(order, "40.00", told(made))
    row = again(made)
    assert (row.state, row.in_shop, row.reference) == ("succeeded", True, "9001")
    asked_for = len(there.server.seen)
    work()
    assert asked(made).state == WorkState.DROPPED
    assert len(there.server.seen) == asked_for
    assert letters() == 1


def test_case_52_a_webhook_after_the_answer_is_counted_once(there, order, made):
    work()
    assert again(made).in_shop is False
    shop_tells(order, "40.00", told(made))
    shop_tells(order, "40.00", told(made))
    assert again(made).in_shop
    order = Order.objects.get(pk=order.pk)
    assert order.with_goods().refundable() == 16
    assert letters() == 1


def test_a_shop_that_does_not_tell_notes_is_matched_by_the_amount_it_was_asked_for(
    there, order, made
):
    there.lost = SILENT
    work()
    shop_tells(order, "40.00", listed=False)
    assert (again(made).state, again(made).in_shop) == ("processing", True)
    there.lost = None
    work()
    assert again(made).state == "succeeded"
    order = Order.objects.get(pk=order.pk)
    assert order.with_goods().refundable() == 16


def test_what_the_shop_has_only_booked_is_counted_and_not_taken_for_paid(there, order, made):
    there.lost = SILENT
    work()
    shop_tells(order, "40.00", told(made, state=RefundState.BOOKED))
    assert (again(made).state, again(made).in_shop) == ("processing", True)


def test_a_refund_of_the_shops_own_is_not_taken_for_ours(there, order, made):
    there.trouble = Answer(status=503)
    work()
    own = told(made, source_id="8000", note="Goodwill", amount=Decimal(16))
    shop_tells(order, "16.00", own)
    assert (again(made).state, again(made).in_shop) == ("processing", False)


def test_a_refund_that_the_shop_took_out_of_its_books_counts_here_again(there, order, made):
    work()
    shop_tells(order, "40.00", told(made))
    shop_tells(order, "0.00")
    assert again(made).in_shop is False
    order = Order.objects.get(pk=order.pk)
    assert order.with_goods().refundable() == 16


# --- never above what was captured ----------------------------------------------------------------


def test_case_54_what_was_given_back_meanwhile_is_seen_right_before_the_shop_is_asked(
    there, order, made
):
    shop_tells(order, "20.00", listed=False)
    work()
    row = again(made)
    assert (row.state, there.refunds) == ("failed", [])
    assert row.last_error == "Only 36.00 USD is left of what was paid."
    assert asked(made).asked_at is None


def test_money_that_other_returns_were_given_is_not_given_again(there, order):
    one = decide(came_back(order, 2), "20.00", method="transfer")
    one.record_sent(by=DESK)
    two = decide(came_back(order, 0, 1), "20.00")
    Order.objects.update(paid_total=Decimal(39))
    work()
    assert again(two).last_error == "Only 19.00 USD is left of what was paid."
    assert not there.refunds


def test_what_the_shop_reports_as_refunded_already_is_looked_at_by_a_person(there, made):
    Resolution.objects.update(in_shop=True)
    work()
    assert again(made).state == "failed"
    assert again(made).last_error.startswith("The shop reports it as refunded already.")
    assert not there.refunds


# --- failed, and seen -----------------------------------------------------------------------------


def refuses(there) -> None:
    there.payments[0].left = Decimal("15.00")


def test_case_53_what_the_shop_refuses_is_seen_told_to_nobody_and_tried_again(there, rma, made):
    refuses(there)
    work()
    row = again(made)
    assert (row.state, asked(made).state) == ("failed", WorkState.DEAD)
    assert "only 15" in row.last_error
    assert failures() == [row.last_error]
    assert letters() == 0
    assert list(QUEUES["refunds"].rows()) == [rma]
    work()  # nobody tries it by himself
    assert len(failures()) == 1
    there.payments[0].left = Decimal("56.00")
    row.try_again()
    work()
    assert again(made).state == "succeeded"
    assert letters() == 1
    assert not QUEUES["refunds"].rows().exists()


def test_what_a_payment_service_refused_is_meant_anew_under_a_key_of_its_own(there, made):
    there.status = "failure"
    work()
    assert again(made).last_error == "The payment service refused it."
    there.status = "success"
    again(made).try_again()
    work()
    row = again(made)
    assert (row.state, row.reference) == ("succeeded", "9002")
    assert there.given - there.refunds[0].amount == 40
    assert there.refunds[1].note.endswith(f"[{row.key}-1]")


def test_a_shop_that_does_not_let_us_in_is_a_persons_at_once(there, made):
    ShopAccount.objects.update(keys={"token": "another"})
    work()
    assert again(made).last_error == "127.0.0.1 does not let us in (401)."
    assert not asked(made).is_unclear


@pytest.mark.parametrize("values", [{"is_active": False}, {"refunds": False}])
def test_an_account_that_was_closed_meanwhile_leaves_it_to_a_person(there, made, values):
    ShopAccount.objects.update(**values)
    work()
    assert again(made).last_error == "The shop is not connected any more, or makes no refunds."
    assert not there.server.seen


def test_what_failed_may_be_sent_by_hand(there, rma, made):
    refuses(there)
    work()
    again(made).record_sent_after_all(by=DESK, method="transfer", reference="T-1")
    row = again(made)
    assert (row.state, row.method, row.reference) == ("succeeded", "transfer", "T-1")
    assert asked(made).state == WorkState.DEAD
    rma.refresh_from_db()
    assert (rma.status, letters()) == (Status.CLOSED, 1)


def test_what_a_person_sends_first_the_shop_is_not_asked_for(there, made):
    made.record_sent(by=DESK, method="transfer")
    assert asked(made).state == WorkState.DROPPED
    work()
    assert not there.server.seen


def test_what_is_dropped_the_shop_is_not_asked_for(there, made):
    [claimed] = ShopRefund.objects.claim(1)
    made.drop(by=DESK)
    assert claimed.send()
    assert asked(made).state == WorkState.DROPPED
    assert not there.server.seen


def test_a_person_waits_while_the_shop_is_being_asked(there, made, monkeypatch):
    tried = []

    def act():
        row = again(made)
        for verb in (
            lambda: row.record_sent(by=DESK),
            lambda: row.record_failed("No.", by=DESK),
        ):
            with pytest.raises(IllegalTransition):
                verb()
            tried.append(row.is_asked_now)

    meanwhile(monkeypatch, act)
    work()
    assert tried == [True, True]
    assert (again(made).state, letters()) == ("succeeded", 1)


def test_a_person_may_stop_what_does_not_get_through(there, made):
    there.lost = there.blind = SILENT
    work()
    again(made).record_failed("We look there ourselves.", by=DESK)
    assert asked(made).state == WorkState.DROPPED
    there.lost = there.blind = None
    work()
    assert again(made).state == "failed"


def test_a_shop_that_refunded_although_a_person_had_stopped_it_is_seen(
    there, rma, made, monkeypatch
):
    def act():
        let_leases_end()
        again(made).record_failed("It hangs.", by=DESK)
        again(made).record_sent_after_all(by=DESK, method="transfer", reference="T-1")

    meanwhile(monkeypatch, act)
    work()
    row = again(made)
    assert (row.state, row.reference) == ("succeeded", "T-1")
    assert row.last_error.startswith("The shop refunded it all the same (9001).")
    assert list(QUEUES["refunds"].rows()) == [rma]


# --- killed ---------------------------------------------------------------------------------------


def test_one_whose_workers_were_all_lost_is_left_to_a_person(there, made):
    ShopRefund.objects.update(
        state=WorkState.CLAIMED,
        attempts=ShopRefund.MAX_ATTEMPTS,
        lease_until=timezone.now(),
        asked_at=timezone.now(),
    )
    Resolution.objects.update(state="processing")
    ShopRefund.objects.work()
    assert again(made).state == "failed"
    assert "Nobody knows whether it was refunded." in again(made).last_error
    assert not there.refunds


def test_a_worker_that_comes_back_when_its_lease_is_over_gives_way(there, made):
    [slow] = ShopRefund.objects.claim(1)
    let_leases_end()
    work()
    assert again(made).state == "succeeded"
    assert slow.send()
    assert len(there.refunds) == 1


def test_a_flaw_of_ours_leaves_it_unclear_and_names_nobody(there, made, monkeypatch, caplog):
    def broken(ask, access):
        raise KeyError(access.keys["token"])

    monkeypatch.setattr("returns.shops.shopify_refunds.refund", broken)
    work()
    assert again(made).state == "processing"
    assert asked(made).is_unclear
    assert "KeyError at broken" in asked(made).last_error
    assert "shpat" not in caplog.text + asked(made).last_error


def test_a_shop_that_is_down_is_left_alone_for_the_rest_of_the_round(store, there, made):
    decide(came_back(bought(store, number="JP-2", source_id="728")))
    there.trouble = Answer(status=503)
    make_due()
    ShopRefund.objects.work()
    assert sorted(ShopRefund.objects.values_list("attempts", flat=True)) == [0, 1]


@pytest.mark.parametrize("error", [NotReached("No."), Error("No.")])
def test_nothing_of_an_outage_is_told_to_the_buyer(there, made, monkeypatch, error):
    def down(ask, access):
        raise error

    monkeypatch.setattr("returns.shops.shopify_refunds.refund", down)
    work()
    assert letters() == 0
    assert not Event.objects.filter(kind=EventKind.RESOLUTION_DONE).exists()


def test_an_answer_that_comes_without_a_number_is_taken_as_well(there, made, monkeypatch):
    monkeypatch.setattr(
        "returns.shops.shopify_refunds.refund",
        lambda ask, access: RefundAnswer(Refunded.DONE),
    )
    work()
    assert (again(made).state, again(made).reference) == ("succeeded", "")


# --- whatever happens -----------------------------------------------------------------------------

HAPPENS = st.lists(
    st.sampled_from(["fine", "lost", "500", "429", "down", "blind", "killed", "waited", "told"]),
    max_size=8,
)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(HAPPENS)
def test_case_52_whatever_happens_in_whatever_order_one_refund_is_made_and_told(there, store, days):
    if not store.shop_accounts.exists():
        connect(store, there)
    there.refunds.clear()
    there.payments = [Paid(801, "shopify_payments", Decimal("56.00"))]
    number = Order.objects.count()
    row = decide(came_back(bought(store, number=f"JP-{number}", source_id=f"7-{number}")))
    Order.objects.filter(pk=row.authorization.order_id).update(source_id="727")
    for day in days:
        there.lost = {"lost": SILENT, "500": Answer(status=500)}.get(day)
        there.trouble = {"429": Answer(status=429), "down": Answer(status=503)}.get(day)
        there.blind = SILENT if day == "blind" else None
        if day == "waited":
            let_servers_end()
        elif day == "told" and there.refunds:
            order = Order.objects.get(pk=row.authorization.order_id)
            shop_tells(order, "40.00", told(row))
        elif day == "killed":
            make_due()
            ShopRefund.objects.claim(1)
            let_leases_end()
        else:
            work()
        assert len(there.refunds) <= 1
    there.lost = there.trouble = there.blind = None
    let_servers_end()
    work(2)
    assert (again(row).state, [one.amount for one in there.refunds]) == ("succeeded", [40])
    assert row.authorization.notices.filter(kind=NoticeKind.RETURN_SETTLED).count() == 1
    Order.objects.filter(pk=row.authorization.order_id).update(source_id=f"7-{number}")
