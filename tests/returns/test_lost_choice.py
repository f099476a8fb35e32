"""A parcel that is lost: its buyer chooses money or new goods, once, and gets it at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from returns import tasks, trust
from returns.codes import Kind, ResolutionKind, Wish
from returns.investigation_steps import InvestigationStatus
from returns.models import (
    BUYER,
    Case,
    NoticeKind,
    Order,
    Problem,
    Promise,
    PromiseKind,
    ReturnAuthorization,
)
from returns.models.making_good import NotOffered
from returns.states import ResolutionState, Status
from tests.people import ask_to_return, place_order, ship
from tests.portal.on_the_way import the_parcel
from tests.returns.searched import asked, clerk, fresh, lost, searched, seen
from tests.returns.troubled import over
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone

pytestmark = pytest.mark.django_db
S = InvestigationStatus


@pytest.fixture
def given_up(store):
    search = searched(store)
    search.end(S.LOST, by=clerk())
    return fresh(search)


@pytest.fixture
def trusted(store):
    """Sarah has bought here for long, and kept nearly everything."""
    for number in range(4):
        place_order(store, f"JP-1000{number}", days_ago=200 + number)
    order = Order.objects.latest("placed_at")
    assert trust.of(order, timezone.now()).is_trusted


def test_the_money_is_owed_at_once_with_the_postage_that_was_paid(given_up):
    claim = given_up.choose(Wish.REFUND, by=BUYER, key="c")
    resolution = claim.resolutions.get()
    assert (claim.kind, claim.status) == (Kind.CLAIM, Status.RESOLVED)
    assert (resolution.kind, resolution.state) == (ResolutionKind.REFUND, ResolutionState.PENDING)
    assert resolution.amount == given_up.order.paid_total
    assert Promise.objects.open().filter(kind=PromiseKind.REFUND).exists()


def test_new_goods_are_owed_at_once(given_up):
    claim = given_up.choose(Wish.REPLACEMENT, by=BUYER, key="c")
    assert claim.resolutions.get().kind == ResolutionKind.REPLACEMENT
    assert Promise.objects.open().filter(kind=PromiseKind.GOODS).exists()


def test_after_it_nothing_more_is_looked_after_or_promised_about_the_parcel(given_up):
    given_up.choose(Wish.REFUND, by=BUYER, key="c")
    assert not Case.objects.open().exists()
    assert not Promise.objects.open().filter(kind=PromiseKind.UPDATE).exists()
    assert Problem.objects.get().over_at is not None


def test_the_first_choice_counts(given_up):
    first = given_up.choose(Wish.REFUND, by=BUYER, key="c")
    assert fresh(given_up).choose(Wish.REFUND, by=BUYER, key="other") == first
    with pytest.raises(NotOffered):
        fresh(given_up).choose(Wish.REPLACEMENT, by=BUYER, key="third")
    assert ReturnAuthorization.objects.count() == 1


def test_nothing_is_chosen_before_it_is_offered(store):
    with pytest.raises(NotOffered):
        searched(store).choose(Wish.REFUND, by=BUYER, key="c")
    assert not ReturnAuthorization.objects.exists()


def test_a_voucher_is_none_of_the_choices(given_up):
    with pytest.raises(ValueError, match="cannot be chosen"):
        given_up.choose(Wish.VOUCHER, by=BUYER, key="c")


def test_what_another_return_holds_is_not_given_twice(store):
    search = searched(store)
    order = search.order

    ask_to_return(order)
    search.end(S.LOST, by=clerk())
    with pytest.raises(NotOffered):
        fresh(search).choose(Wish.REFUND, by=BUYER, key="c")
    assert not fresh(search).is_made_good


def test_two_dispatches_in_one_parcel_are_made_good_together(store):
    order = place_order(store, "JP-30010", (("Shirt", "68.00", 1),))
    first = order.shipments.get()
    line = order.lines.create(
        source_id="2",
        title="Candles",
        unit_price=24,
        quantity=1,
        position=1,
        rules_json=order.lines.get().rules_json,
    )
    Order.objects.filter(pk=order.pk).update(paid_total=98)
    second = order.shipments.create(
        parcel=first.parcel, shipped_at=first.shipped_at + timedelta(hours=1), source_id="f-2"
    )
    second.lines.create(line=line, quantity=1)
    order.report("not_here", first, by=BUYER, key="m")
    search = order.investigations.get()
    search.end(S.LOST, by=clerk())
    fresh(search).choose(Wish.REPLACEMENT, by=BUYER, key="c")
    assert {rma.turning_id for rma in order.returns.all()} == {first.pk, second.pk}


def test_another_parcel_of_the_order_is_not_touched(store):
    order = place_order(store, "JP-30011", (("Shirt", "68.00", 2),), shipped=False)
    for number in ("RB111111111GB", "RB222222222GB"):
        shipment = ship(order, delivered=True, number=number)
        shipment.lines.update(quantity=1)
        order = Order.objects.get(pk=order.pk)
    first = order.shipments.order_by("pk").first()
    order.report("not_here", first, by=BUYER, key="m")
    search = order.investigations.get()
    search.end(S.LOST, by=clerk())
    claim = fresh(search).choose(Wish.REPLACEMENT, by=BUYER, key="c")
    assert claim.lines.get().approved == 1


# --- not waiting for the carrier ------------------------------------------------------------------


def test_whom_we_trust_chooses_before_the_claim_is_decided(store, trusted):
    search = lost(store)
    assert search.is_open and search.waits_for_choice
    claim = search.choose(Wish.REFUND, by=BUYER, key="c")
    search = fresh(search)
    assert claim.status == Status.RESOLVED
    assert search.is_open, "our quarrel with the carrier goes on"
    assert not search.case.is_open


def test_whom_we_do_not_know_waits_for_what_the_carrier_says(store):
    assert not lost(store).waits_for_choice


def test_what_is_said_to_be_delivered_is_looked_for_first_also_for_whom_we_trust(store, trusted):
    assert not searched(store).waits_for_choice


def test_one_that_is_lost_by_now_is_offered_to_whom_we_trust(store, trusted):
    search = lost(store)
    assert search.waits_for_choice
    order = search.order
    assert order.investigations.count() == 1


def test_the_desk_offers_the_choice_before_the_carrier_has_answered(store):
    search, by = searched(store), clerk()
    assert search.offer_choice(by=by)
    assert not fresh(search).offer_choice(by=by), "once"
    letter = search.order.notices.get(kind=NoticeKind.INVESTIGATION_NEWS)
    assert letter.facts["status"] == "choice"
    assert fresh(search).waits_for_choice


def test_what_is_left_between_the_carrier_and_us_is_still_asked_and_answered(store, trusted):
    search, by = lost(store), clerk()
    search.choose(Wish.REFUND, by=BUYER, key="c")
    search = fresh(search)
    contact = asked(search, by)
    contact.note_answer("We pay 40 euros.", by=by)
    assert len(fresh(search).done) == 2
    search = fresh(search)
    search.end(S.LOST, by=by)
    assert fresh(search).status == S.LOST
    assert not search.order.notices.filter(kind=NoticeKind.INVESTIGATION_NEWS).exists()


# --- what the watch finds afterwards ------------------------------------------------------------


def test_once_it_is_made_good_its_troubles_are_no_news_any_more(given_up):
    order = given_up.order
    given_up.choose(Wish.REFUND, by=BUYER, key="c")
    before = order.notices.count()
    parcel = the_parcel(order)
    parcel.incidents.create(kind=IncidentKind.DAMAGED, since=timezone.now())
    tasks.follow_cases()
    assert not Case.objects.open().exists()
    assert order.notices.count() == before


def test_a_parcel_that_moves_before_anything_is_chosen_is_found(store):
    search = lost(store)
    search.end(S.LOST, by=clerk())
    order = search.order
    seen(order, Milestone.IN_TRANSIT, timezone.now() + timedelta(hours=1))

    over(order.cases.get())
    search = fresh(search)
    assert search.status == S.FOUND and not search.waits_for_choice
