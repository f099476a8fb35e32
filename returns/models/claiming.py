"""Claiming: something is wrong with what came, or it never came, and how that is put right: as
verbs of the order. What is offered is decided in returns/claim_policy.py."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from django.db import models, transaction
from django.db.models import Count, Q
from django.utils import timezone

from returns import claim_policy, ledger, variants
from returns.claim_policy import Facts, History, Remedy
from returns.codes import (
    CLAIM_REASONS,
    CLAIMED_AS,
    MONEY_KINDS,
    DeclineReason,
    Kind,
    Payer,
    Reason,
    ResolutionKind,
    Wish,
)
from returns.ledger import Obstacle, Problem, Refused
from returns.models.access import Throttle, TooOften
from returns.models.draft import Draft, new_key
from returns.models.event import BUYER, Actor, EventKind
from returns.models.notice import NoticeKind
from returns.models.problem import Problem as ToldProblem
from returns.models.settling import Award
from returns.outlook import Outlook, postage_due
from returns.policy import Chosen, estimate
from returns.states import FREED, Status

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization
    from returns.models.order import Order, Wanted
    from returns.models.shipment import Shipment

ZERO = Decimal(0)
# So many claims a buyer may make of one order: each writes letters, and a person reads it.
CLAIMS = ((5, timedelta(days=1)), (20, timedelta(days=30)))
A_YEAR = timedelta(days=365)
# What may be chosen where a parcel never came.
FOR_NEVER_CAME = frozenset({Wish.REFUND, Wish.REPLACEMENT})


class Claiming(models.Model):
    class Meta:
        abstract = True

    @property
    def _me(self) -> "Order":
        """There is no other kind."""
        return cast("Order", self)

    def claim_remedies(
        self, wanted: "Sequence[Wanted]", now: datetime | None = None, *, by: Actor = BUYER
    ) -> tuple[Remedy, ...]:
        """What is offered for it now, with its amounts; none where only a person can say. The
        order with its goods loaded. Raises Refused like `claim`."""
        now = now or timezone.now()
        chosen = self._claimed(wanted, by, now)
        return claim_policy.remedies(chosen, self._facts_of_claim(chosen, now))

    def claim(
        self,
        wanted: "Sequence[Wanted]",
        *,
        wish: str,
        by: Actor,
        key: str,
        note: str = "",
        problem_kind: str = "",
        answers: Mapping[str, Any] | None = None,
        video: str = "",
        variant: Mapping[int, Mapping[str, Any]] | None = None,
        ahead: bool = False,
        now: datetime | None = None,
    ) -> "ReturnAuthorization":
        """Says what is wrong with `wanted` and how it should be put right; granted at once
        where the rules say so.

        key: the form's own; the same form once more gives what it made. problem_kind: of
        ProblemKind, '' for the one that has these reasons. variant: for an exchange, line id →
        {"sku": of what is wanted instead}, where `wanted` does not say it. ahead: as in
        request_return. Raises ledger.Refused when something of it is not
        possible (any more) or `wish` is not offered (staff may choose any), TooOften when a
        buyer has claimed too often; nothing is written then.
        """
        now = now or timezone.now()
        with transaction.atomic():
            order = self._me.locked()
            made = order.returns.filter(form_key=key).first()
            if made:
                return made
            goods = order.with_goods()
            remedy, chosen = goods._remedy(wanted, wish, by, now)
            wanted = _choosing(wanted, variant or {})
            variants.check(goods, wanted, wish)
            more = order.agreed_ahead(wish, now) if ahead and remedy.sends_back else {}
            if by.is_buyer and Throttle.objects.admit(f"claim:{order.pk}", CLAIMS, now):
                raise TooOften
            Draft.objects.filter(order=order, key=key).delete()
            outlook = outlook_of(chosen, remedy)
            rma = order._open_claim(
                wanted, outlook, remedy, by=by, key=key, note=note, now=now, **more
            )
            ToldProblem.objects.create(
                order=order,
                kind=problem_kind or _kind_of(chosen),
                form_key=key,
                authorization=rma,
                answers=dict(answers or {}),
                words=note,
                video=video,
                told_at=now,
                told_by=by.kind,
            )
        return rma

    def claim_never_came(
        self,
        shipment: "Shipment",
        wish: str,
        *,
        by: Actor,
        key: str,
        now: datetime | None = None,
    ) -> "ReturnAuthorization | None":
        """A parcel did not reach the buyer, and it was decided that it is put right: money or
        new goods, at once. What other returns hold is left out; None when that is all of it,
        or when the order was cancelled. wish: REFUND or REPLACEMENT, else Refused."""
        now = now or timezone.now()
        if wish not in FOR_NEVER_CAME:
            raise Refused([Problem(Obstacle.UNKNOWN_WISH)])
        if shipment.order_id != self._me.pk:
            raise ValueError("a parcel of another order")
        with transaction.atomic():
            order = self._me.locked()
            made = order.returns.filter(form_key=key).first()
            if made:
                return made
            goods = order.with_goods()
            chosen = [] if order.is_cancelled else goods._still_in(shipment)
            if not chosen:
                return None
            outlook = goods._outlook_of_lost(chosen, wish)
            remedy = Remedy(wish, outlook.total, False, True, ZERO)
            return order._open_claim(
                [], outlook, remedy, by=by, key=key, note="", now=now, turning=shipment
            )

    def compensate(
        self,
        award: Award,
        words: str = "",
        *,
        by: Actor,
        key: str = "",
        now: datetime | None = None,
    ) -> "ReturnAuthorization":
        """Gives money or a voucher for the trouble, without any goods: while a parcel is looked
        for, or to whoever keeps one that was unwanted.

        words: what the buyer is told with it. key: the same once more gives what it made.
        Raises TooMuch, ValueError when the award makes no sense.
        """
        from returns.models.authorization import ReturnAuthorization

        now, key = now or timezone.now(), key or new_key()
        if award.kind not in MONEY_KINDS - {ResolutionKind.POSTAGE}:
            raise ValueError(f"{award.kind} is nothing that can be given for the trouble")
        with transaction.atomic():
            order = self._me.locked()
            made = order.returns.filter(form_key=key).first()
            if made:
                return made
            rma = ReturnAuthorization.objects.create(
                order=order,
                number=ReturnAuthorization.objects.unused_number(),
                kind=Kind.CLAIM,
                wish=WISHES_OF[award.kind],
                status=Status.RESOLVED,
                form_key=key,
                requested_by=by.kind,
                decided_by=by.user,
                payer=Payer.STORE,
                keeps_goods=True,
                **dict.fromkeys(("requested_at", "approved_at", "resolved_at"), now),
            )
            rma.order = order
            rma.give_besides(replace(award, words=words or award.words), by=by, now=now)
            rma._tell(EventKind.RETURN_RESOLVED, by, now, NoticeKind.RETURN_RESOLVED)
        return rma

    def outlook_of_claim(self, chosen: list[Chosen], wish: str, now: datetime) -> Outlook:
        """What a claim of `wish` brings at today's numbers, offered or not."""
        facts = self._facts_of_claim(chosen, now)
        return outlook_of(chosen, claim_policy.remedy(wish, chosen, facts))

    # --- What it is made of -----------------------------------------------------------------

    def _claimed(self, wanted: "Sequence[Wanted]", by: Actor, now: datetime) -> list[Chosen]:
        chosen = ledger.check(
            self._me,
            wanted,
            wish=Wish.REFUND,
            now=now,
            overruled=ledger.OVERRULED if by.is_staff else frozenset(),
            kind=Kind.CLAIM,
        )
        if not claim_policy.is_one_problem([item.reason for item in chosen]):
            raise Refused([Problem(Obstacle.SEVERAL_PROBLEMS)])
        return chosen

    def _remedy(
        self, wanted: "Sequence[Wanted]", wish: str, by: Actor, now: datetime
    ) -> tuple[Remedy, list[Chosen]]:
        chosen = self._claimed(wanted, by, now)
        facts = self._facts_of_claim(chosen, now)
        offered = {one.wish: one for one in claim_policy.remedies(chosen, facts)}
        if wish in offered:
            return offered[wish], chosen
        any_wish = claim_policy.remedy(wish, chosen, facts) if by.is_staff else None
        if any_wish is None or wish not in Wish.values or not any_wish.is_worth_it:
            raise Refused([Problem(Obstacle.UNKNOWN_WISH)])
        return any_wish, chosen

    def _facts_of_claim(self, chosen: list[Chosen], now: datetime) -> Facts:
        mine = [rma for rma in self._me.returns.all() if rma.holds_money]
        return Facts(
            currency=self._me.currency,
            cap=self._me.refundable(),
            # What never came was not kept.
            kept=sum((rma.value for rma in mine if rma.keeps_goods and not rma.turning_id), ZERO),
            postage=postage_due(self._me, chosen),
            history=self.claim_history(now),
            was_apologised=any(rma.voucher for rma in mine),
        )

    def claim_history(self, now: datetime) -> History:
        """What the same person has claimed at this store, by the email address."""
        from returns.models.authorization import ReturnAuthorization
        from returns.models.order import Order

        me, since = self._me, now - A_YEAR
        same = Q(email=me.email, store=me.store_id) if me.email else Q(pk=me.pk)
        orders = Order.objects.filter(same)
        claims = ReturnAuthorization.objects.filter(
            order__in=orders,
            kind=Kind.CLAIM,
            requested_at__gt=since,
            lines__reason__in=CLAIM_REASONS,
        )
        misused = Q(status=Status.DECLINED, decline_reason=DeclineReason.MISUSE)
        counted = claims.aggregate(
            claims=Count("pk", distinct=True, filter=~Q(status__in=FREED)),
            misused=Count("pk", distinct=True, filter=misused),
        )
        return History(orders=orders.filter(placed_at__gt=since).count(), **counted)

    def _open_claim(
        self,
        wanted: "Sequence[Wanted]",
        outlook: Outlook,
        remedy: Remedy,
        *,
        by: Actor,
        key: str,
        note: str,
        now: datetime,
        **more: Any,
    ) -> "ReturnAuthorization":
        from returns.models.authorization import ReturnAuthorization

        return ReturnAuthorization.objects.open_for(
            self._me,
            wanted,
            outlook,
            wish=remedy.wish,
            by=by,
            key=key,
            note=note,
            kind=Kind.CLAIM,
            now=now,
            voucher=remedy.voucher,
            **more,
        )

    # --- What never came --------------------------------------------------------------------

    def _still_in(self, shipment: "Shipment") -> list[Chosen]:
        """What was in the parcel and is in no other return."""
        inside: dict[int, int] = {}
        for part in shipment.lines.all():
            inside[part.line_id] = inside.get(part.line_id, 0) + part.quantity
        counts = (
            (line, min(inside.get(line.pk, 0), line.returnable)) for line in self._me.lines.all()
        )
        return [line.choose(count, Reason.NEVER_CAME) for line, count in counts if count]

    def _outlook_of_lost(self, chosen: list[Chosen], wish: str) -> Outlook:
        pays_back = wish == Wish.REFUND
        outcome = estimate(
            chosen,
            self._me.currency,
            cap=self._me.refundable(),
            postage=postage_due(self._me, chosen, always=True) if pays_back else ZERO,
        )
        return Outlook(
            chosen=chosen,
            goods=outcome.goods,
            value=sum(outcome.goods.values(), ZERO),
            postage=outcome.postage if pays_back else ZERO,
            fee=ZERO,
            total=outcome.total if pays_back else ZERO,
            payer=Payer.STORE,
            keeps_goods=True,
            automatic=True,
        )


# What was asked for, of what is given without having been asked for.
WISHES_OF: dict[str, str] = {
    ResolutionKind.REFUND: Wish.REFUND,
    ResolutionKind.PART_REFUND: Wish.PART_REFUND,
    ResolutionKind.STORE_CREDIT: Wish.STORE_CREDIT,
    ResolutionKind.REPAIR: Wish.REPAIR,
    ResolutionKind.VOUCHER: Wish.VOUCHER,
}


def _choosing(
    wanted: "Sequence[Wanted]", variant: Mapping[int, Mapping[str, Any]]
) -> "list[Wanted]":
    """What is written down of it comes from the store's own list; only the sku is read."""
    skus = {pk: str(choice.get("sku", "")) for pk, choice in variant.items()}
    return [replace(item, variant=item.variant or skus.get(item.line_id, "")) for item in wanted]


def _kind_of(chosen: list[Chosen]) -> str:
    reasons = {item.reason for item in chosen}
    return next(kind for kind, alike in CLAIMED_AS.items() if reasons <= set(alike))


def outlook_of(chosen: list[Chosen], remedy: Remedy) -> Outlook:
    """The postage is ours, whoever pays what."""
    return Outlook(
        chosen=chosen,
        goods=remedy.goods,
        value=sum(remedy.goods.values(), ZERO),
        postage=remedy.postage,
        fee=ZERO,
        total=remedy.amount,
        payer=Payer.STORE,
        keeps_goods=not remedy.sends_back,
        automatic=remedy.automatic,
    )
