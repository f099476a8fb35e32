"""The money of a withdrawal: when it is due, that it goes back the way it came, and that it does
not wait for the goods once it is proved that they were posted."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from returns import tasks
from returns.codes import Kind, PaymentMethod, PhotoKind, ResolutionKind
from returns.models import (
    BUYER,
    Award,
    Order,
    Photo,
    Promise,
    PromiseKind,
    ReturnAuthorization,
)
from returns.states import IllegalTransition, Status
from tests import people
from tests.returns.returning import DESK, inspected, opened, posted, scan
from tests.returns.withdrawing import again, eu_order, on_its_page
from tracking.milestones import Milestone

pytestmark = pytest.mark.django_db


@pytest.fixture
def rma() -> ReturnAuthorization:
    order = eu_order()
    on_its_page(order)
    return order.returns.get()


def due(rma: ReturnAuthorization):
    row = Promise.objects.open().filter(authorization=rma, kind=PromiseKind.REFUND).first()
    return row and row.due_at


def test_before_it_is_posted_the_money_is_not_promised(rma):
    tasks.follow_withdrawals()
    assert due(rma) is None
    assert not rma.may_be_paid_on_proof
    with pytest.raises(IllegalTransition):
        rma.pay_on_proof(by=DESK)


def test_the_number_of_the_parcel_is_proof_and_the_money_is_due_within_fourteen_days(rma):
    posted(rma)
    tasks.follow_withdrawals()
    declared_at = rma.withdrawal.received_at
    assert due(rma) == rma.money_by
    assert timedelta(days=10) < rma.money_by - declared_at <= timedelta(days=15)


def test_a_photo_of_the_receipt_is_proof(rma):
    Photo.objects.create(
        authorization=rma,
        kind=PhotoKind.WAYBILL,
        file="x",
        thumbnail="y",
        sha256="0" * 64,
        width=1,
        height=1,
        taken_by="buyer",
    )
    tasks.follow_withdrawals()
    assert due(rma) == rma.money_by


def test_a_word_without_a_number_is_none(rma):
    rma.say_posted(by=BUYER)
    tasks.follow_withdrawals()
    assert due(again(rma)) is None


def test_where_the_hour_is_over_it_comes_soon_after_the_proof(rma):
    past = timezone.now() - timedelta(days=1)
    ReturnAuthorization.objects.filter(pk=rma.pk).update(money_by=past)
    posted(again(rma))
    tasks.follow_withdrawals()
    assert timedelta(0) < due(rma) - timezone.now() < timedelta(days=7)


def test_the_desk_sends_it_before_anybody_has_looked_into_the_parcel(rma):
    parcel = posted(rma)
    tasks.follow_withdrawals()
    row = again(rma).pay_on_proof(by=DESK)
    assert (row.kind, row.amount, row.goods, row.postage) == (
        ResolutionKind.REFUND,
        Decimal("74.00"),
        Decimal("68.00"),
        Decimal("6.00"),
    )
    assert row.method == PaymentMethod.ORIGINAL and row.difference == 0
    assert due(rma) == rma.money_by
    row.record_sent(by=DESK)
    assert due(rma) is None
    with pytest.raises(IllegalTransition):
        again(rma).pay_on_proof(by=DESK)
    # Then the goods come, and nothing is given twice.
    scan(parcel, Milestone.DELIVERED)
    rma = inspected(opened(again(rma)))
    again(rma).resolve([], by=DESK)
    assert again(rma).status == Status.CLOSED
    assert again(rma).resolutions.count() == 1


def test_once_it_is_decided_in_the_usual_way_nothing_is_promised_besides(rma):
    parcel = posted(rma)
    tasks.follow_withdrawals()
    scan(parcel, Milestone.DELIVERED)
    rma = inspected(opened(again(rma)))
    again(rma).resolve([Award(ResolutionKind.NONE, words="It was another shirt.")], by=DESK)
    tasks.follow_withdrawals()
    assert due(rma) is None
    assert not Promise.objects.open().filter(authorization=rma).exists()


def test_the_legal_hour_is_not_put_off_by_a_later_decision(rma):
    parcel = posted(rma)
    soon = timezone.now() + timedelta(hours=5)
    ReturnAuthorization.objects.filter(pk=rma.pk).update(money_by=soon)
    scan(parcel, Milestone.DELIVERED)
    rma = inspected(opened(again(rma)))
    again(rma).resolve([Award(ResolutionKind.REFUND, Decimal("74.00"))], by=DESK)
    assert due(rma) == soon


@pytest.mark.parametrize(
    "award",
    [
        Award(ResolutionKind.REFUND, Decimal(5), method=PaymentMethod.TRANSFER),
        Award(ResolutionKind.STORE_CREDIT, Decimal(5)),
        Award(ResolutionKind.PART_REFUND, Decimal(5), method=PaymentMethod.PAYPAL),
    ],
)
def test_money_goes_only_back_the_way_it_came(rma, award):
    parcel = posted(rma)
    scan(parcel, Milestone.DELIVERED)
    rma = inspected(opened(again(rma)))
    with pytest.raises(ValueError, match="the way it came"):
        again(rma).resolve([award], by=DESK)
    assert not again(rma).resolutions.exists()


def test_a_voucher_may_come_besides(rma):
    parcel = posted(rma)
    scan(parcel, Milestone.DELIVERED)
    rma = inspected(opened(again(rma)))
    again(rma).resolve(
        [
            Award(ResolutionKind.REFUND, Decimal("74.00")),
            Award(ResolutionKind.VOUCHER, Decimal(5)),
        ],
        by=DESK,
    )
    assert again(rma).resolutions.count() == 2


def test_case_36_what_the_shop_refunded_itself_is_not_promised_again():
    order = eu_order()
    Order.objects.filter(pk=order.pk).update(refunded_total=Decimal("74.00"))
    order = Order.objects.get(pk=order.pk)
    on_its_page(order)
    assert order.returns.get().estimated_total == 0


def test_after_its_time_it_stands_and_comes_to_life_with_the_same_money(rma):
    late = rma.post_by + timedelta(days=1)
    rma.remind(by=BUYER, now=rma.remind_at)
    rma = again(rma)
    rma.expire(by=BUYER, now=late)
    rma = again(rma)
    assert rma.status == Status.EXPIRED and rma.kind == Kind.WITHDRAWAL
    rma.extend(late + timedelta(days=10), by=DESK, now=late)
    rma = again(rma)
    assert (rma.status, rma.estimated_total) == (Status.APPROVED, Decimal("74.00"))
    assert rma.estimated_fee == 0


def test_goods_that_come_after_their_time_are_taken_and_paid(rma):
    rma.remind(by=BUYER, now=rma.remind_at)
    again(rma).expire(by=BUYER, now=rma.post_by + timedelta(days=1))
    parcel = posted(again(rma))
    scan(parcel, Milestone.DELIVERED)
    rma = inspected(opened(again(rma)))
    again(rma).resolve([Award(ResolutionKind.REFUND, Decimal("68.00"))], by=DESK)
    assert again(rma).resolutions.get().amount == Decimal("68.00")


def test_a_return_without_a_withdrawal_is_not_touched():
    order = people.place_order(people.open_store("plain"), "X-1")
    rma = people.ask_to_return(order)
    posted(rma)
    tasks.follow_withdrawals()
    assert due(rma) is None
