"""The postage that the buyer advanced: repaid on proof, once, and no more than we said."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from returns import letters, photos, tasks
from returns.codes import Payment, PhotoKind, Reason
from returns.models import (
    BUYER,
    Award,
    CarrierAdvice,
    Event,
    Lane,
    Notice,
    Photo,
    PostageClaim,
    Promise,
    PromiseKind,
    Resolution,
    ReturnAuthorization,
)
from returns.models.photo import TooMany
from returns.models.postage_claim import may_ask, most_repaid
from returns.states import IllegalTransition, Status
from tests.people import open_store, place_order
from tests.returns.photographs import quarters, saved
from tests.returns.returning import DESK, forms, inspected, opened, posted, returned
from tests.returns.test_claims import kinds, promised

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(db):
    return open_store()


@pytest.fixture
def rma(store):
    """Faulty, so the postage is ours; posted with a number."""
    rma = returned(place_order(store), reason=Reason.FAULTY)
    posted(rma)
    return ReturnAuthorization.objects.get(pk=rma.pk)


def advise(store, payment, most=None, carrier="royal-mail"):
    CarrierAdvice.objects.create(
        store=store, lane=Lane.CROSS_BORDER, payment=payment, repaid_up_to=most, carrier=carrier
    )


def jpeg(width: int = 64) -> bytes:
    """Another picture for every width."""
    return saved(quarters(width, 48))


def ask(rma, paid="9.40", data=None, key="") -> PostageClaim:
    data = data or jpeg()
    return PostageClaim.objects.ask(
        rma, Decimal(paid), data, by=BUYER, key=key or f"form {next(forms)}"
    )


def test_the_buyer_shows_the_receipt_and_is_promised_an_answer(rma):
    claim = ask(rma)
    assert (claim.state, claim.paid, claim.repaid) == ("asked", Decimal("9.40"), 0)
    assert claim.photo.kind == PhotoKind.POSTAGE and claim.photo.shows_address
    due = Promise.objects.open().get(authorization=rma, kind=PromiseKind.POSTAGE).due_at
    assert due == rma.order.store.answer_by(claim.asked_at)
    assert Event.objects.filter(authorization=rma, kind="postage_claimed").count() == 1


def test_what_is_repaid_is_given_besides_told_and_sent_like_any_money(rma):
    claim = ask(rma)
    claim.repay(Decimal("9.40"), by=DESK)
    assert (claim.state, claim.repaid) == ("repaid", Decimal("9.40"))
    assert kinds(rma) == [("postage", Decimal("9.40"))]
    assert promised(rma) == ["refund", "update"]
    letter = letters.write(Notice.objects.get(kind="return_postage"))
    assert "You get back 9.40 USD for the postage." in letter.text
    claim.resolution.record_sent(by=DESK)
    assert promised(rma) == ["update"]
    rma.refresh_from_db()
    assert rma.status == Status.APPROVED  # it is still on its way


def test_postage_is_not_bounded_by_what_was_paid_for_the_order(rma):
    full = inspected(opened(rma)).settlement().total
    rma.resolve([Award("refund", full)], by=DESK)
    ask(rma, "500.00").repay(Decimal(500), by=DESK)
    assert rma.order.with_goods().refundable() == 6


def test_after_the_return_is_closed_the_postage_is_still_owed(rma):
    inspected(opened(rma))
    [row] = rma.resolve([Award("refund", Decimal(68))], by=DESK)
    row.record_sent(by=DESK)
    rma.refresh_from_db()
    assert rma.status == Status.CLOSED
    claim = ask(rma)
    claim.repay(Decimal(9), "The receipt says 9.00.", by=DESK)
    rma.refresh_from_db()
    assert rma.status == Status.RESOLVED
    claim.resolution.record_sent(by=DESK)
    rma.refresh_from_db()
    assert rma.status == Status.CLOSED


def test_it_is_repaid_once_per_return(rma):
    claim = ask(rma)
    with pytest.raises(IllegalTransition):
        ask(rma, data=jpeg(40))
    claim.repay(Decimal(9), by=DESK)
    for again in (
        lambda: ask(rma, data=jpeg(40)),
        lambda: claim.repay(Decimal(9), by=DESK),
        lambda: PostageClaim.objects.get().decline("No.", by=DESK),
    ):
        with pytest.raises(IllegalTransition):
            again()
    assert Resolution.objects.filter(kind="postage").count() == 1


def test_the_same_form_once_more_is_the_same_claim(rma):
    first = ask(rma, key="form")
    assert ask(rma, key="form") == first
    assert (Photo.objects.count(), PostageClaim.objects.count()) == (1, 1)


def test_a_no_says_why_and_a_better_photo_may_follow(rma):
    claim = ask(rma)
    with pytest.raises(ValueError):
        claim.decline(" ", by=DESK)
    claim.decline("The amount cannot be read.", by=DESK)
    assert promised(rma) == ["update"]
    letter = letters.write(Notice.objects.get(kind="return_postage"))
    assert "The amount cannot be read." in letter.text
    assert ask(rma, data=jpeg(40)).state == "asked"


def test_receipts_are_few_and_leave_room_for_the_other_photos(rma):
    for size in (33, 34, 35):
        ask(rma, data=jpeg(size)).decline("Not readable.", by=DESK)
    with pytest.raises(TooMany):
        ask(rma, data=jpeg(36))
    for size in range(10):
        Photo.objects.take(rma, PhotoKind.ITEM, jpeg(50 + size), by=BUYER)


def test_a_receipt_is_evidence_and_stays(rma):
    claim = ask(rma)
    with pytest.raises(IllegalTransition):
        claim.photo.take_away(by=BUYER)


def test_what_is_no_picture_is_not_kept_and_nothing_is_asked(rma):
    with pytest.raises(photos.Unusable):
        ask(rma, data=b"%PDF-1.4 no picture")
    assert not PostageClaim.objects.exists() and not Photo.objects.exists()


@pytest.mark.parametrize("paid", ["0", "-1.00", "9.405"])
def test_what_cannot_be_paid_is_not_asked(rma, paid):
    with pytest.raises(ValueError):
        ask(rma, paid)


# --- Who may ask ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "advice", "owed"),
    [
        (Reason.FAULTY, [], True),
        (Reason.FAULTY, [(Payment.BUYER, None)], True),
        (Reason.FAULTY, [(Payment.PREPAID, None)], False),  # nobody had to advance anything
        (Reason.FAULTY, [(Payment.PREPAID, None), (Payment.BUYER, None)], True),
        (Reason.FIT, [], False),
        (Reason.FIT, [(Payment.BUYER, None)], False),
        (Reason.FIT, [(Payment.REPAID, 9)], True),  # so the guide says
    ],
)
def test_it_is_owed_where_we_said_so(store, reason, advice, owed):
    for payment, most in advice:
        advise(store, payment, most)
    rma = returned(place_order(store), reason=reason)
    posted(rma)
    assert may_ask(ReturnAuthorization.objects.get(pk=rma.pk)) is owed


def test_before_it_is_posted_and_after_it_was_given_up_nothing_is_owed(store):
    rma = returned(place_order(store), reason=Reason.FAULTY)
    assert not may_ask(rma)
    posted(rma)
    rma = ReturnAuthorization.objects.get(pk=rma.pk)
    assert may_ask(rma)
    rma.cancel(by=DESK)
    assert not may_ask(rma)
    with pytest.raises(IllegalTransition):
        ask(rma)


def test_what_stays_with_the_buyer_costs_no_postage(db):
    store = open_store(policy={"keep_below": 100})
    rma = returned(place_order(store), reason=Reason.FAULTY)
    assert rma.keeps_goods and not may_ask(rma)


# --- How much -------------------------------------------------------------------------------------


def test_no_more_is_repaid_than_we_said(rma, store):
    advise(store, Payment.REPAID, 9)
    claim = ask(rma, "12.00")
    assert (most_repaid(rma), claim.proposed) == (9, 9)
    with pytest.raises(ValueError):
        claim.repay(Decimal("9.01"), by=DESK)
    claim.repay(Decimal(9), "Up to 9.00, as we said.", by=DESK)
    letter = letters.write(Notice.objects.get(kind="return_postage"))
    assert "You told us of 12.00 USD" in letter.text and "Up to 9.00" in letter.text


def test_the_bound_is_that_of_the_carrier_it_went_with(rma, store):
    advise(store, Payment.REPAID, 9)
    advise(store, Payment.REPAID, 20, carrier="evri")
    assert most_repaid(rma) == 9
    rma.shipments.update(carrier="dhl")
    assert most_repaid(ReturnAuthorization.objects.get(pk=rma.pk)) == 20


def test_where_we_named_no_sum_all_of_it_is_repaid(rma, store):
    advise(store, Payment.BUYER)
    assert most_repaid(rma) is None
    assert ask(rma, "31.00").proposed == 31


def test_an_answer_that_is_late_is_told_so(rma):
    claim = ask(rma)
    Promise.objects.filter(kind=PromiseKind.POSTAGE).update(
        due_at=timezone.now() - timedelta(hours=1)
    )
    tasks.sweep()
    letter = letters.write(Notice.objects.get(kind="promise_late"))
    assert "look at your receipt" in letter.text
    claim.repay(Decimal(9), by=DESK)
    assert promised(rma) == ["refund", "update"]
