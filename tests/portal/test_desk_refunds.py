"""Refunds of the shop's own at the desk: seen, tried again, sent by hand, and what came back."""

import importlib
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from returns.codes import Reason
from returns.models import (
    Award,
    Notice,
    NoticeKind,
    Order,
    Resolution,
    ReturnAuthorization,
    ShopAccount,
    ShopRefund,
)
from returns.shops import SHOPS
from returns.states import Status
from tests import people
from tests.portal.desk_work import LIST, at_desk, page, read, send, url
from tests.returns.refund_server import refunding
from tests.returns.refunds_asked import (
    again,
    asked,
    bought,
    came_back,
    connect,
    decide,
    let_leases_end,
    work,
)
from tests.returns.returning import DESK, returned
from tests.returns.shop_server import SILENT, TOKEN
from tracking.work import WorkState

pytestmark = pytest.mark.django_db


@pytest.fixture
def there(monkeypatch):
    modules = [f"returns.shops.{slug}_refunds" for slug in SHOPS]
    for module in [*modules, "returns.shops.shopify_refunds_rest"]:
        for name in ("READS", "PAYS"):
            monkeypatch.setattr(importlib.import_module(module), name, 0.3, raising=False)
    with refunding() as till:
        yield till


@pytest.fixture
def cashier(db):
    return at_desk("cleo", "settle_return", "view_shoprefund")


@pytest.fixture
def rma(store, there) -> ReturnAuthorization:
    connect(store, there)
    return came_back(bought(store))


@pytest.fixture
def made(rma) -> Resolution:
    return decide(rma)


def words(client, address: str) -> str:
    return " ".join(client.get(address, follow=True).text.split())


def case(client, rma) -> str:
    return words(client, page(rma))


def fails(there) -> None:
    there.payments[0].left = Decimal("15.00")
    work()


# --- decided ------------------------------------------------------------------------------------


def test_who_decides_reads_that_the_shop_is_asked_and_the_page_says_so(cashier, rma):
    shown = send(cashier, rma, "settle")
    assert "the shop is asked to refund it" in shown.text
    assert "Shopify refunds it by itself" in case(cashier, rma)
    assert "send" not in board(cashier)


def board(client) -> dict[str, int]:
    """Tiles of the board that lead to queues with something in them."""
    groups = client.get(reverse("admin:index")).context["groups"]
    tiles = [tile for group in groups for tile in group.tiles if tile.count]
    return {tile.url.partition("work=")[2]: tile.count for tile in tiles if "work=" in tile.url}


def test_money_that_the_shop_sends_by_itself_waits_for_nobody(cashier, rma, made):
    assert "send" not in board(cashier) and "refunds" not in board(cashier)
    work()
    text = case(cashier, rma)
    assert "9001" in text
    assert url(rma, "sent", made) not in text


def test_while_it_is_tried_the_page_says_how_often_since_when_and_why_not(
    cashier, there, rma, made
):
    there.lost = there.blind = SILENT
    work(2)
    text = case(cashier, rma)
    assert "Being sent" in text
    assert "Asked of Shopify" in text and "two tries; next" in text
    assert "127.0.0.1 did not answer within 0.3 seconds." in text
    assert TOKEN not in text


# --- failed -------------------------------------------------------------------------------------


def test_case_53_what_failed_is_a_queue_of_its_own_with_its_reason(cashier, there, rma, made):
    fails(there)
    assert board(cashier)["refunds"] == 1 and "send" not in board(cashier)
    listed = words(cashier, reverse(LIST) + "?work=refunds")
    assert "Refunds that failed" in listed and rma.number in listed
    text = case(cashier, rma)
    assert "The shop says that only 15" in text
    for name in ("try_again", "sent_by_hand"):
        assert url(rma, name, made) in text
    assert url(rma, "came_back", made) not in text
    assert not Notice.objects.filter(kind=NoticeKind.RETURN_SETTLED).exists()


def test_tried_again_the_shop_is_asked_again_and_it_says_so(cashier, there, rma, made):
    fails(there)
    there.payments[0].left = Decimal("56.00")
    shown = cashier.post(url(rma, "try_again", made), follow=True)
    assert "the shop is asked for the refund 40.00 USD once more" in shown.text
    work()
    assert again(made).state == "succeeded"
    assert LogEntry.objects.filter(change_message="Try again.").exists()


def test_sent_by_hand_it_is_recorded_with_method_and_number_and_told(cashier, there, rma, made):
    fails(there)
    shown = send(cashier, rma, "sent_by_hand", made, method="transfer", reference=" T-77 ")
    row = again(made)
    assert (row.state, row.method, row.reference) == ("succeeded", "transfer", "T-77")
    assert "is sent. The buyer is told by email." in shown.text
    assert read(rma).status == Status.CLOSED
    again_pressed = send_raw(cashier, rma, "sent_by_hand", made)
    assert "is Sent now, so this is no longer possible" in again_pressed.text
    assert Notice.objects.filter(kind=NoticeKind.RETURN_SETTLED).count() == 1
    assert "refunds" not in board(cashier)


def send_raw(client, rma, name, row, **values):
    return client.post(url(rma, name, row), {"method": "card", **values}, follow=True)


def test_who_sends_by_hand_what_nobody_knows_is_told_to_look_in_the_shop_first(
    cashier, there, rma, made
):
    there.lost = there.blind = SILENT
    work()
    ShopRefund.objects.update(attempts=ShopRefund.MAX_ATTEMPTS - 1)
    work()
    assert again(made).state == "failed"
    text = words(cashier, url(rma, "sent_by_hand", made))
    assert "Nobody knows whether the shop has refunded it. Look there first" in text
    assert f'Our key there: <span class="ref">{made.key}</span>' in case(cashier, rma)


def test_while_a_worker_has_it_in_hand_nobody_else_takes_it(cashier, rma, made):
    ShopRefund.objects.claim(1)
    Resolution.objects.update(state="processing")
    text = case(cashier, rma)
    assert "being asked now" in text
    for name in ("sent", "failed"):
        assert url(rma, name, made) not in text
        assert "no longer possible" in send_raw(cashier, rma, name, made, error="No.").text
    let_leases_end()
    assert url(rma, "failed", made) in case(cashier, rma)
    send(cashier, rma, "failed", made, error="We look there ourselves.")
    assert again(made).state == "failed"
    assert asked(made).state == WorkState.DROPPED


def test_what_is_in_doubt_stays_on_the_board_until_somebody_has_looked(cashier, rma, made):
    work()
    Resolution.objects.update(last_error="The shop refunded it all the same (9001).")
    assert board(cashier)["refunds"] == 1
    shown = cashier.post(url(rma, "checked", made), follow=True)
    assert "noted as looked at" in shown.text
    assert "refunds" not in board(cashier)
    assert url(rma, "checked", made) not in case(cashier, rma)


# --- came back ----------------------------------------------------------------------------------


def test_money_that_came_back_is_noted_told_and_decided_anew(cashier, rma, made):
    work()
    assert "counts as never given" in words(cashier, url(rma, "came_back", made))
    shown = send(cashier, rma, "came_back", made, words="The card was closed.")
    assert "came back and is owed again. The buyer is told by email." in shown.text
    assert read(rma).status == Status.INSPECTED
    assert board(cashier)["settle"] == 1
    assert Notice.objects.get(kind=NoticeKind.REFUND_REVERSED).facts["words"] == (
        "The card was closed."
    )
    text = case(cashier, rma)
    assert "Came back" in text and "The card was closed." in text
    send(cashier, rma, "settle", method="transfer")
    row = rma.resolutions.get(state="pending")
    assert (row.amount, row.asked) == (40, None)


def test_what_the_shop_still_counts_is_decided_anew_and_not_taken_for_sent(cashier, rma, made):
    work()
    Order.objects.update(refunded_total=Decimal(40))
    Resolution.objects.update(in_shop=True)
    send(cashier, rma, "came_back", made)
    send(cashier, rma, "settle", method="transfer", in_shop="on")
    row = rma.resolutions.get(state="pending")
    assert (row.amount, row.in_shop) == (40, True)
    send(cashier, rma, "sent", row, reference="T-1")
    assert again(row).state == "succeeded"


def test_money_given_before_the_goods_came_needs_no_second_decision(cashier, rma):
    rma.give_besides(Award("part_refund", Decimal(40)), by=DESK).record_sent(by=DESK)
    Resolution.objects.update(goods=40, difference=0)
    text = words(cashier, url(rma, "settle"))
    assert "Given before" in text and "Nothing more than was given before" in text
    send(cashier, rma, "settle")
    assert read(rma).status == Status.CLOSED
    assert rma.resolutions.count() == 1


# --- goods that stay ----------------------------------------------------------------------------


def test_for_goods_that_stay_the_shop_sends_the_money_when_asked(cashier, there, db):
    store = people.open_store("oak", policy={"keep_below": 100, "automatic_up_to": None})
    order = bought(store)
    rma = returned(order, 1, reason=Reason.FAULTY)
    rma.approve(by=DESK)
    assert url(rma, "through_shop") not in case(cashier, rma)
    connect(store, there)
    assert url(rma, "through_shop") in case(cashier, rma)
    assert "The shop refunds 10.00 USD by itself" in words(cashier, url(rma, "through_shop"))
    shown = send(cashier, rma, "through_shop")
    assert "the shop is asked for the refund" in shown.text
    work()
    assert read(rma).status == Status.CLOSED
    assert there.given == 10


# --- who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sent_by_hand", "came_back", "checked", "try_again"])
def test_only_who_may_settle_sees_and_does_it(there, rma, made, name):
    fails(there)
    if name in ("came_back", "checked"):
        again(made).record_sent_after_all(by=DESK)
        Resolution.objects.update(last_error="In doubt.")
    for permissions in ((), ("decide_return",), ("receive_return",)):
        client = at_desk(f"other{len(permissions)}{name}{permissions}", *permissions)
        assert url(rma, name, made) not in client.get(page(rma)).text
        assert client.get(url(rma, name, made)).status_code == 404
        assert client.post(url(rma, name, made), {}).status_code == 404


def test_the_list_of_what_shops_were_asked_is_read_and_never_changed(cashier, rma, made):
    work()
    where = reverse("admin:returns_shoprefund_changelist")
    listed = words(cashier, where + f"?q={rma.number}")
    assert rma.number in listed and "40.00 USD" in listed and "Done" in listed
    row = asked(made)
    one = reverse("admin:returns_shoprefund_change", args=[row.pk])
    assert made.key in words(cashier, one)
    assert cashier.post(one, {}).status_code == 403
    assert (
        cashier.post(reverse("admin:returns_shoprefund_delete", args=[row.pk])).status_code == 403
    )
    assert cashier.get(reverse("admin:returns_shoprefund_add")).status_code == 403
    assert cashier.get(where, {"account__keys__token__startswith": "s"}).status_code in (302, 400)


def test_a_shop_makes_refunds_only_when_somebody_says_so(db, store):
    owner = at_desk("owner", "add_shopaccount", "change_shopaccount", "view_shopaccount")
    address = reverse("admin:returns_shopaccount_add") + "?shop=demo"
    assert "Makes refunds" in words(owner, address)
    owner.post(address, {"store": store.pk, "base": "", "is_active": "on"})
    account = ShopAccount.objects.get()
    assert account.refunds is False
    change = reverse("admin:returns_shopaccount_change", args=[account.pk])
    owner.post(change, {"base": "", "is_active": "on", "refunds": "on"})
    account.refresh_from_db()
    assert account.refunds is True


def test_the_page_costs_the_same_for_one_refund_and_for_many(
    cashier, rma, made, django_assert_max_num_queries
):
    with django_assert_max_num_queries(60) as few:
        case(cashier, rma)
    for number in range(4):
        row = rma.give_besides(Award("part_refund", Decimal(1), words=str(number)), by=DESK)
        assert row.asked
    with django_assert_max_num_queries(60) as many:
        case(cashier, rma)
    assert len(many) <= len(few) + 1  # the account, once it is many


def test_the_list_costs_the_same_for_one_refund_and_for_many(
    cashier, store, rma, made, django_assert_max_num_queries
):
    with django_assert_max_num_queries(40) as few:
        words(cashier, reverse(LIST))
    for number in range(3):
        decide(came_back(bought(store, number=f"JP-{number}", source_id=f"{number}")))
    Resolution.objects.update(state="processing", decided_at=timezone.now())
    with django_assert_max_num_queries(40) as many:
        words(cashier, reverse(LIST))
    assert len(many) <= len(few)
