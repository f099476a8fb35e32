"""Whatever buyers, staff, shop and clock do in whatever order: nothing is promised twice."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from returns import states
from returns.codes import Reason, Wish
from returns.ledger import Refused
from returns.models import (
    BUYER,
    CLOCK,
    Actor,
    Award,
    Finding,
    Found,
    Order,
    OrderLine,
    Promise,
    Resolution,
    ReturnAuthorization,
    ReturnLine,
    ShipmentLine,
    TooMuch,
    Wanted,
)
from returns.models.deciding import SETTLES
from returns.models.event import ActorKind
from returns.models.settling import PROMISED
from returns.policy import unit
from returns.states import IllegalTransition, Status
from tests.people import open_store, place_order
from tracking.milestones import Milestone
from tracking.models import ScanReport

DESK = Actor(ActorKind.STAFF)
WHO = st.sampled_from([BUYER, DESK])
PICK = st.integers(0, 5)
# (unit price, quantity, discount of the line, cancelled, shipped)
LINES = st.lists(
    st.tuples(
        st.sampled_from(["0", "0.01", "9.99", "10.00", "33.33"]),
        st.integers(1, 4),
        st.sampled_from(["0", "0.05", "7.77", "500"]),
        st.integers(0, 1),
        st.integers(0, 4),
    ),
    min_size=1,
    max_size=3,
)


def promised(rma: ReturnAuthorization) -> set[str]:
    """The kinds of promises that a return must have open, by where it stands."""
    ended = rma.status in states.ENDED
    if rma.status in (Status.APPROVED, Status.IN_TRANSIT) or ended:
        if rma.arrived_at:
            return {"inspection"}
        if rma.awaits_arrival:
            return {"update"}
    if ended:
        late = Promise.objects.open().filter(authorization=rma, kind="answer")
        return {"answer"} if late.exists() and rma.posted_at else set()
    match rma.status:
        case Status.REQUESTED:
            return {"answer"}
        case Status.INFO_REQUESTED:  # asked some times more, and not for ever
            asks = Promise.objects.open().filter(authorization=rma, kind="question")
            return {"question"} if asks.exists() else set()
        case Status.APPROVED if rma.keeps_goods:
            return {SETTLES[rma.wish]}
        case Status.APPROVED:
            return {"deadline" if rma.reminded_at else "reminder"}
        case Status.RECEIVED | Status.INSPECTED:
            return {"inspection"}
        case Status.RESOLVED:
            return {PROMISED[row.kind] for row in rma.resolutions.all() if not row.is_sent}
    return set()


class AnOrder(RuleBasedStateMachine):
    @initialize(
        lines=LINES,
        currency=st.sampled_from(["USD", "KWD", "JPY"]),
        automatic=st.sampled_from([None, 15, 1000]),
        keep=st.sampled_from([0, 12]),
        window=st.sampled_from([None, 30]),
        uncaptured=st.sampled_from([0, 0, 9]),
    )
    def sarah_buys(self, lines, currency, automatic, keep, window, uncaptured):
        self.now = timezone.now()
        self.forms = 0
        self.seen: list[ReturnAuthorization] = []
        number = Order.objects.count()
        store = open_store(
            f"store-{number}",
            currency=currency,
            policy={
                "automatic_up_to": automatic,
                "keep_below": keep,
                "window_days": window,
                "fee": Decimal(5),
                "returns_postage": True,
                "offers_store_credit": True,
            },
        )
        whole = currency == "JPY"
        order = place_order(
            store,
            f"JP-{number}",
            tuple(
                (
                    f"Thing {at}",
                    "500" if whole else price,
                    quantity,
                    {
                        "discount": Decimal(discount).quantize(unit(currency)),
                        "cancelled": min(cancelled, quantity - 1),
                    },
                )
                for at, (price, quantity, discount, cancelled, _) in enumerate(lines)
            ),
        )
        for line, (*_, shipped) in zip(order.lines.all(), lines, strict=True):
            count = min(shipped, line.quantity - line.cancelled)
            parts = ShipmentLine.objects.filter(line=line)
            parts.update(quantity=count) if count else parts.delete()
        paid = sum((line.paid_for_kept for line in order.lines.all()), order.postage_total)
        # Part of it was paid with a gift card that the shop told nothing of.
        paid = max(paid - uncaptured, Decimal(0))
        Order.objects.filter(pk=order.pk).update(paid_total=paid)
        self.order = Order.objects.get(pk=order.pk)
        self.lines = [line.pk for line in order.lines.all()]

    def attempt(self, verb, *args, **values):
        """A verb either does what it says or refuses; anything else is a fault."""
        try:
            return verb(*args, now=self.now, **values)
        except (IllegalTransition, Refused, TooMuch, ValueError):
            return None

    def one(self, pick: int, stale: bool) -> ReturnAuthorization:
        """One of the returns, as it is or as somebody read it some time ago."""
        rma = self.seen[pick % len(self.seen)]
        if not stale:
            rma = self.seen[pick % len(self.seen)] = ReturnAuthorization.objects.get(pk=rma.pk)
        return rma

    @rule(
        by=WHO,
        quantities=st.lists(st.integers(-1, 3), min_size=1, max_size=4),
        reason=st.sampled_from([Reason.FIT, Reason.FAULTY]),
        wish=st.sampled_from(Wish),
        again=st.booleans(),
    )
    def ask_for_a_return(self, by, quantities, reason, wish, again):
        self.forms += not again
        wanted = [
            Wanted(self.lines[at % len(self.lines)], quantity, reason)
            for at, quantity in enumerate(quantities)
            if quantity
        ]
        rma = self.attempt(
            self.order.request_return, wanted, by=by, key=f"form {self.forms}", wish=wish
        )
        if rma and rma not in self.seen:
            self.seen.append(rma)

    some = precondition(lambda self: self.seen)

    @some
    @rule(pick=PICK, stale=st.booleans())
    def approve(self, pick, stale):
        self.attempt(self.one(pick, stale).approve, by=DESK)

    @some
    @rule(pick=PICK, stale=st.booleans())
    def ask_a_question(self, pick, stale):
        self.attempt(self.one(pick, stale).ask, "Which size?", by=DESK)

    @some
    @rule(pick=PICK, stale=st.booleans())
    def answer(self, pick, stale):
        self.attempt(self.one(pick, stale).give_answer, "Medium", by=BUYER)

    @some
    @rule(pick=PICK, stale=st.booleans())
    def decline(self, pick, stale):
        self.attempt(self.one(pick, stale).decline, "used", by=DESK)

    @some
    @rule(pick=PICK, stale=st.booleans())
    def appeal(self, pick, stale):
        self.attempt(self.one(pick, stale).look_again, "No!", by=BUYER)

    @some
    @rule(pick=PICK, stale=st.booleans(), by=WHO)
    def cancel(self, pick, stale, by):
        self.attempt(self.one(pick, stale).cancel, by=by)

    @some
    @rule(pick=PICK, stale=st.booleans(), days=st.integers(1, 30))
    def extend(self, pick, stale, days):
        until = self.now + timedelta(days=days)
        self.attempt(self.one(pick, stale).extend, until, by=DESK)

    @some
    @rule(pick=PICK, stale=st.booleans())
    def put_right(self, pick, stale):
        self.attempt(self.one(pick, stale).put_right, by=DESK)

    @some
    @rule(pick=PICK, stale=st.booleans(), number=st.sampled_from(["A1", "B2", "C3"]))
    def the_buyer_gives_a_number(self, pick, stale, number):
        self.attempt(self.one(pick, stale).name_parcel, f"{number}00001", "ups", by=BUYER)

    @some
    @rule(pick=PICK, stale=st.booleans(), verb=st.sampled_from(["say_posted", "note_posted"]))
    def it_is_posted_by_somebodys_word(self, pick, stale, verb):
        self.attempt(getattr(self.one(pick, stale), verb), by=DESK)

    @rule(milestone=st.sampled_from([Milestone.ACCEPTED, Milestone.DELIVERED]))
    def the_carrier_scans(self, milestone):
        for shipment in self.order.shipments.filter(is_return=True, parcel__isnull=False):
            shipment.parcel.record([ScanReport(at=self.now, milestone=milestone)], self.now)
        ReturnAuthorization.objects.filter(order=self.order).follow(self.now)

    @some
    @rule(
        pick=PICK,
        stale=st.booleans(),
        counts=st.lists(st.integers(0, 3), min_size=4, max_size=4),
        sock=st.booleans(),
    )
    def the_warehouse_opens_it(self, pick, stale, counts, sock):
        rma = self.one(pick, stale)
        found = Found(
            dict(zip(rma.lines.values_list("pk", flat=True), counts, strict=False)),
            [("A sock", 1)] if sock else [],
        )
        self.forms += 1
        self.attempt(rma.receive, found, by=DESK, key=f"receipt {self.forms}")

    @some
    @rule(pick=PICK, stale=st.booleans())
    def the_warehouse_was_wrong(self, pick, stale):
        self.attempt(self.one(pick, stale).undo_receipt, by=DESK)

    @some
    @rule(pick=PICK, stale=st.booleans(), less=st.integers(0, 2), back=st.booleans())
    def the_warehouse_inspects(self, pick, stale, less, back):
        rma = self.one(pick, stale)
        findings = {
            row.pk: Finding(
                "as_new",
                max(row.received - less, 0),
                rejected_to="return_to_customer" if back else "destroy",
            )
            for row in rma.lines.all()
        }
        self.attempt(rma.inspect, findings, by=DESK)

    @some
    @rule(
        pick=PICK,
        stale=st.booleans(),
        more=st.sampled_from([0, 0, 1, 50]),
        in_shop=st.booleans(),
        waive=st.booleans(),
    )
    def the_desk_decides(self, pick, stale, more, in_shop, waive):
        rma = self.one(pick, stale)
        waived = {row.pk: row.missing for row in rma.lines.all()} if waive else {}
        total = rma.settlement(waived).total + more
        award = Award("refund", total, in_shop=in_shop) if total > 0 else Award("none")
        self.attempt(rma.resolve, [award], by=DESK, waived=waived)

    @some
    @rule(pick=PICK, stale=st.booleans())
    def what_was_not_taken_leaves(self, pick, stale):
        self.attempt(self.one(pick, stale).send_back, by=DESK)

    @some
    @rule(pick=PICK, fails=st.booleans())
    def the_money_is_sent(self, pick, fails):
        for row in self.one(pick, stale=False).resolutions.all():
            if fails:
                self.attempt(row.record_failed, "No account.", by=DESK)
            else:
                self.attempt(row.record_sent, by=DESK)

    @rule(amount=st.sampled_from(["1.00", "20.00"]), tells=st.booleans())
    def the_shop_pays_back(self, amount, tells):
        order = Order.objects.get(pk=self.order.pk)
        total = min(order.refunded_total + Decimal(amount), order.paid_total)
        Order.objects.filter(pk=order.pk).update(refunded_total=total)
        if tells:
            Resolution.objects.reported(order, total - order.refunded_total)

    @rule(hours=st.sampled_from([1, 30, 24 * 6, 24 * 11, 24 * 40]))
    def time_goes_by(self, hours):
        self.now += timedelta(hours=hours)
        mine = ReturnAuthorization.objects.filter(order=self.order)
        mine.to_remind(self.now).remind(self.now)
        mine.overdue(self.now).expire(self.now)
        Promise.objects.filter(order=self.order).come_due(self.now)

    # --- what must always hold ---------------------------------------------------------------

    def load(self) -> Order:
        return self.order.with_goods()

    @invariant()
    def nothing_is_held_that_was_not_shipped(self):
        for line in self.load().lines.all():
            assert 0 <= line.held <= min(line.shipped, line.quantity - line.cancelled)

    @invariant()
    def no_line_gives_back_more_than_was_paid_for_it(self):
        for line in self.load().lines.all():
            held = [
                row
                for row in line.return_lines.all()
                if row.authorization.status not in states.FREED
            ]
            assert sum(row.amount for row in held) <= line.paid_for_kept <= line.paid
            assert all(row.amount % unit(self.order.currency) == 0 for row in held)
            # What came in part, or after an end, is worth what came of it.
            whole = all(
                row.authorization.status in states.UNDECIDED
                or row.approved == row.requested == row.resolved
                or (row.approved == row.requested and row.authorization.promises_money)
                for row in held
            )
            if whole and sum(row.requested for row in held) == line.quantity - line.cancelled:
                assert sum(row.amount for row in held) == line.paid_for_kept

    @invariant()
    def nothing_is_counted_that_was_not_approved(self):
        for row in ReturnLine.objects.filter(authorization__order=self.order):
            assert row.received <= row.approved <= row.requested
            assert row.resolved <= row.accepted + row.waived

    @invariant()
    def what_is_decided_stays_within_what_was_paid(self):
        paid = Order.objects.get(pk=self.order.pk).paid_total
        rows = Resolution.objects.filter(authorization__order=self.order)
        assert sum(row.amount for row in rows) <= paid
        assert all(row.amount >= 0 for row in rows)

    @invariant()
    def a_return_is_closed_exactly_when_all_of_it_is_sent(self):
        for rma in ReturnAuthorization.objects.filter(order=self.order):
            if rma.status == Status.CLOSED:
                assert all(row.is_sent for row in rma.resolutions.all())
            if rma.status == Status.RESOLVED:
                assert not all(row.is_sent for row in rma.resolutions.all())

    @invariant()
    def no_more_is_estimated_than_was_captured(self):
        holding = [rma for rma in self.load().returns.all() if rma.holds_money]
        assert sum(rma.estimated_total for rma in holding) <= self.load().paid_total
        assert all(rma.estimated_total >= 0 for rma in holding)
        assert sum(rma.estimated_postage for rma in holding) <= self.order.postage_total
        assert sum(1 for rma in holding if rma.estimated_postage) <= 1

    @invariant()
    def every_return_has_exactly_the_promises_of_its_state(self):
        open_ones = Promise.objects.open().filter(order=self.order).select_related("follows")
        found = Counter((row.authorization_id, row.kind) for row in open_ones)
        expected = Counter()
        for rma in ReturnAuthorization.objects.filter(order=self.order):
            expected += Counter({(rma.pk, kind): 1 for kind in promised(rma)})
        assert found == expected
        assert all(row.follows is None or row.follows.state == "broken" for row in open_ones)

    @invariant()
    def nothing_that_is_due_is_forgotten(self):
        for row in ReturnAuthorization.objects.filter(order=self.order, status=Status.EXPIRED):
            assert row.reminded_at and row.reminded_at < row.post_by < row.ended_at


def test_case_18_the_ledger_and_the_promises_hold_whatever_happens(db):
    run_state_machine_as_test(
        AnOrder,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize(
    ("price", "currency", "amounts"),
    [
        ("10.00", "USD", ["3.33", "3.33", "3.34"]),
        ("1000", "JPY", ["333", "333", "334"]),
        ("1.000", "KWD", ["0.333", "0.333", "0.334"]),
    ],
)
def test_three_returns_of_one_unit_each_give_back_exactly_what_was_paid(
    db, price, currency, amounts
):
    store = open_store(currency=currency, policy={"automatic_up_to": None})
    order = place_order(store, lines=(("Cup", "0", 3),))
    OrderLine.objects.update(tax=Decimal(price))
    line = order.lines.get()
    given = [
        order.request_return([Wanted(line.pk, 1, "fit")], by=BUYER, key=str(number)).value
        for number in range(3)
    ]
    assert given == [Decimal(amount) for amount in amounts]


def test_what_was_promised_before_is_not_promised_again(db):
    """Only 60 of 100 were captured: the second return gets what the first left over."""
    store = open_store(policy={"automatic_up_to": None})
    order = place_order(store, lines=(("Cup", "50.00", 2),), paid_total=Decimal(60))
    one, two = (
        order.request_return([Wanted(order.lines.get().pk, 1, "fit")], by=BUYER, key=key)
        for key in ("one", "two")
    )
    assert (one.estimated_total, two.estimated_total) == (50, 10)
    one.cancel(by=BUYER)
    three = order.request_return([Wanted(order.lines.get().pk, 1, "fit")], by=BUYER, key="three")
    assert three.estimated_total == 50


def test_a_discount_larger_than_the_line_gives_back_nothing(db):
    order = place_order(open_store(), lines=(("Cup", "10.00", 2, {"discount": Decimal(50)}),))
    rma = order.request_return([Wanted(order.lines.get().pk, 2, "fit")], by=BUYER, key="form")
    assert (rma.value, rma.estimated_total) == (0, 0)


def test_fractions_of_a_cent_from_the_shop_are_rounded_to_what_can_be_paid(db):
    order = place_order(
        open_store(),
        lines=(
            ("Cup", "3.333", 1),
            ("Jug", "10.005", 1),
            ("Bowl", "0", 1, {"tax": Decimal("0.004")}),
        ),
    )
    assert [line.paid for line in order.lines.all()] == [
        Decimal("3.33"),
        Decimal("10.01"),
        Decimal("0.00"),
    ]


def test_the_original_postage_goes_back_with_the_last_unit_once(db):
    store = open_store(policy={"returns_postage": True, "automatic_up_to": None})
    order = place_order(
        store,
        lines=(
            ("Cup", "10.00", 2),
            ("Gift wrap", "2.00", 1, {"needs_shipping": False}),
        ),
    )
    cup = order.lines.first()
    one, two = (
        order.request_return([Wanted(cup.pk, 1, "fit")], by=BUYER, key=key)
        for key in ("one", "two")
    )
    assert (one.estimated_postage, two.estimated_postage) == (0, 6)
    assert (one.estimated_total, two.estimated_total) == (10, 16)


def test_an_exchange_promises_no_money(db):
    order = place_order(open_store(policy={"returns_postage": True, "fee": 5}))
    rma = order.request_return(
        [Wanted(order.lines.get().pk, 1, "fit")], by=BUYER, key="form", wish=Wish.EXCHANGE
    )
    assert (rma.value, rma.estimated_total, rma.estimated_postage, rma.estimated_fee) == (
        68,
        0,
        0,
        0,
    )
    assert order.with_goods().refundable() == order.paid_total


def test_a_closed_return_is_told_by_the_shop_s_own_figure(db):
    """Refunded in the shop and closed here, it counts once."""
    store = open_store(policy={"automatic_up_to": None})
    order = place_order(
        store, lines=(("Cup", "50.00", 2),), postage_total=Decimal(0), paid_total=Decimal(100)
    )
    cup = order.lines.get()
    one = order.request_return([Wanted(cup.pk, 1, "fit")], by=BUYER, key="one")
    one.approve(by=CLOCK)
    ReturnAuthorization.objects.update(status=Status.CLOSED)
    one.lines.update(received=1)
    Order.objects.update(refunded_total=Decimal(50))
    two = order.request_return([Wanted(cup.pk, 1, "fit")], by=BUYER, key="two")
    assert two.estimated_total == 50
