"""The desk and what was told as wrong: seen whole, granted, explained, offered, repaid."""

from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from returns.codes import Reason, Wish
from returns.models import (
    BUYER,
    RULE,
    Case,
    ClaimPolicy,
    Notice,
    Offer,
    Order,
    PostageClaim,
    ReturnAuthorization,
    ReturnPolicy,
)
from returns.queues import QUEUES
from returns.states import Status
from tests import people
from tests.portal.desk_work import LIST, at_desk, filled_in, page, read, send, url
from tests.portal.test_return_form import words
from tests.returns.returning import inspected, opened, posted, returned
from tests.returns.test_claims import claim, kinds, shop
from tests.returns.test_postage_repaid import jpeg
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.models import ScanReport

pytestmark = pytest.mark.django_db


@pytest.fixture
def store():
    return shop(voucher_percent=10)


@pytest.fixture
def cora(db):
    return at_desk("cora", "decide_return", "settle_return", "receive_return")


# --- A claim on its page ----------------------------------------------------------------------


def test_everything_that_was_told_stands_there(cora, order):
    rma = claim(
        order,
        note="It came torn.",
        answers={"box": "damaged"},
        video="https://video.example/1",
    )
    text = words(cora.get(page(rma)))
    for said in (
        "asks for: part refund (13.60 USD); nothing comes back; with a voucher of 6.80 USD",
        "What is wrong",
        "In the buyer’s words: It came torn.",
        "Was the box damaged as well? Damaged: dented, torn or wet",
        "video of the buyer",
    ):
        assert said in text, said


def test_a_yes_gives_the_money_and_the_voucher_with_one_press(cora, order):
    rma = claim(order)
    response = cora.post(url(rma, "approve"), follow=True)
    assert response.status_code == 200
    assert kinds(rma) == [("part_refund", Decimal("13.60")), ("voucher", Decimal("6.80"))]
    assert read(rma).decided_by.username == "cora"


def test_whoever_may_not_decide_about_money_cannot_say_yes_to_it(order):
    agent = at_desk("agent", "decide_return")
    rma = claim(order)
    assert agent.post(url(rma, "approve")).status_code == 404
    assert read(rma).status == Status.REQUESTED
    piece = claim(people.place_order(order.store, "JP-2"), wish=Wish.PIECE, reason="missing")
    agent.post(url(piece, "approve"))
    assert read(piece).status == Status.RESOLVED


def test_a_yes_to_money_that_is_gone_says_how_much_is_left(cora, order):
    rma = claim(order, wish=Wish.REFUND, reason="missing")
    Order.objects.filter(pk=order.pk).update(refunded_total=Decimal(60))
    text = words(cora.post(url(rma, "approve"), follow=True))
    assert "Only 14.00 USD is left of what was paid" in text
    assert read(rma).status == Status.REQUESTED
    cora.post(
        reverse(LIST), {"action": "approve_chosen", "_selected_action": [rma.pk]}, follow=True
    )
    assert read(rma).status == Status.REQUESTED


def test_a_no_to_a_claim_has_reasons_of_its_own_and_needs_words(cora, order):
    rma = claim(order)
    form = cora.get(url(rma, "decline")).context["form"]
    codes = [code for code, _label in form.fields["reason"].choices]
    assert codes == ["misuse", "out_of_warranty", "no_evidence", "not_ours", "other"]
    shown = send(cora, rma, "decline", reason="misuse")
    assert "Tell the buyer what you saw" in words(shown)
    send(cora, rma, "decline", reason="misuse", words="There are marks of a hammer.")
    assert read(rma).decline_words == "There are marks of a hammer."
    other = claim(people.place_order(order.store, "JP-2"))
    send(cora, other, "decline", reason="out_of_warranty")
    assert read(other).status == Status.DECLINED


def test_the_voucher_that_was_promised_is_filled_in_where_goods_came_back_first(cora, order):
    rma = claim(order, wish=Wish.REFUND)
    rma.approve(by=RULE)
    inspected(opened(rma))
    send(cora, rma, "settle")
    assert kinds(rma) == [("refund", Decimal(68)), ("voucher", Decimal("6.80"))]


# --- Offers -------------------------------------------------------------------------------------


def test_an_offer_in_place_of_what_was_asked_for_is_written_and_can_be_taken_back(cora, order):
    rma = claim(order, wish=Wish.REFUND)
    text = words(cora.get(url(rma, "offer")))
    assert "A yes is carried out at once" in text and "74.00 USD of what was paid is left" in text
    shown = send(cora, rma, "offer", wish="part_refund", amount="20", words="For the tear.")
    assert "offered. The buyer is told by email." in words(shown)
    made = Offer.objects.get()
    assert (made.amount, made.besides, made.user.username) == (20, False, "cora")
    assert Notice.objects.filter(kind="offer_made").count() == 1
    assert LogEntry.objects.filter(change_message="Make an offer.").count() == 1
    text = words(cora.get(page(rma)))
    assert "What we offered" in text and "“For the tear.”" in text
    assert not QUEUES["answer"].rows().filter(pk=rma.pk).exists()  # we wait for the buyer
    send(cora, rma, "take_back_offer")
    assert Offer.objects.get().state == "ended"
    assert QUEUES["answer"].rows().filter(pk=rma.pk).exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"wish": "part_refund", "amount": ""}, "amount"),
        ({"wish": "part_refund", "amount": "74.01"}, "amount"),
        ({"wish": "part_refund", "amount": "1.005"}, "amount"),
        ({"wish": "piece", "amount": "5"}, "amount"),
        ({"wish": "replacement", "how": "besides"}, "wish"),
        ({"wish": "part_refund", "amount": "5", "sends_back": "on"}, "sends_back"),
        ({"wish": "voucher", "amount": "5", "words": ""}, "words"),
        ({"wish": "voucher", "amount": "5", "days": "0"}, "days"),
        ({"wish": "voucher", "amount": "5", "days": "31"}, "days"),
        ({"wish": "a pony", "amount": "5"}, "wish"),
    ],
)
def test_what_cannot_be_offered_is_refused_beside_its_field(cora, order, changes, field):
    rma = claim(order, wish=Wish.REFUND)
    shown = send(cora, rma, "offer", **({"words": "For the tear."} | changes))
    assert shown.context["form"].errors[field]
    assert not Offer.objects.exists()


def test_the_same_form_sent_twice_is_one_offer(cora, order):
    rma = claim(order, wish=Wish.REFUND)
    values = filled_in(cora, url(rma, "offer"))
    values |= {"wish": "voucher", "amount": "5", "words": "Sorry."}
    for _ in range(2):
        cora.post(url(rma, "offer"), values)
    assert Offer.objects.count() == 1


def test_for_what_is_settled_something_can_only_be_given_besides(cora, order):
    rma = claim(order)
    rma.approve(by=RULE)
    form = cora.get(url(rma, "offer")).context["form"]
    assert "how" not in form.fields and "sends_back" not in form.fields
    send(cora, rma, "offer", wish="voucher", amount="5", words="Sorry.")
    Offer.objects.get().accept(by=BUYER)
    assert ("voucher", Decimal(5)) in kinds(rma)


def test_what_was_declined_is_offered_nothing(cora, order):
    rma = claim(order)
    rma.decline("other", "No.", by=RULE)
    assert cora.get(url(rma, "offer")).status_code == 302


def test_for_the_wait_something_is_offered_on_the_page_of_a_case(store):
    carer = at_desk("ieva", "view_case", "care_for_case")
    order, now = people.place_order(store, "JP-5", delivered=False), timezone.now()
    parcel = order.shipments.get().parcel
    parcel.record([ScanReport(now, Milestone.ATTEMPTED, incident=IncidentKind.ADDRESS)], now=now)
    Case.objects.follow()
    case = Case.objects.get()
    address = reverse("admin:returns_case_offer", args=[case.pk])
    text = words(carer.get(address))
    assert "Whatever is owed for the parcel itself stays owed." in text
    values = {
        "key": "form",
        "wish": "voucher",
        "amount": "5",
        "words": "It takes so long.",
        "days": "7",
    }
    shown = carer.post(address, values | {"wish": "part_refund", "amount": "500"})
    assert "is left of what was paid" in words(shown)
    carer.post(address, values)
    made = Offer.objects.get()
    assert (made.case, made.besides, made.authorization) == (case, True, None)
    made.accept(by=BUYER)
    assert kinds(ReturnAuthorization.objects.get()) == [("voucher", Decimal(5))]


# --- The postage ----------------------------------------------------------------------------------


@pytest.fixture
def receipt(order) -> PostageClaim:
    rma = returned(order, reason=Reason.FAULTY)
    posted(rma)
    return PostageClaim.objects.ask(rma, Decimal("9.40"), jpeg(), by=BUYER, key="form")


def test_a_receipt_waits_in_its_queue_and_is_repaid_by_one_press(cora, receipt):
    rma = receipt.authorization
    assert list(QUEUES["postage"].rows()) == [rma]
    assert url(rma, "postage", receipt) in cora.get(reverse(LIST) + "?work=postage").text
    shown = cora.get(url(rma, "postage", receipt))
    assert "The buyer says that it was 9.40 USD. Does the receipt say so?" in words(shown)
    assert receipt.photo.key.hex in shown.text.replace("-", "")
    send(cora, rma, "postage", receipt)
    assert kinds(rma) == [("postage", Decimal("9.40"))]
    assert not QUEUES["postage"].rows().exists()


def test_another_amount_or_none_needs_words(cora, receipt):
    rma = receipt.authorization
    shown = send(cora, rma, "postage", receipt, amount="8")
    assert shown.context["form"].errors["words"]
    shown = send(cora, rma, "postage", receipt, answer="decline")
    assert shown.context["form"].errors["words"]
    send(cora, rma, "postage", receipt, amount="8", words="The receipt says 8.00.")
    receipt.refresh_from_db()
    assert (receipt.repaid, receipt.words) == (8, "The receipt says 8.00.")


def test_a_receipt_that_proves_nothing_is_declined(cora, receipt):
    send(cora, receipt.authorization, "postage", receipt, answer="decline", words="Of 2019.")
    receipt.refresh_from_db()
    assert receipt.state == "declined" and not kinds(receipt.authorization)


# --- The rules ------------------------------------------------------------------------------------


def test_the_rules_of_claims_are_edited_beside_those_of_returns(admin_client, store):
    address = reverse("admin:returns_returnpolicy_change", args=[store.policy.pk])
    shown = admin_client.get(address)
    assert "Rules for claims" in shown.content.decode()
    assert ReturnPolicy.objects.count() == 1
    assert ClaimPolicy.objects.filter(policy=store.policy).count() == 6
