"""Money that came back to us: told, owed again, and nothing of the goods is lost by it."""

import re
from decimal import Decimal

import pytest

from returns import letters
from returns.codes import Reason
from returns.models import (
    Award,
    Event,
    EventKind,
    Notice,
    NoticeKind,
    Order,
    Promise,
    Resolution,
    ReturnAuthorization,
    ShopRefund,
)
from returns.sources import RefundState
from returns.states import IllegalTransition, Status
from tests.people import open_store, place_order
from tests.returns.refunds_asked import (
    again,
    came_back,
    decide,
    shop_tells,
    told,
)
from tests.returns.returning import DESK, inspected, opened, returned

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(db):
    return open_store()


@pytest.fixture
def order(store) -> Order:
    return place_order(store, lines=(("Cup", "10.00", 3), ("Jug", "20.00", 1)))


@pytest.fixture
def rma(order) -> ReturnAuthorization:
    return came_back(order)


def fresh(rma) -> ReturnAuthorization:
    return ReturnAuthorization.objects.get(pk=rma.pk)


def sent(rma, amount: str = "40.00", **values) -> Resolution:
    row = decide(rma, amount, **values)
    row.record_sent(by=DESK, reference="re_1")
    return again(row)


def held(order) -> list[int]:
    return [line.held for line in order.with_goods().lines.all()]


def figures(rma) -> list[tuple[int, int, int, Decimal]]:
    return [(row.approved, row.waived, row.resolved, row.amount) for row in rma.lines.all()]


def promised(rma) -> list[str]:
    return sorted(Promise.objects.open().filter(authorization=rma).values_list("kind", flat=True))


# --- what was the worth of the goods ------------------------------------------------------------


def test_case_57_a_reversal_opens_what_was_dealt_with_and_it_is_decided_anew(order, rma):
    row = sent(rma)
    assert fresh(rma).status == Status.CLOSED
    before = held(order)
    row.reverse("The card was closed.", by=DESK)
    rma = fresh(rma)
    assert (again(row).state, rma.status, rma.resolved_at) == ("reversed", Status.INSPECTED, None)
    assert [line.resolved for line in rma.lines.all()] == [0, 0]
    assert held(order) == before == [2, 1]
    assert order.with_goods().refundable() == 16  # what the return promises, and no more
    assert rma.settlement().total == 40
    assert promised(rma) == ["inspection"]
    [made] = rma.resolve([Award("refund", Decimal(40), "transfer")], by=DESK)
    made.record_sent(by=DESK)
    assert fresh(rma).status == Status.CLOSED
    assert held(order) == before
    assert [line.resolved for line in fresh(rma).lines.all()] == [2, 1]


def test_case_57_units_that_were_the_buyers_again_stay_theirs(order):
    """One of two cups came; the buyer has asked to send the others since."""
    rma = inspected(opened(returned(order, 2), 1))
    row = sent(rma, "10.00")
    other = returned(Order.objects.get(pk=order.pk), 2)
    assert (held(order), other.value) == ([3, 0], Decimal(20))
    row.reverse(by=DESK)
    assert held(order) == [3, 0]
    assert figures(fresh(rma)) == [(1, 0, 0, Decimal(10))]
    assert fresh(rma).settlement().total == 10


def test_case_57_what_was_made_good_without_having_come_can_be_again(order):
    rma = inspected(opened(returned(order, 2, 1), 1, 1))
    cup = rma.lines.first()
    [row] = rma.resolve([Award("refund", Decimal(40))], by=DESK, waived={cup.pk: 1})
    row.record_sent(by=DESK)
    row.reverse(by=DESK)
    rma = fresh(rma)
    assert held(order) == [2, 1]
    assert rma.lines.first().missing == 1
    assert rma.settlement({cup.pk: 1}).total == 40
    rma.resolve([Award("refund", Decimal(40))], by=DESK, waived={cup.pk: 1})
    assert held(order) == [2, 1]


def test_what_was_refused_and_kept_is_worth_the_same_the_second_time(store):
    """Three cups for 10.00: each is 3.33, the last 3.34; one of them was not taken."""
    order = place_order(
        store, lines=(("Cup", "3.34", 3, {"discount": Decimal("0.02")}),), postage_total=0
    )
    rma = inspected(opened(returned(order, 3)), 2, rejected_to="return_to_customer")
    first = rma.settlement().total
    row = sent(rma, f"{first}", kind="part_refund")
    fresh(rma).send_back(by=DESK)
    row.reverse(by=DESK)
    rma = fresh(rma)
    assert rma.settlement().total == first
    assert held(order) == [2]
    rma.resolve([Award("part_refund", first)], by=DESK)
    assert held(order) == [2]


def test_a_second_reversal_finds_all_as_the_first_did(order, rma):
    for _ in range(3):
        row = sent(fresh(rma))
        row.reverse(by=DESK)
        assert figures(fresh(rma)) == [(2, 0, 0, Decimal(20)), (1, 0, 0, Decimal(20))]
    assert held(order) == [2, 1]


def test_goods_that_stay_with_the_buyer_are_put_right_once_more(db):
    store = open_store(policy={"keep_below": 100, "automatic_up_to": None})
    order = place_order(store, lines=(("Cup", "10.00", 1),))
    rma = returned(order, 1, reason=Reason.FAULTY)
    rma.approve(by=DESK)
    rma.put_right(by=DESK)
    row = rma.resolutions.get()
    before = held(order)
    row.reverse("It bounced.", by=DESK)
    rma = fresh(rma)
    assert (rma.status, promised(rma)) == (Status.APPROVED, ["refund"])
    assert figures(rma) == [(1, 1, 0, Decimal(10))]
    rma.put_right(by=DESK)
    assert (fresh(rma).status, held(order)) == (Status.CLOSED, before)
    assert [row.state for row in rma.resolutions.all()] == ["reversed", "succeeded"]


def test_the_postage_that_was_given_back_comes_with_it(db):
    store = open_store(policy={"returns_postage": True})
    order = place_order(store, lines=(("Cup", "10.00", 2),))
    rma = inspected(opened(returned(order, 2, reason=Reason.FAULTY)))
    row = sent(rma, "26.00")
    assert row.postage == 6
    row.reverse(by=DESK)
    rma = fresh(rma)
    assert (rma.settlement().postage, rma.settlement().total) == (6, 26)
    [made] = rma.resolve([Award("refund", Decimal(26))], by=DESK)
    assert (made.goods, made.postage, made.difference) == (20, 6, 0)


# --- what was given besides ---------------------------------------------------------------------


def test_what_was_given_besides_is_owed_again_and_the_decision_stands(order, rma):
    sent(rma)
    besides = fresh(rma).give_besides(Award("part_refund", Decimal(5), words="Sorry."), by=DESK)
    besides.record_sent(by=DESK)
    assert fresh(rma).status == Status.CLOSED
    again(besides).reverse(by=DESK)
    rma = fresh(rma)
    assert rma.status == Status.RESOLVED and rma.ended_at is None
    owed = rma.resolutions.get(state="pending")
    assert (owed.kind, owed.amount, owed.words) == ("part_refund", 5, "Sorry.")
    assert promised(rma) == ["refund"]
    assert [line.resolved for line in rma.lines.all()] == [2, 1]
    owed.record_sent(by=DESK, method="transfer")
    assert fresh(rma).status == Status.CLOSED


def test_it_is_not_asked_of_the_shop_again_by_itself(order, rma):
    from returns.models import ShopAccount

    ShopAccount.objects.create(store=order.store, shop="demo", refunds=True)
    besides = rma.give_besides(Award("part_refund", Decimal(5)), by=DESK)
    ShopRefund.objects.work()
    again(besides).reverse(by=DESK)
    owed = rma.resolutions.get(state="pending")
    assert owed.asked is None
    owed.record_failed("Later.", by=DESK)
    owed.try_again()
    assert again(owed).asked is not None


def test_what_came_back_while_the_return_is_still_on_its_way_does_not_move_it(order):
    rma = returned(order, 2)
    besides = rma.give_besides(Award("part_refund", Decimal(3)), by=DESK)
    besides.record_sent(by=DESK)
    again(besides).reverse(by=DESK)
    rma = fresh(rma)
    assert rma.status == Status.APPROVED
    assert rma.resolutions.get(state="pending").amount == 3


def test_goods_do_not_come_back_like_money(order):
    rma = came_back(order)
    [row] = rma.resolve([Award("replacement")], by=DESK)
    row.record_sent(by=DESK)
    with pytest.raises(IllegalTransition):
        again(row).reverse(by=DESK)


def test_what_was_not_sent_cannot_come_back(rma):
    row = decide(rma)
    with pytest.raises(IllegalTransition):
        row.reverse(by=DESK)
    assert not Notice.objects.filter(kind=NoticeKind.REFUND_REVERSED).exists()


# --- by the shop's word -------------------------------------------------------------------------


def test_case_57_a_refund_that_the_shop_says_failed_later_is_reversed(order, rma):
    row = sent(rma)
    row.reference = "9001"
    row.save()
    shop_tells(order, "40.00", told(row))
    assert again(row).in_shop
    shop_tells(order, "0.00", told(row, state=RefundState.FAILED))
    assert again(row).state == "reversed"
    assert fresh(rma).status == Status.INSPECTED
    event = Event.objects.get(kind=EventKind.REFUND_REVERSED)
    assert event.actor == "shop"
    assert Order.objects.get(pk=order.pk).with_goods().refundable() == 16
    shop_tells(order, "0.00", told(row, state=RefundState.FAILED))
    assert Event.objects.filter(kind=EventKind.REFUND_REVERSED).count() == 1


def test_an_earlier_try_that_failed_does_not_reverse_what_left_by_a_later_one(order, rma):
    row = sent(rma)
    Resolution.objects.update(reference="9002")
    shop_tells(order, "40.00", told(row, state=RefundState.FAILED), told(row, source_id="9002"))
    assert again(row).state == "succeeded"


def test_what_the_shop_still_counts_as_refunded_stands_for_what_is_sent_another_way(order, rma):
    """The bank told us, and the shop does not know: its figure is not given a second time."""
    sent(rma)
    besides = fresh(rma).give_besides(Award("part_refund", Decimal(5)), by=DESK)
    besides.record_sent(by=DESK)
    shop_tells(order, "45.00", told(besides), listed=True)
    assert again(besides).in_shop
    again(besides).reverse(by=DESK)
    owed = rma.resolutions.get(state="pending")
    assert owed.in_shop
    assert Order.objects.get(pk=order.pk).with_goods().refundable() == 11
    owed.record_sent(by=DESK, method="transfer")
    assert again(owed).state == "succeeded"


# --- told ---------------------------------------------------------------------------------------


def test_the_buyer_is_told_once_with_amount_reason_and_what_happens_next(order, rma):
    sent(rma).reverse("Your bank says that the card is closed.", by=DESK)
    notice = Notice.objects.get(kind=NoticeKind.REFUND_REVERSED)
    letter = letters.write(notice)
    text = " ".join(letter.text.split())
    assert letter.subject.startswith("40.00 USD came back to us: your return HW-")
    for words in (
        "The money that we sent you came back to us.",
        "We look at it again now, and write to you how you get it.",
        "To the way you paid: 40.00 USD",
        "Your bank says that the card is closed.",
        "Please never write card or account numbers in a mail.",
    ):
        assert words in text, words
    assert re.search(r"write to you what you get for it by|by \w+day", text)
    assert letters.is_still_true(notice)
    made = decide(fresh(rma))
    assert letters.is_still_true(notice)
    made.record_sent(by=DESK)
    assert not letters.is_still_true(Notice.objects.get(pk=notice.pk))


def test_of_what_is_only_sent_another_way_the_letter_says_that(rma):
    besides = rma.give_besides(Award("part_refund", Decimal(5)), by=DESK)
    decide(rma)
    besides.record_sent(by=DESK)
    again(besides).reverse(by=DESK)
    letter = letters.write(Notice.objects.get(kind=NoticeKind.REFUND_REVERSED))
    assert "We send it another way." in " ".join(letter.text.split())


def test_a_letter_that_it_was_sent_does_not_leave_once_it_came_back(rma):
    row = sent(rma)
    notice = Notice.objects.get(kind=NoticeKind.RETURN_SETTLED)
    row.reverse(by=DESK)
    assert not letters.is_still_true(notice)


def test_a_return_that_goes_on_is_not_said_to_be_finished(order):
    rma = returned(order, 2)
    rma.give_besides(Award("part_refund", Decimal(3)), by=DESK).record_sent(by=DESK)
    letter = letters.write(Notice.objects.get(kind=NoticeKind.RETURN_SETTLED))
    assert "your return is finished" not in letter.text
