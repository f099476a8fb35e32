"""Claims and offers among returns, in whatever order: on one ledger, and nothing given twice."""

from collections import Counter
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from returns import states
from returns.codes import BESIDES_PAID, CLAIM_REASONS, LEAVES_UNITS, PAYS_BACK, Reason, Wish
from returns.ledger import Refused
from returns.models import (
    BUYER,
    Award,
    Offer,
    OfferOver,
    Order,
    OrderLine,
    Promise,
    Resolution,
    ReturnAuthorization,
    TooMuch,
    Wanted,
)
from returns.models.event import RULE
from returns.models.settling import PROMISED
from returns.policy import ClaimRule, Rules, unit
from returns.states import IllegalTransition
from tests.returns.test_ledger import DESK, PICK, AnOrder
from tests.returns.test_ledger import promised as promised_by_state

REASONS = st.sampled_from([Reason.DAMAGED, Reason.MISSING, Reason.FAULTY])
AMOUNTS = st.sampled_from(["0.01", "5.00", "12.00", "60.00"])


def promised(rma: ReturnAuthorization) -> set[str]:
    """With what was given besides, and with the answer to whom it was too little."""
    unsent = [row for row in rma.resolutions.live() if not row.is_sent]
    answer = {"answer"} if rma.is_appealed else set()
    return promised_by_state(rma) | {PROMISED[row.kind] for row in unsent} | answer


class ClaimsAmongReturns(AnOrder):
    def attempt(self, verb, *args, **values):
        try:
            return verb(*args, now=self.now, **values)
        except (
            IllegalTransition,
            Refused,
            TooMuch,
            ValueError,
            OfferOver,
            PermissionDenied,
        ):
            return None

    def see(self, rma: ReturnAuthorization | None) -> None:
        if rma and rma not in self.seen:
            self.seen.append(rma)

    @rule(automatic=st.sampled_from([None, 30]), voucher=st.sampled_from([0, 10]))
    def the_rules_are_others(self, automatic, voucher):
        """As if it had been sold on another day."""
        claim = ClaimRule(
            remedies=tuple(Wish),
            photos=False,
            automatic_up_to=automatic if automatic is None else Decimal(automatic),
            voucher_percent=voucher,
            keep_below=Decimal(12),
        )
        for line in OrderLine.objects.filter(order=self.order):
            old = Rules.from_json(line.rules_json)
            old.claims.update(dict.fromkeys(CLAIM_REASONS, claim))
            line.rules_json = old.to_json()
            line.save(update_fields=["rules_json"])

    @rule(
        by=st.sampled_from([BUYER, DESK]),
        quantities=st.lists(st.integers(-1, 3), min_size=1, max_size=3),
        reason=REASONS,
        wish=st.sampled_from(Wish),
        again=st.booleans(),
    )
    def something_is_wrong(self, by, quantities, reason, wish, again):
        self.forms += not again
        wanted = [
            Wanted(self.lines[at % len(self.lines)], quantity, reason)
            for at, quantity in enumerate(quantities)
            if quantity
        ]
        key = f"form {self.forms}"
        self.see(self.attempt(self.order.claim, wanted, wish=wish, by=by, key=key))

    @rule(wish=st.sampled_from([Wish.REFUND, Wish.REPLACEMENT]))
    def a_parcel_never_came(self, wish):
        self.forms += 1
        for shipment in self.order.shipments.filter(is_return=False):
            key = f"form {self.forms}"
            self.see(self.attempt(self.order.claim_never_came, shipment, wish, by=DESK, key=key))

    @rule(kind=st.sampled_from(["part_refund", "voucher", "store_credit"]), amount=AMOUNTS)
    def something_for_the_trouble(self, kind, amount):
        award = Award(kind, Decimal(amount).quantize(unit(self.order.currency)))
        self.see(self.attempt(self.order.compensate, award, "Sorry.", by=DESK))

    @precondition(lambda self: self.seen)
    @rule(
        pick=PICK,
        wish=st.sampled_from(Wish),
        amount=AMOUNTS,
        besides=st.booleans(),
        back=st.booleans(),
    )
    def the_desk_offers(self, pick, wish, amount, besides, back):
        self.attempt(
            Offer.objects.make,
            self.order,
            wish=wish,
            amount=Decimal(amount).quantize(unit(self.order.currency)) * (wish in PAYS_BACK),
            words="How about this?",
            by=RULE,
            authorization=self.one(pick, stale=False),
            besides=besides,
            sends_back=back,
        )

    @rule(pick=PICK, yes=st.booleans())
    def the_buyer_answers(self, pick, yes):
        offers = list(Offer.objects.filter(order=self.order).order_by("pk"))
        if offers:
            offer = offers[pick % len(offers)]
            self.attempt(offer.accept if yes else offer.decline, by=BUYER)

    @rule()
    def offers_end(self):
        Offer.objects.over(self.now).expire(self.now)

    # --- what must always hold ---------------------------------------------------------------

    @invariant()
    def no_line_gives_back_more_than_was_paid_for_it(self):
        for line in self.load().lines.all():
            held = [
                row
                for row in line.return_lines.all()
                if row.authorization.status not in states.FREED and not row.replaced
            ]
            assert sum(row.amount for row in held) <= line.paid_for_kept <= line.paid
            assert all(row.amount % unit(self.order.currency) == 0 for row in held)

    @invariant()
    def what_is_decided_stays_within_what_was_paid(self):
        paid = Order.objects.get(pk=self.order.pk).paid_total
        rows = Resolution.objects.live().filter(authorization__order=self.order)
        assert sum(row.amount for row in rows if row.kind not in BESIDES_PAID) <= paid

    @invariant()
    def no_more_is_estimated_than_was_captured(self):
        holding = [
            rma for rma in self.load().returns.all() if rma.holds_money and rma.wish != Wish.VOUCHER
        ]
        assert sum(rma.estimated_total for rma in holding) <= self.load().paid_total
        assert sum(rma.estimated_postage for rma in holding) <= self.order.postage_total
        assert sum(1 for rma in holding if rma.estimated_postage) <= 1

    @invariant()
    def every_return_has_exactly_the_promises_of_its_state(self):
        open_ones = Promise.objects.open().filter(order=self.order)
        found = Counter((row.authorization_id, row.kind) for row in open_ones)
        expected = Counter()
        for rma in ReturnAuthorization.objects.filter(order=self.order):
            expected += Counter({(rma.pk, kind): 1 for kind in promised(rma)})
        assert found == expected

    @invariant()
    def what_stays_with_the_buyer_holds_nothing_once_it_is_granted(self):
        for rma in ReturnAuthorization.objects.filter(
            order=self.order, status__in=states.SETTLED, keeps_goods=True, wish__in=LEAVES_UNITS
        ):
            assert all(row.resolved == row.waived == 0 for row in rma.lines.all())

    @invariant()
    def one_apology_is_owed_for_an_order_at_most(self):
        holding = [rma for rma in self.load().returns.all() if rma.holds_money and rma.voucher]
        assert len(holding) <= 1

    @invariant()
    def one_offer_at_most_stands_about_one_thing(self):
        open_ones = Offer.objects.open().filter(order=self.order)
        assert max(Counter(row.authorization_id for row in open_ones).values(), default=0) <= 1


def test_claims_and_offers_among_returns_never_give_anything_twice(db):
    run_state_machine_as_test(
        ClaimsAmongReturns,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
