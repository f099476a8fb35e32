"""What was chosen is sold out before it was sent: another kind of it, or the money."""

import pytest

from returns.ledger import Refused
from returns.models import BUYER, Award, Notice, Order, Promise, ReturnAuthorization, Variant
from returns.states import IllegalTransition, ResolutionState, Status
from tests.people import place_order
from tests.returns.exchanges import SHIRT, exchanged, goods_of, kinds, regular, same
from tests.returns.returning import DESK, inspected, opened


@pytest.fixture
def order(store) -> Order:
    regular(store)
    kinds(store, ("SHIRT-C", "Cotton", "34.00"))
    return place_order(store, lines=SHIRT)


@pytest.fixture
def decided(order) -> ReturnAuthorization:
    """The old shirt is here, and the new one is to be sent."""
    rma = exchanged(order)
    rma.approve(by=DESK)
    rma = inspected(opened(same(rma)))
    rma.resolve([Award("exchange")], by=DESK)
    return same(rma)


def asked(rma: ReturnAuthorization) -> ReturnAuthorization:
    rma.ask_to_choose_again(by=DESK)
    return same(rma)


def line(rma: ReturnAuthorization) -> int:
    return rma.lines.get().line_id


def promised(rma) -> list[str]:
    mine = Promise.objects.open().filter(authorization=rma)
    return sorted(mine.values_list("kind", flat=True))


def test_case_58_the_buyer_is_asked_and_nobody_else_can_choose_it(decided):
    rma = asked(decided)
    assert rma.variant_gone_at
    assert goods_of(rma).state == ResolutionState.FAILED
    assert promised(rma) == []
    assert Notice.objects.filter(authorization=rma, kind="variant_gone").count() == 1
    assert not Variant.objects.get(sku="SHIRT-L").available
    with pytest.raises(IllegalTransition):
        rma.ask_to_choose_again(by=DESK)
    with pytest.raises(IllegalTransition):
        goods_of(rma).ship("RB987654326GB", "royal-mail", by=DESK)


def test_case_58_another_kind_is_sent_instead(decided):
    rma = asked(decided)
    rma.choose_again({line(rma): "SHIRT-C"}, by=BUYER)
    rma = same(rma)
    assert (rma.variant_gone_at, rma.lines.get().variant["sku"]) == (None, "SHIRT-C")
    assert goods_of(rma).state == ResolutionState.PENDING
    assert promised(rma) == ["goods"]
    goods_of(rma).ship("RB987654326GB", "royal-mail", by=DESK)
    assert same(rma).status == Status.CLOSED


@pytest.mark.parametrize("sku", ["SHIRT-L", "SHIRT-XXL", ""])
def test_case_58_what_is_not_there_cannot_be_chosen_again(decided, sku):
    rma = asked(decided)
    with pytest.raises(Refused):
        rma.choose_again({line(rma): sku}, by=BUYER)
    rma = same(rma)
    assert rma.variant_gone_at
    assert rma.lines.get().variant["sku"] == "SHIRT-L"


def test_nothing_chosen_is_not_enough(decided):
    rma = asked(decided)
    with pytest.raises(Refused):
        rma.choose_again({}, by=BUYER)


def test_case_58_the_money_goes_at_once_when_the_goods_are_dealt_with(order, decided):
    rma = asked(decided)
    rma.take_money(by=BUYER)
    rma = same(rma)
    assert (rma.wish, rma.variant_gone_at, rma.lines.get().variant) == ("refund", None, {})
    [row] = rma.resolutions.live()
    assert (row.kind, row.amount) == ("refund", 68)
    assert promised(rma) == ["refund"]
    assert order.with_goods().refundable() == 6
    with pytest.raises(IllegalTransition):
        rma.take_money(by=BUYER)


def test_case_58_the_money_of_goods_that_are_not_back_is_estimated(order):
    rma = exchanged(order, ahead=True)
    rma.approve(by=DESK)
    rma = asked(same(rma))
    rma.take_money(by=BUYER)
    rma = same(rma)
    assert (rma.status, rma.ahead_at, rma.estimated_total) == (Status.APPROVED, None, 68)
    assert not rma.resolutions.live().exists()
    assert order.with_goods().refundable() == 6
    rma = inspected(opened(rma))
    assert rma.settlement().total == 68


def test_before_it_is_decided_the_buyer_may_be_asked_as_well(order):
    rma = asked(exchanged(order))
    rma.choose_again({line(rma): "SHIRT-C"}, by=BUYER)
    assert same(rma).status == Status.REQUESTED
    rma.approve(by=DESK)
    assert same(rma).status == Status.APPROVED


def test_the_same_again_becomes_another_kind(order):
    rma = exchanged(order, "", wish="replacement")
    rma.approve(by=DESK)
    rma = inspected(opened(same(rma)))
    rma.resolve([Award("replacement")], by=DESK)
    rma = asked(same(rma))
    assert not Variant.objects.get(sku="SHIRT-M").available
    rma.choose_again({line(rma): "SHIRT-L"}, by=BUYER)
    rma = same(rma)
    assert (rma.wish, goods_of(rma).kind) == ("exchange", "exchange")


def test_what_has_left_is_not_asked_about(decided):
    goods_of(decided).ship("RB987654326GB", "royal-mail", by=DESK)
    with pytest.raises(IllegalTransition):
        same(decided).ask_to_choose_again(by=DESK)


def test_nobody_is_asked_who_wanted_money(order):
    rma = exchanged(order, "", wish="refund")
    with pytest.raises(IllegalTransition):
        rma.ask_to_choose_again(by=DESK)
