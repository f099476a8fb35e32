"""What the buyer gets: amounts that add up, never above what was paid, each sent once."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from returns.codes import Reason
from returns.models import (
    Award,
    Event,
    Notice,
    Order,
    OrderLine,
    Promise,
    Resolution,
    ReturnAuthorization,
    TooMuch,
)
from returns.sources import OrderData
from returns.states import IllegalTransition, Status
from tests.people import open_store, place_order
from tests.returns.returning import DESK, inspected, opened, returned


@pytest.fixture
def order(store):
    return place_order(store, lines=(("Cup", "10.00", 3), ("Jug", "20.00", 1)))


@pytest.fixture
def rma(order):
    """Two cups and the jug, all here and as new."""
    return inspected(opened(returned(order, 2, 1)))


def refund(rma, amount=None, **values) -> Resolution:
    total = rma.settlement().total if amount is None else Decimal(amount)
    [made] = rma.resolve([Award("refund", total, **values)], by=DESK)
    return made


def fresh(order) -> Order:
    return order.with_goods()


def open_promises(rma) -> list[str]:
    return sorted(Promise.objects.open().filter(authorization=rma).values_list("kind", flat=True))


def told(rma, kind) -> int:
    return Notice.objects.filter(authorization=rma, kind=kind).count()


def test_all_that_was_accepted_is_worth_what_was_paid_for_it(rma):
    settlement = rma.settlement()
    assert (settlement.goods, settlement.fee, settlement.total) == (40, 0, 40)


def test_a_refund_is_decided_promised_sent_told_and_closed(rma):
    made = refund(rma)
    assert rma.status == Status.RESOLVED
    assert (made.state, made.amount) == ("pending", 40)
    assert open_promises(rma) == ["refund"]
    assert told(rma, "return_resolved") == 1
    made.record_sent(by=DESK, reference="re_1", method="card")
    rma.refresh_from_db()
    assert rma.status == Status.CLOSED
    assert open_promises(rma) == []
    assert told(rma, "return_settled") == 1
    made.refresh_from_db()
    assert (made.state, made.reference, made.method) == ("succeeded", "re_1", "card")


def test_case_52_money_is_not_recorded_as_sent_twice(rma):
    made = refund(rma)
    stale = Resolution.objects.get(pk=made.pk)
    made.record_sent(by=DESK)
    for again in (made, stale):
        with pytest.raises(IllegalTransition):
            again.record_sent(by=DESK)
    assert told(rma, "return_settled") == 1


def test_case_53_what_failed_is_seen_told_to_nobody_and_tried_again(rma):
    made = refund(rma)
    made.record_failed("The card is closed.", by=DESK)
    assert list(Resolution.objects.to_send()) == [made]
    assert told(rma, "return_settled") == 0
    assert open_promises(rma) == ["refund"]
    with pytest.raises(IllegalTransition):
        made.record_sent(by=DESK)
    made.try_again()
    made.record_sent(by=DESK)
    rma.refresh_from_db()
    assert rma.status == Status.CLOSED


def test_only_what_was_accepted_is_paid_and_what_goes_back_is_the_buyers_again(order):
    rma = inspected(opened(returned(order, 2, 1)), 1, 1, rejected_to="return_to_customer")
    assert rma.settlement().total == 30
    refund(rma)
    # Still here: nobody can send back what they do not have.
    assert [line.returnable for line in fresh(order).lines.all()] == [1, 0]
    assert rma.owes_goods
    rma.send_back(by=DESK)
    assert [line.returnable for line in fresh(order).lines.all()] == [2, 0]
    assert not rma.owes_goods
    with pytest.raises(IllegalTransition):
        rma.send_back(by=DESK)


def test_what_we_keep_without_paying_for_it_cannot_be_sent_back_again(order):
    rma = inspected(opened(returned(order, 2, 1)), 1, 1, rejected_to="destroy")
    refund(rma)
    assert [line.returnable for line in fresh(order).lines.all()] == [1, 0]


def test_case_43_what_did_not_come_is_not_paid_and_is_the_buyers_still(order):
    rma = inspected(opened(returned(order, 2, 1), 1, 1))
    assert rma.settlement().total == 30
    refund(rma)
    assert [line.returnable for line in fresh(order).lines.all()] == [2, 0]
    assert fresh(order).refundable() == 56 - 30


def test_what_did_not_come_may_be_made_good_all_the_same(order):
    rma = inspected(opened(returned(order, 2, 1), 1, 1))
    cup = rma.lines.first()
    waived = {cup.pk: 1}
    total = rma.settlement(waived).total
    assert total == 40
    rma.resolve([Award("refund", total)], by=DESK, waived=waived)
    assert [line.returnable for line in fresh(order).lines.all()] == [1, 0]


@pytest.mark.parametrize("units", [-1, 2])
def test_no_more_is_made_good_than_did_not_come(order, units):
    rma = inspected(opened(returned(order, 2, 1), 1, 1))
    with pytest.raises(ValueError):
        rma.resolve([Award("refund", Decimal(1))], by=DESK, waived={rma.lines.first().pk: units})
    rma.refresh_from_db()
    assert rma.status == Status.INSPECTED
    assert not Resolution.objects.exists()


def test_the_fee_is_taken_off_and_the_amount_adds_up(db):
    store = open_store(policy={"fee": 5})
    rma = inspected(opened(returned(place_order(store))))
    made = refund(rma)
    assert (made.goods, made.fee, made.difference, made.amount) == (68, 5, 0, 63)


def test_case_50_the_postage_goes_back_only_with_the_whole_order(db):
    store = open_store(policy={"returns_postage": True})
    order = place_order(store, lines=(("Cup", "10.00", 2),))
    whole = returned(order, 2, reason=Reason.FAULTY)
    assert whole.estimated_postage == 6
    inspected(opened(whole, 1))
    assert whole.settlement().postage == 0
    made = refund(whole)
    assert made.amount == 10
    # The other cup comes after all: with it the whole order is back.
    rest = returned(order, 1, reason=Reason.FAULTY)
    assert rest.estimated_postage == 6


def test_the_desk_may_give_less_or_more_and_the_difference_is_told(rma):
    made = refund(rma, "25.00", words="One cup has been used.")
    assert (made.goods, made.difference, made.amount) == (40, -15, 25)


@pytest.mark.parametrize("amount", ["56.01", "1000"])
def test_case_54_never_more_than_was_paid(rma, amount):
    with pytest.raises(TooMuch) as refused:
        refund(rma, amount)
    assert refused.value.most == 56
    rma.refresh_from_db()
    assert rma.status == Status.INSPECTED
    assert not Resolution.objects.exists()


def test_two_awards_together_are_not_more_than_was_paid(rma):
    with pytest.raises(TooMuch):
        rma.resolve(
            [Award("refund", Decimal(40)), Award("store_credit", Decimal("16.01"))], by=DESK
        )
    rma.refresh_from_db()
    rma.resolve([Award("refund", Decimal(40)), Award("store_credit", Decimal(16))], by=DESK)
    assert open_promises(rma) == ["credit", "refund"]


def test_several_resolutions_close_the_return_with_the_last(rma):
    money, cup = rma.resolve([Award("part_refund", Decimal(10)), Award("replacement")], by=DESK)
    money.record_sent(by=DESK)
    rma.refresh_from_db()
    assert (rma.status, open_promises(rma)) == (Status.RESOLVED, ["goods"])
    cup.record_sent(by=DESK)
    rma.refresh_from_db()
    assert rma.status == Status.CLOSED


def test_what_other_returns_were_promised_is_not_given_twice(order):
    one = inspected(opened(returned(order, 3)))
    other = returned(order, 0, 1)
    assert other.estimated_total == 20
    with pytest.raises(TooMuch) as refused:
        refund(one, "36.01")
    assert refused.value.most == 36


def test_nothing_is_an_answer_too_and_closes_the_return(order):
    rma = inspected(opened(returned(order, 2, 1), 0, 0))
    rma.resolve([Award("none", words="The parcel was empty.")], by=DESK)
    rma.refresh_from_db()
    assert rma.status == Status.CLOSED
    assert open_promises(rma) == []
    assert told(rma, "return_resolved") == 1


@pytest.mark.parametrize(
    "award",
    [
        Award("refund"),
        Award("refund", Decimal("-1")),
        Award("exchange", Decimal(1)),
        Award("none", Decimal(1)),
        Award("refund", Decimal("1.005")),
    ],
)
def test_an_award_that_makes_no_sense_writes_nothing(rma, award):
    with pytest.raises(ValueError):
        rma.resolve([award], by=DESK)
    rma.refresh_from_db()
    assert rma.status == Status.INSPECTED
    assert not Resolution.objects.exists()


def test_yen_have_no_decimals(db):
    store = open_store(currency="JPY", policy={"automatic_up_to": 100_000})
    order = place_order(store, lines=(("Cup", "1000", 3),), postage_total=0, paid_total=1000)
    OrderLine.objects.update(discount=2000)
    rma = inspected(opened(returned(order, 1)))
    assert rma.settlement().total == 333
    with pytest.raises(ValueError):
        refund(rma, "333.5")


def shop_tells(order, refunded: str) -> None:
    """The shop sends the order again, with what it has refunded by now."""
    told = OrderData(
        source=order.source,
        source_id=order.source_id,
        number=order.number,
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        version=None,
        currency=order.currency,
        email=order.email,
        name=order.name,
        country=order.country,
        postage=order.postage_total,
        paid=order.paid_total,
        refunded=Decimal(refunded),
        lines=None,
        fulfilments=None,
    )
    Order.objects.take_in(order.store, told)


def test_a_refund_that_the_shop_reports_afterwards_is_counted_once(rma, order):
    made = refund(rma)
    made.record_sent(by=DESK)
    assert fresh(order).refundable() == 16
    shop_tells(order, "40.00")
    made.refresh_from_db()
    assert made.in_shop
    assert fresh(order).refundable() == 16


def test_case_52_the_webhook_before_the_answer_is_counted_once_when_the_desk_says_so(rma, order):
    made = refund(rma)
    shop_tells(order, "40.00")
    made.refresh_from_db()
    assert not made.in_shop  # it may have been for something else
    assert fresh(order).refundable() == 0
    made.record_sent(by=DESK, in_shop=True)
    assert fresh(order).refundable() == 16


def test_no_more_is_said_to_be_the_shops_than_the_shop_reported(rma, order):
    made = refund(rma)
    shop_tells(order, "39.99")
    with pytest.raises(TooMuch):
        made.record_sent(by=DESK, in_shop=True)
    made = Resolution.objects.get(pk=made.pk)
    assert (made.state, made.in_shop) == ("pending", False)


def test_a_refund_of_the_shop_does_not_hide_money_that_goes_out_another_way(order):
    """Paid 56: 20 by bank transfer, 20 in the shop for something else, so 16 are left."""
    one = inspected(opened(returned(order, 2)))
    [made] = one.resolve([Award("refund", Decimal(20), method="transfer")], by=DESK)
    made.record_sent(by=DESK)
    shop_tells(order, "20.00")
    two = inspected(opened(returned(ReturnAuthorization.objects.get().order, 0, 1)))
    assert two.settlement().cap == 16
    with pytest.raises(TooMuch):
        refund(two, "20.00")


def test_what_was_refunded_in_the_shop_before_is_written_down_as_such(rma, order):
    shop_tells(order, "40.00")
    rma = ReturnAuthorization.objects.get(pk=rma.pk)
    with pytest.raises(TooMuch):
        refund(rma, "40.00")
    with pytest.raises(TooMuch):
        refund(rma, "40.01", in_shop=True)
    refund(rma, "40.00", in_shop=True)
    assert fresh(order).refundable() == 16


def test_another_amount_in_the_shop_makes_too_little_left_and_never_too_much(rma, order):
    refund(rma)
    shop_tells(order, "25.00")
    assert fresh(order).refundable() == 0


def test_goods_that_stay_with_the_buyer_leave_a_resolution_as_well(db):
    store = open_store(policy={"keep_below": 100, "automatic_up_to": None})
    order = place_order(store)
    rma = returned(order, reason=Reason.FAULTY)
    rma.approve(by=DESK)
    rma.put_right(by=DESK)
    made = rma.resolutions.get()
    assert (made.kind, made.state, made.amount) == ("refund", "succeeded", 68)
    assert fresh(order).refundable() == 6


def test_what_was_given_back_meanwhile_is_not_given_for_kept_goods_as_well(db):
    store = open_store(policy={"keep_below": 100, "automatic_up_to": None})
    order = place_order(store, lines=(("Cup", "34.00", 2),))
    rma = returned(order, 1, reason=Reason.FAULTY)
    rma.approve(by=DESK)
    Order.objects.update(refunded_total=order.paid_total)
    rma = ReturnAuthorization.objects.get()
    rma.put_right(by=DESK)  # the shop has sent it, and says so
    assert rma.resolutions.get().in_shop


def test_kept_goods_are_not_paid_for_out_of_nothing(db):
    store = open_store(policy={"keep_below": 100, "automatic_up_to": None})
    order = place_order(store)
    rma = returned(order, reason=Reason.FAULTY)
    rma.approve(by=DESK)
    Order.objects.update(paid_total=10)
    rma = ReturnAuthorization.objects.get()
    with pytest.raises(TooMuch):
        rma.put_right(by=DESK)
    rma.refresh_from_db()
    assert rma.status == Status.APPROVED
    assert not Resolution.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"amount": Decimal(-1), "difference": Decimal(-1)},
        {"amount": Decimal(5)},
        {"kind": "exchange", "amount": Decimal(5), "goods": Decimal(5)},
        {"kind": "refund"},
        {"amount": Decimal(5), "goods": Decimal(5), "state": "succeeded"},
    ],
)
def test_the_database_itself_refuses_what_cannot_be(rma, values):
    row = {"authorization": rma, "kind": "refund"} | values
    with pytest.raises(IntegrityError), transaction.atomic():
        Resolution.objects.create(**row)


def test_every_step_is_on_the_record(rma):
    refund(rma).record_sent(by=DESK)
    kinds = list(
        Event.objects.filter(authorization=rma).order_by("pk").values_list("kind", flat=True)
    )
    assert kinds[-4:] == [
        "return_received",
        "return_inspected",
        "return_resolved",
        "resolution_done",
    ]
