"""Cases in which other shops' return systems went wrong and that no other file is about; their
numbers are those of the list that all such tests are named by."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from returns import letters
from returns.codes import Disposition, Reason
from returns.letters.journeys import HAS_ANOTHER_NUMBER
from returns.models import (
    BUYER,
    Notice,
    NoticeKind,
    Order,
    OrderLine,
    ReasonPolicy,
    ReturnAuthorization,
    Wanted,
)
from returns.models.notice import What
from returns.texts import REASONS
from tests.people import ask_to_return, open_store, place_order
from tests.post_office import send_due
from tests.returns.returning import DESK, inspected, opened, posted, returned
from tests.returns.test_address_changes import BATH
from tests.returns.test_import_orders import newer, told
from tracking.gateways import Aim
from tracking.milestones import Milestone

pytestmark = pytest.mark.django_db


@pytest.fixture
def store():
    return open_store(policy={"automatic_up_to": Decimal(500)})


def test_case_28_the_parts_of_a_kit_share_its_price_and_give_back_no_cent_more(store):
    """A shop sells three things as one kit for 50.00, as three lines with their discounts."""
    order = place_order(
        store,
        lines=(
            ("Pot", "30.00", 1, {"discount": Decimal("5.00")}),
            ("Lid", "20.00", 1, {"discount": Decimal("3.33")}),
            ("Spoon", "10.00", 1, {"discount": Decimal("1.67")}),
        ),
        postage_total=Decimal(0),
        paid_total=Decimal("50.00"),
    )
    pot, lid, spoon = order.lines.all()
    given = [
        order.request_return([Wanted(line.pk, 1, Reason.FIT)], by=BUYER, key=line.title)
        for line in (spoon, pot, lid)
    ]
    assert [rma.estimated_total for rma in given] == [
        Decimal("8.33"),
        Decimal("25.00"),
        Decimal("16.67"),
    ]
    assert sum(rma.estimated_total for rma in given) == order.paid_total


def test_case_28_a_kit_that_is_one_line_comes_back_whole(store):
    order = place_order(store, lines=(("Kit of three", "50.00", 1),))
    rma = returned(order, 1)
    assert rma.lines.get().requested == 1 and rma.value == Decimal(50)
    assert order.with_goods().lines.get().returnable == 0


def test_case_46_what_came_back_damaged_is_written_off_and_not_stocked(store):
    rma = returned(place_order(store), 1)
    posted(rma)
    inspected(opened(rma, 1), 1, disposition=Disposition.DESTROY)
    row = rma.lines.get()
    assert (row.accepted, row.disposition) == (1, Disposition.DESTROY)
    assert Disposition.RESTOCK not in (row.disposition, row.rejected_to)


def test_case_47_goods_go_to_another_place_also_when_the_shop_no_longer_knows_them(store):
    order = place_order(store, lines=(("Cup", "10.00", 1, {"sku": "CUP-1"}),))
    rma = returned(order, 1)
    OrderLine.objects.update(sku="")  # the product was deleted, or nobody counts it
    inspected(opened(rma, 1), 1, disposition=Disposition.TRANSFER)
    assert rma.lines.get().disposition == Disposition.TRANSFER
    assert rma.settlement().total == Decimal(10)


def test_case_69_a_reason_that_is_no_longer_offered_keeps_its_words_on_what_was_asked(store):
    rma = ask_to_return(place_order(store), reason=Reason.FIT)
    ReasonPolicy.objects.create(policy=store.policy, reason=Reason.FIT, offered=False)
    row = ReturnAuthorization.objects.get(pk=rma.pk).lines.get()
    assert row.reason == Reason.FIT and str(REASONS[row.reason].label)
    later = place_order(store, "JP-2")
    assert Reason.FIT not in later.lines.get().rules.reasons


def test_case_73_a_number_that_was_corrected_after_the_letter_is_told_anew(store):
    [sent] = told().fulfilments
    wrong = replace(sent, shipped_at=timezone.now() - timedelta(hours=1))
    right = replace(wrong, numbers=("GLS2",))
    Order.objects.take_in(store, told(fulfilments=()))
    Order.objects.take_in(store, newer(told(), fulfilments=(wrong,)))
    send_due(timezone.now() + timedelta(minutes=1))
    for _ in range(2):  # the shop may tell it twice
        Order.objects.take_in(store, newer(newer(told(fulfilments=(right,)))))
    _, second = Notice.objects.filter(kind=NoticeKind.ORDER_NEWS).order_by("pk")
    letter = letters.write(second)
    assert "GLS2" in letter.text and "GLS1" not in letter.text
    assert str(HAS_ANOTHER_NUMBER) in " ".join(letter.text.split())
    assert [piece.what for piece in second.news.all()] == [What.NUMBER]


def test_case_83_another_address_for_one_order_leaves_the_buyers_other_orders_alone(store):
    one = place_order(store, "JP-1", shipped=False)
    other = place_order(store, "JP-2", shipped=False)
    one.change_address(Aim.REDIRECT, after=BATH, agreed_fee=Decimal(0), by=BUYER, key="form")
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.city, other.city) == ("Bath", "Bristol")
    assert not other.address_changes.exists()


def test_case_42_a_thing_of_another_order_in_the_parcel_is_not_booked_on_this_one(store):
    mine, other = place_order(store, "JP-1"), place_order(store, "JP-2")
    rma = returned(mine, 1)
    opened(rma, 1, others=[("Linen shirt of JP-2", 1)])
    assert rma.lines.get().received == 1
    assert rma.surplus.get().quantity == 1
    assert other.with_goods().lines.get().returnable == 1


def test_case_20_what_expired_may_be_asked_for_again(store):
    order = place_order(store)
    rma = returned(order, 1)
    now = timezone.now()
    rma.remind(by=DESK, now=now)
    rma.expire(by=DESK, now=now + timedelta(days=40))
    assert order.with_goods().lines.get().returnable == 1
    assert returned(order, 1, key="again") != rma


def test_case_36_a_parcel_that_came_back_to_us_is_no_return_of_the_buyers(store):
    order = place_order(store, delivered=False)
    parcel = order.shipments.get().parcel
    from tests.returns.returning import scan

    scan(parcel, Milestone.RETURNING)
    line = order.with_goods().lines.get()
    assert line.is_coming_back
    assert not order.returns.exists()
