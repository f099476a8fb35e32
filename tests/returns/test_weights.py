"""Weights side by side: facts for both sides, and a reason to look, never a refusal."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from returns import weights
from returns.models import Case, Event, Receipt, ReturnAuthorization, Weighing
from returns.states import IllegalTransition, Status
from returns.weights import Weights
from tests import people
from tests.returns.returning import DESK, inspected, opened, posted, returned, scan
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport, Told, WeightTolerance
from tracking.providers import News

pytestmark = pytest.mark.django_db
HEAVY = (("Cast iron pan", "80.00", 1, {"weight_grams": 2000}),)


@pytest.fixture
def rma(store) -> ReturnAuthorization:
    return returned(people.place_order(store, lines=HEAVY))


def carrier_weighs(parcel: Parcel, grams: int, milestone: str = Milestone.ACCEPTED) -> None:
    report = ScanReport(timezone.now(), milestone, place="Bristol")
    Parcel.objects.record_all([Told(parcel, News(parcel.number, reports=(report,), weight=grams))])


def read(rma: ReturnAuthorization) -> ReturnAuthorization:
    return ReturnAuthorization.objects.select_related("order__store__account").get(pk=rma.pk)


def look() -> None:
    """The watch looks, and what it finds is taken up."""
    Parcel.objects.watch()
    Case.objects.follow()


# --- Side by side ------------------------------------------------------------------------------


def test_what_is_known_stands_side_by_side(rma):
    carrier_weighs(posted(rma), 2600)
    opened(rma, grams=2550)
    found = weights.of_return(read(rma))
    assert (found.expected, found.carrier, found.ours, found.again) == (2000, 2600, 2550, None)
    with translation.override("en"):
        assert found.rows == [
            ("The goods alone, by our records", "2 kg"),
            ("On the carrier’s scales", "2.6 kg"),
            ("On our scales", "2.55 kg"),
        ]
    assert found.fit and not Weighing.objects.exists()


@pytest.mark.parametrize(
    ("expected", "carrier", "ours", "fit"),
    [
        (2000, 2600, 2550, True),
        (2000, None, 2900, True),  # goods, a quarter more and a box
        (2000, None, 3100, False),
        (2000, 1400, None, False),
        (None, 2600, 2400, True),  # within a tenth
        (None, 2600, 2300, False),
        (2000, None, None, True),
    ],
)
def test_they_go_together_or_not(expected, carrier, ours, fit):
    assert Weights(expected, carrier, ours).fit is fit


def test_one_alone_is_nothing_to_compare(rma):
    opened(rma)
    assert not weights.of_return(read(rma)).are_several


def test_the_carriers_own_tolerance_counts(rma):
    WeightTolerance.objects.create(
        account=rma.order.store.account, carrier="royal-mail", grams=400, percent=0
    )
    carrier_weighs(posted(rma), 2600)
    opened(rma, grams=2250)
    assert weights.of_return(read(rma)).fit and not Weighing.objects.exists()


def test_of_two_parcels_opened_their_weights_are_added_up_and_no_carrier_is_blamed(rma):
    carrier_weighs(posted(rma), 1200)
    opened(rma, 0, grams=1200)
    opened(rma, 1, grams=1100)
    found = weights.of_return(read(rma))
    assert (found.ours, found.carrier) == (2300, None)


def test_of_a_parcel_to_the_buyer_goods_and_carrier_stand_beside_each_other(store):
    order = people.place_order(store, lines=HEAVY, delivered=False, days_ago=2)
    shipment = order.shipments.get()
    carrier_weighs(shipment.parcel, 1200)
    shipment.refresh_from_db()
    found = weights.of_shipment(shipment, order)
    assert (found.expected, found.carrier, found.fit) == (2000, 1200, False)


def test_the_words_blame_nobody():
    with translation.override("en"):
        told = " ".join(Weights(2000, 1400, 1300, waits=True).verdict)
    assert "decides nothing by itself" in told and "We weigh it once more." in told
    for word in ("you", "wrong weight", "fraud", "missing", "refus"):
        assert word not in told.lower()


# --- Weighed once more -------------------------------------------------------------------------


def test_where_weights_do_not_go_together_the_warehouse_is_asked_and_nothing_is_refused(rma):
    carrier_weighs(posted(rma), 2600)
    opened(rma, grams=1500)
    (asked,) = Weighing.objects.open()
    assert asked.asked_by == "rule" and asked.receipt == rma.receipts.get()
    assert read(rma).status == Status.RECEIVED  # and goes on as usual
    look()
    assert Weighing.objects.count() == 1  # the watch finds the same: asked once
    assert Case.objects.filter(kind="weight_mismatch").count() == 1


def test_also_when_the_carriers_weight_comes_later(rma):
    parcel = posted(rma)
    opened(rma, grams=2500)
    assert not Weighing.objects.exists()
    carrier_weighs(parcel, 3400)
    look()
    assert Weighing.objects.open().count() == 1


def test_weighed_again_the_new_weight_counts_and_the_trouble_ends(rma):
    carrier_weighs(posted(rma), 2600)
    opened(rma, grams=260)  # a digit too few
    look()
    weighing = Weighing.objects.open().get()
    weighing.answer(2600, by=DESK)
    found = weights.of_return(read(rma))
    assert (found.ours, found.again, found.last, found.fit) == (260, 2600, 2600, True)
    look()
    assert not Case.objects.open().filter(kind="weight_mismatch").exists()
    assert Receipt.objects.get().weight_grams == 260  # what was written down stays
    assert Event.objects.get(kind="weighed_again").data["grams"] == 2600


def test_the_first_answer_counts_and_it_tells_something(rma):
    opened(rma, grams=300)
    weighing = Weighing.objects.get()
    with pytest.raises(ValueError):
        weighing.answer(None, " ", by=DESK)
    weighing.answer(None, "The pan is on the photo; the box is gone.", by=DESK)
    with pytest.raises(IllegalTransition):
        Weighing.objects.get().answer(2000, by=DESK)
    assert Weighing.objects.get().grams is None
    look()
    assert Weighing.objects.count() == 1  # a third time tells nothing new


def test_case_68_a_weighing_is_open_once_and_never_empty(rma):
    opened(rma, grams=300)
    receipt = rma.receipts.get()
    for values in ({}, {"weighed_at": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Weighing.objects.create(receipt=receipt, asked_by="staff", **values)
    assert Weighing.objects.count() == 1


def test_a_receipt_that_was_taken_back_waits_for_nothing(rma):
    opened(rma, grams=300)
    rma.undo_receipt(by=DESK)
    assert not Weighing.objects.open().exists()
    opened(rma, grams=2300)
    assert weights.of_return(read(rma)).ours == 2300


def test_a_weight_that_differs_stops_nothing(rma):
    scan(posted(rma))
    opened(rma, grams=300)
    inspected(rma)
    assert read(rma).status == Status.INSPECTED
