"""Orders, returns, claims, exchanges, withdrawals, recalls, receipts and refunds in whatever
order, by whomever, from stale pages as well: one ledger of units and of money holds for all.

A few runs with every `make test`; HOMEWARD_TEST_RUNS=500 makes it so many, of fifty steps each.
"""

import os
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from returns import states, variants
from returns.codes import CLAIM_REASONS, GOODS_KINDS, Disposition, Reason, ResolutionKind, Wish
from returns.ledger import Refused
from returns.models import (
    BUYER,
    Actor,
    Award,
    Finding,
    Found,
    Order,
    Promise,
    Resolution,
    ReturnAuthorization,
    ReturnLine,
    Shipment,
    TooMuch,
    Wanted,
)
from returns.models.access import TooOften
from returns.models.recalling import CannotRecall
from returns.models.settling import GRANTS, PROMISED
from returns.models.shipping_goods import NumberTaken
from returns.states import IllegalTransition, Status
from tests.people import staff
from tests.returns.test_ledger import DESK, LINES, PICK, WHO, AnOrder
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport

RUNS = int(os.environ.get("HOMEWARD_TEST_RUNS", "6"))
STEPS = 50
REFUSALS = (
    IllegalTransition,
    Refused,
    TooMuch,
    TooOften,
    NumberTaken,
    CannotRecall,
    PermissionDenied,
    ValueError,
    variants.Gone,
)
# As LINES, but with something to quarrel about in each.
BOUGHT = st.lists(
    st.tuples(
        st.sampled_from(["9.99", "10.00", "33.33"]),
        st.integers(2, 4),
        st.sampled_from(["0", "0.05", "7.77"]),
        st.sampled_from([0, 0, 0, 1]),
        st.integers(1, 4),
    ),
    min_size=1,
    max_size=3,
)
RARELY = st.sampled_from([False, False, False, True])
QUANTITIES = st.lists(st.integers(0, 3), min_size=1, max_size=3)
TO_THE_BUYER = (
    Milestone.IN_TRANSIT,
    Milestone.OUT_FOR_DELIVERY,
    Milestone.RETURNING,
    Milestone.RETURNED,
    Milestone.DELIVERED,
)


class AnOrderInTrouble(AnOrder):
    """What buyers, staff, warehouse, carriers, shop and clock may do to one order."""

    @initialize(
        lines=st.one_of(BOUGHT, BOUGHT, BOUGHT, LINES),
        currency=st.sampled_from(["USD", "KWD", "JPY"]),
        automatic=st.sampled_from([None, 15, 1000]),
        keep=st.sampled_from([0, 12]),
        window=st.sampled_from([None, 30]),
        uncaptured=st.sampled_from([0, 0, 9]),
        on_the_way=st.booleans(),
    )
    def sarah_buys(self, lines, currency, automatic, keep, window, uncaptured, on_the_way):
        super().sarah_buys(lines, currency, automatic, keep, window, uncaptured)
        # An appeal is decided by somebody who may.
        self.lead = Actor.staff(staff(f"lead-{self.order.pk}", "decide_appeal"))
        if on_the_way:  # its parcel was not delivered yet
            for shipment in self.order.shipments.all():
                shipment.parcel.scans.filter(milestone=Milestone.DELIVERED).delete()
                Parcel.objects.filter(pk=shipment.parcel_id).update(
                    milestone=Milestone.ACCEPTED, milestone_at=shipment.shipped_at, ended_at=None
                )

    def attempt(self, verb, *args, **values):
        try:
            return verb(*args, now=self.now, **values)
        except REFUSALS:
            return None

    def fresh(self) -> Order:
        return Order.objects.with_goods().get(pk=self.order.pk)

    def key(self, again: bool) -> str:
        self.forms += not again
        return f"form {self.forms}"

    def wanted(self, quantities, reason) -> list[Wanted]:
        return [
            Wanted(self.lines[at % len(self.lines)], quantity, reason)
            for at, quantity in enumerate(quantities)
            if quantity
        ]

    def note(self, rma) -> None:
        if rma is not None and rma not in self.seen:
            self.seen.append(ReturnAuthorization.objects.get(pk=rma.pk))

    @rule(hours=st.sampled_from([1, 1, 1, 30, 30, 24 * 6, 24 * 16]))
    def time_goes_by(self, hours):
        AnOrder.time_goes_by.__wrapped__(self, hours)

    # --- the buyer ---------------------------------------------------------------------------

    @rule(
        by=WHO,
        quantities=QUANTITIES,
        reason=st.sampled_from(CLAIM_REASONS),
        wish=st.sampled_from(Wish),
        pick=PICK,
        again=RARELY,
    )
    def something_is_wrong_with_it(self, by, quantities, reason, wish, pick, again):
        """Mostly what is offered is chosen."""
        wanted = self.wanted(quantities, reason)
        offered = self.attempt(self.fresh().claim_remedies, wanted) if pick else ()
        wish = offered[pick % len(offered)].wish if offered else wish
        key = self.key(again)
        self.note(self.attempt(self.fresh().claim, wanted, wish=wish, by=by, key=key))

    @rule(
        by=WHO,
        quantities=st.lists(st.integers(0, 1), min_size=1, max_size=3),
        reason=st.sampled_from([Reason.FIT, Reason.FAULTY]),
        wish=st.sampled_from([Wish.REFUND, Wish.EXCHANGE, Wish.REPLACEMENT]),
    )
    def a_unit_goes_back(self, by, quantities, reason, wish):
        wanted, key = self.wanted(quantities, reason), self.key(again=False)
        verb = self.fresh().request_return
        self.note(self.attempt(verb, wanted, by=by, key=key, wish=wish))

    some = precondition(lambda self: self.seen)

    @some
    @rule(pick=st.integers(0, 20), choice=st.integers(0, 5), less=st.integers(0, 1))
    def it_goes_on(self, pick, choice, less):
        """One of the returns takes a step that its state allows."""
        rma = self.one(pick, stale=False)
        for row in rma.resolutions.live():
            if not row.is_sent and choice % 2:
                return self.attempt(row.record_sent, by=DESK)
        match rma.status:
            case Status.REQUESTED if choice == 0:
                self.attempt(rma.decline, "used", by=DESK)
            case Status.REQUESTED if choice == 1:
                self.attempt(rma.ask, "Which?", by=DESK)
            case Status.REQUESTED:
                self.attempt(rma.approve, by=self.lead)
            case Status.INFO_REQUESTED:
                self.attempt(rma.give_answer, "Blue", by=BUYER)
            case Status.APPROVED if choice == 0:
                self.attempt(rma.send_ahead, by=DESK, agreed=True)
            case Status.APPROVED if choice == 1:
                self.attempt(rma.cancel, by=BUYER)
            case Status.APPROVED | Status.IN_TRANSIT:
                self.forms += 1
                counts = {row.pk: max(row.approved - less, 0) for row in rma.lines.all()}
                key = f"receipt {self.forms}"
                self.attempt(rma.receive, Found(counts), by=DESK, key=key)
            case Status.RECEIVED:
                findings = {
                    row.pk: Finding("as_new", max(row.received - less, 0))
                    for row in rma.lines.all()
                }
                self.attempt(rma.inspect, findings, by=DESK)
            case Status.INSPECTED:
                self.decide(rma, choice)
            case Status.RESOLVED | Status.CLOSED if choice == 2:
                self.attempt(rma.send_back, by=DESK)
            case Status.DECLINED:
                self.attempt(rma.look_again, "No!", by=BUYER)
        return None

    @some
    @rule(pick=PICK, choice=PICK)
    def it_goes_further(self, pick, choice):
        AnOrderInTrouble.it_goes_on.__wrapped__(self, pick, choice, 0)

    @some
    @rule(pick=PICK, choice=PICK)
    def it_goes_further_still(self, pick, choice):
        AnOrderInTrouble.it_goes_on.__wrapped__(self, pick, choice, 0)

    def decide(self, rma, choice):
        kind, total = GRANTS[rma.wish], rma.settlement().total
        if any(row.kind in GOODS_KINDS for row in rma.resolutions.live()):
            awards = []  # it was sent ahead
        elif kind in GOODS_KINDS and choice:
            awards = [Award(kind)]
        else:
            awards = [Award("refund", total) if total else Award("none")]
        self.attempt(rma.resolve, awards, by=DESK)

    @precondition(lambda self: self.forms > 4)
    @rule(
        quantities=st.one_of(st.none(), QUANTITIES),
        again=RARELY,
    )
    def changed_my_mind_before_it_left(self, quantities, again):
        wanted = None if quantities is None else self.wanted(quantities, "withdrawn")
        key = self.key(again)
        self.note(self.attempt(self.fresh().cancel_unshipped, wanted, by=BUYER, key=key))

    @rule(pick=PICK, how=st.sampled_from(["refuse", "intercept"]), again=RARELY)
    def i_do_not_want_the_parcel(self, pick, how, again):
        out = list(self.order.shipments.filter(is_return=False).order_by("pk"))
        if not out:
            return
        shipment, key, order = out[pick % len(out)], self.key(again), self.fresh()
        seen = order.recall_preview(shipment, self.now)
        verb = order.recall
        self.note(self.attempt(verb, shipment, how, Wish.REFUND, seen=seen, by=BUYER, key=key))

    # --- the desk ----------------------------------------------------------------------------

    @precondition(lambda self: self.forms > 6)
    @rule(pick=PICK, wish=st.sampled_from([Wish.REFUND, Wish.REPLACEMENT]), again=RARELY)
    def a_parcel_never_came(self, pick, wish, again):
        out = list(self.order.shipments.filter(is_return=False).order_by("pk"))
        if not out:
            return
        key = self.key(again)
        verb = self.fresh().claim_never_came
        self.note(self.attempt(verb, out[pick % len(out)], wish, by=DESK, key=key))

    @precondition(lambda self: self.forms > 4)
    @rule(
        kind=st.sampled_from([ResolutionKind.PART_REFUND, ResolutionKind.VOUCHER]),
        amount=st.sampled_from(["1", "5", "900"]),
    )
    def something_for_the_wait(self, kind, amount):
        award = Award(kind, Decimal(amount))
        self.note(self.attempt(self.fresh().compensate, award, "Sorry.", by=DESK))

    @some
    @rule(pick=PICK, stale=st.booleans())
    def new_goods_go_ahead(self, pick, stale):
        self.attempt(self.one(pick, stale).send_ahead, by=DESK, agreed=True)

    @some
    @rule(pick=PICK, stale=st.booleans(), charged=st.booleans())
    def the_buyer_keeps_both(self, pick, stale, charged):
        self.attempt(self.one(pick, stale).keep_both, charged=charged, by=DESK)

    @some
    @rule(pick=PICK, numbered=st.booleans())
    def new_goods_leave(self, pick, numbered):
        self.forms += 1
        number = f"ZZ{self.order.pk}N{self.forms:05}" if numbered else ""
        rma = self.one(pick, stale=False)
        for row in rma.resolutions.filter(kind__in=GOODS_KINDS):
            self.attempt(row.ship, number, "ups", by=DESK)

    @some
    @rule(pick=PICK)
    def the_bank_sends_it_back(self, pick):
        for row in self.one(pick, stale=False).resolutions.all():
            if row.is_money:
                self.attempt(row.reverse, "The account is closed.", by=DESK)

    @some
    @rule(
        pick=PICK,
        stale=st.booleans(),
        kind=st.sampled_from(
            [ResolutionKind.PART_REFUND, ResolutionKind.POSTAGE, ResolutionKind.VOUCHER]
        ),
        amount=st.sampled_from(["1", "3", "700"]),
    )
    def something_besides(self, pick, stale, kind, amount):
        award = Award(kind, Decimal(amount))
        self.attempt(self.one(pick, stale).give_besides, award, by=DESK)

    @some
    @rule(pick=PICK, stale=st.booleans(), units=st.integers(0, 3))
    def what_was_lost_comes_after_all(self, pick, stale, units):
        rma = self.one(pick, stale)
        counts = {row.pk: min(units, row.waived) for row in rma.lines.all()}
        self.attempt(rma.note_goods, counts, Disposition.RESTOCK, by=DESK)

    # --- carrier and shop --------------------------------------------------------------------

    @rule(pick=PICK, milestone=st.sampled_from(TO_THE_BUYER))
    def the_carrier_scans_what_goes_out(self, pick, milestone):
        out = [
            row for row in self.order.shipments.filter(is_return=False).order_by("pk") if row.parcel
        ]
        if out:
            self.now += timedelta(minutes=1)
            parcel = out[pick % len(out)].parcel
            parcel.record([ScanReport(at=self.now, milestone=milestone)], self.now)
            ReturnAuthorization.objects.follow(self.now)

    # --- what must always hold ---------------------------------------------------------------

    @invariant()
    def nothing_is_held_that_was_not_shipped(self):
        """Withdrawn before it left, it is held as well; never more than there is."""
        for line in self.load().lines.all():
            assert 0 <= line.held <= line.quantity - line.cancelled
            assert line.returnable >= 0 and line.withdrawable >= 0
            assert line.returnable <= min(line.shipped, line.kept)

    @invariant()
    def no_line_gives_back_more_than_was_paid_for_it(self):
        for line in self.load().lines.all():
            held = [
                row
                for row in line.return_lines.all()
                if row.authorization.status not in states.FREED and not row.replaced
            ]
            assert sum(row.amount for row in held) <= line.paid_for_kept <= line.paid

    @invariant()
    def nothing_is_counted_that_was_not_approved(self):
        for row in ReturnLine.objects.filter(authorization__order=self.order):
            assert row.accepted <= row.received <= row.approved <= row.requested
            assert row.resolved <= row.accepted + row.waived
            assert row.replaced <= row.approved

    @invariant()
    def what_is_decided_stays_within_what_was_paid(self):
        paid = Order.objects.get(pk=self.order.pk).paid_total
        rows = Resolution.objects.of_what_was_paid().filter(authorization__order=self.order)
        assert (rows.aggregate(all=Sum("amount"))["all"] or 0) <= paid

    @invariant()
    def a_return_is_closed_exactly_when_all_of_it_is_sent(self):
        for rma in ReturnAuthorization.objects.filter(order=self.order):
            live = list(rma.resolutions.live())
            if rma.status == Status.CLOSED:
                assert all(row.is_sent for row in live)
            if rma.status == Status.RESOLVED:
                assert not all(row.is_sent for row in live), rma.kind

    @invariant()
    def no_more_is_estimated_than_was_captured(self):
        holding = [rma for rma in self.load().returns.all() if rma.promises_money]
        assert sum(rma.estimated_total for rma in holding) <= self.load().paid_total
        kept = [rma for rma in self.load().returns.all() if rma.holds_money]
        assert sum(rma.estimated_postage for rma in kept) <= self.order.postage_total
        assert sum(1 for rma in kept if rma.estimated_postage) <= 1

    @invariant()
    def every_return_has_exactly_the_promises_of_its_state(self):
        """Here at least: whatever is owed is promised, and of what ended nothing is."""
        open_ones = Promise.objects.open().filter(order=self.order, authorization__isnull=False)
        kinds: dict[int, set[str]] = {}
        for row in open_ones:
            kinds.setdefault(row.authorization_id, set()).add(row.kind)
        for rma in ReturnAuthorization.objects.filter(order=self.order):
            mine = kinds.get(rma.pk, set())
            if rma.status == Status.RESOLVED or rma.status in states.UNDECIDED:
                assert mine, (rma.kind, rma.status)
            if rma.status in (Status.CLOSED, Status.CANCELLED) and not rma.awaits_arrival:
                # What was given besides, for the trouble, outlives the return itself.
                owed = {PROMISED[row.kind] for row in rma.resolutions.live() if not row.is_sent}
                rest = mine - owed - {"inspection", "update", "answer"}
                assert not rest, (rma.kind, rest)

    @invariant()
    def no_parcel_is_sent_for_what_is_not_owed(self):
        for shipment in Shipment.objects.filter(order=self.order, resolution__isnull=False):
            assert shipment.resolution.state == states.ResolutionState.SUCCEEDED

    @invariant()
    def nothing_that_is_due_is_forgotten(self):
        for row in ReturnAuthorization.objects.filter(order=self.order, status=Status.EXPIRED):
            assert row.reminded_at and row.reminded_at < row.post_by < row.ended_at


@pytest.mark.parametrize("part", range(2))
def test_one_ledger_holds_for_all_that_may_happen_to_an_order(db, part):
    run_state_machine_as_test(
        AnOrderInTrouble,
        settings=settings(
            max_examples=max(RUNS // 2, 1),
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
