"""Case: one trouble of one order's parcel that a person of us looks after.

Opened in the transaction in which the trouble is found (an insert, no lock), taken up by
a worker under the order's lock: it gets an owner, a promise and the news to the buyer.
"""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Count, Q
from django.utils import timezone

from returns.codes import ProblemKind
from returns.investigation_steps import BY_CARRIER
from returns.models.event import CLOCK, RULE, Actor, Event, EventKind
from returns.models.shipment import Shipment
from returns.rounds import in_time
from returns.states import SETTLED
from tracking.incidents import GRAVITY, IncidentKind
from tracking.models import Incident

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django_stubs_ext.db.models.manager import RelatedManager

    from returns.models.carrier_contact import CarrierContact
    from returns.models.investigation import Investigation
    from returns.models.order import Order
    from returns.models.store import Store
    from tracking.models import Parcel

logger = logging.getLogger(__name__)
# Rows that one round takes; the sweep comes again in a minute.
AT_ONCE = 200


class CaseKind(models.TextChoices):
    """Beside those of tracking.incidents.IncidentKind."""

    CAME_BACK = "came_back", "Turned back to us"
    TOLD = "told", "The buyer says so"
    TURNED_UP = "turned_up", "Turned up after it was made good"


ALL_KINDS = [*IncidentKind.choices, *CaseKind.choices]
# Of which pages and letters tell what a case of that kind is about.
UNTOLD = frozenset({CaseKind.TOLD, CaseKind.TURNED_UP})
CASE_KINDS = [(kind, label) for kind, label in ALL_KINDS if kind not in UNTOLD]
# What was so before the order came to us is no news; the page tells it all the same.
BEFORE_WE_KNEW = timedelta(days=1)
# After a delivery these are let rest when nobody has complained for so long.
NEWS_FOR = timedelta(days=14)
SOFT = frozenset(
    {IncidentKind.UNCLEAR_SIGNATURE, IncidentKind.DAMAGED, IncidentKind.WEIGHT_MISMATCH}
)


class CaseQuerySet(models.QuerySet["Case"]):
    def open(self) -> "CaseQuerySet":
        return self.filter(closed_at=None)

    def stirred(self) -> "CaseQuerySet":
        """Those about which something has changed that nobody has taken up."""
        return self.exclude(stirred_at=None).order_by("stirred_at", "pk")

    def stir(self, now: datetime) -> int:
        """What we owe about these is looked at anew. Who has been told is not told again."""
        return self.update(stirred_at=now)

    def follow(self, now: datetime | None = None) -> None:
        """Takes up what is new about troubles of parcels, each in a transaction of its own;
        one that fails does not hold up the rest."""
        now = now or timezone.now()
        for incident in in_time(Incident.objects.news().select_related("parcel")[:AT_ONCE]):
            try:
                self._follow(incident, now)
            except Exception:
                logger.exception("incident %s could not be taken up", incident.pk)
        self.take_up(now)

    def _follow(self, incident: Incident, now: datetime) -> None:
        """For every order that the parcel belongs to; what changes while we are at it is
        taken up the next time."""
        shipments = Shipment.objects.filter(parcel=incident.parcel).order_by("order_id", "pk")
        rows = {(row.order_id, row.authorization_id): row for row in shipments}
        with transaction.atomic():
            # Read anew: the list may be old, and somebody else may have been faster. What
            # changes after this stays news, and comes round again.
            fresh = Incident.objects.news().filter(pk=incident.pk).first()
            if fresh is None:
                return
            for row in rows.values():
                self._stir(row, fresh, now)
        for case in self.stirred().filter(incident=fresh).select_related("order"):
            case.take_up(now)
        Incident.objects.taken_up(fresh)

    def _stir(self, shipment: Shipment, incident: Incident, now: datetime) -> None:
        mine = self.open().filter(
            order_id=shipment.order_id, parcel=incident.parcel, kind=incident.kind
        )
        values = {
            "incident": incident,
            "level": incident.level,
            "since": incident.since,
            "cleared_at": incident.cleared_at,
            "stirred_at": now,
        }
        if mine.update(**values) or not incident.is_open:
            return
        if _is_settled(shipment) or _is_anothers(shipment, incident):
            return
        Case.objects.bulk_create(
            [
                Case(
                    order_id=shipment.order_id,
                    authorization_id=shipment.authorization_id,
                    parcel=incident.parcel,
                    kind=incident.kind,
                    opened_at=now,
                    **values,
                )
            ],
            ignore_conflicts=True,
        )

    def turned(self, parcel: "Parcel", shipments: Iterable[Shipment], now: datetime) -> None:
        """A parcel to the buyer is on its way back to us, or here again. Called while it is
        locked: rows are written, and a worker takes them up. For whom it was made good before,
        nothing is owed any more (Investigation.stir)."""
        shipments = [row for row in shipments if not _is_settled(row)]
        cases = [
            Case(
                order_id=row.order_id,
                parcel=parcel,
                kind=CaseKind.CAME_BACK,
                since=parcel.milestone_at or now,
                opened_at=now,
                stirred_at=now,
            )
            for row in shipments
        ]
        Case.objects.bulk_create(cases, ignore_conflicts=True)
        # It turned once more before anybody saw that it had not.
        self._turning(parcel).exclude(cleared_at=None).update(cleared_at=None, stirred_at=now)

    def turned_again(self, parcel: "Parcel", now: datetime) -> None:
        """It goes to the buyer after all."""
        self._turning(parcel).update(cleared_at=now, stirred_at=now)

    def told_by_buyer(self, shipment: Shipment, kinds: Collection[str], now: datetime) -> "Case":
        """The case that belongs to what a buyer told us of a parcel: the gravest one of these
        kinds, as far as anything is known; else one for the word of the buyer alone. Whoever
        told it is answered, and hears of it no other way. Under the order's lock."""
        assert shipment.parcel is not None
        for incident in Incident.objects.open().filter(parcel=shipment.parcel, kind__in=kinds):
            self._stir(shipment, incident, now)
        mine = self.open().filter(order=shipment.order_id, parcel=shipment.parcel)
        known = sorted(mine.filter(kind__in=kinds), key=lambda case: GRAVITY.index(case.kind))
        case = known[0] if known else self._bare(shipment, CaseKind.TOLD, now)
        told = max(case.told_level, case.level)
        mine.filter(pk=case.pk).update(told_level=told, stirred_at=now)
        case.take_up(now)
        return self.get(pk=case.pk)

    def turned_up(self, order: "Order", parcel: "Parcel", now: datetime) -> "Case":
        """A parcel that was made good has moved. Under the order's lock."""
        shipment = order.shipments.filter(parcel=parcel).order_by("shipped_at", "pk").first()
        assert shipment is not None
        case = self._bare(shipment, CaseKind.TURNED_UP, now)
        self.filter(pk=case.pk).update(stirred_at=now, looked_at=None, looked_by=None)
        return case

    def _bare(self, shipment: Shipment, kind: str, now: datetime) -> "Case":
        """The open one of a kind that no incident stands behind, made when there is none. It
        writes no letter of its own: its level counts as told."""
        case, _ = self.get_or_create(
            order_id=shipment.order_id,
            parcel=shipment.parcel,
            kind=kind,
            closed_at=None,
            defaults={
                "authorization_id": shipment.authorization_id,
                "since": now,
                "opened_at": now,
                "told_level": 1,
                "stirred_at": now,
            },
        )
        return case

    def arrived(self, parcel: "Parcel", now: datetime) -> int:
        """What a buyer told of it was about its way. Called while it is locked."""
        mine = self.open().filter(parcel=parcel, kind=CaseKind.TOLD)
        return mine.update(cleared_at=now, stirred_at=now)

    def _turning(self, parcel: "Parcel") -> "CaseQuerySet":
        return self.open().filter(parcel=parcel, kind=CaseKind.CAME_BACK)

    def forgotten(self, now: datetime | None = None) -> "CaseQuerySet":
        """About parcels that arrived long ago, where nobody has complained."""
        before = (now or timezone.now()) - NEWS_FOR
        old = self.open().filter(parcel__ended_at__lt=before, kind__in=SOFT)
        return old.exclude(investigations__status="open")

    def forget(self, now: datetime | None = None) -> None:
        for case in in_time(self.forgotten(now).select_related("order")[:AT_ONCE]):
            try:
                case.close("It arrived, and we heard nothing more.", by=CLOCK, now=now)
            except Exception:
                logger.exception("case %s could not be closed", case.pk)

    def unseen(self) -> "CaseQuerySet":
        """Open, and nobody has looked at what is wrong now."""
        return self.open().filter(looked_at=None)

    def take_up(self, now: datetime | None = None) -> None:
        """Each in a transaction of its own; one that fails does not hold up the rest."""
        for case in in_time(self.stirred().select_related("order")[:AT_ONCE]):
            try:
                case.take_up(now)
            except Exception:
                logger.exception("case %s could not be taken up", case.pk)


class Case(models.Model):
    """told_level: how grave it was when the buyer was told last, 0 = never."""

    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="cases")
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="cases",
    )
    parcel = models.ForeignKey("tracking.Parcel", models.CASCADE, related_name="+")
    incident = models.ForeignKey(
        "tracking.Incident", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=24, choices=ALL_KINDS)
    level = models.PositiveSmallIntegerField(default=1)
    told_level = models.PositiveSmallIntegerField(default=0, editable=False)
    since = models.DateTimeField(help_text="When the trouble began, by the scans.")
    opened_at = models.DateTimeField(default=timezone.now)
    stirred_at = models.DateTimeField(null=True, blank=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="cases",
        help_text="Who looks at it before its promise falls due.",
    )
    looked_at = models.DateTimeField(null=True, blank=True)
    looked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    cleared_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the trouble was over."
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=8, blank=True)
    close_reason = models.CharField(max_length=300, blank=True)

    objects = CaseQuerySet.as_manager()

    if TYPE_CHECKING:
        contacts: RelatedManager["CarrierContact"]
        investigations: RelatedManager["Investigation"]

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "parcel", "kind"],
                name="case_open_once",
                condition=Q(closed_at=None),
            )
        ]
        indexes = [
            models.Index(
                fields=["stirred_at"], name="case_stirred", condition=Q(stirred_at__isnull=False)
            ),
            models.Index(
                fields=["looked_at", "opened_at"], name="case_open", condition=Q(closed_at=None)
            ),
        ]
        permissions = [("care_for_case", "Can look after cases")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.order}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_old_news(self) -> bool:
        """It was so before the order came to us."""
        return self.since < self.order.arrived_at - BEFORE_WE_KNEW

    # --- verbs ----------------------------------------------------------------------------

    def take_up(self, now: datetime | None = None) -> None:
        """Does what follows from its last change, under the order's lock: an owner, a
        promise, and the news."""
        from returns import news
        from returns.models.investigation import Investigation
        from returns.models.signature import SignatureQuestion

        now = now or timezone.now()
        with transaction.atomic():
            order = self.order.locked()
            # What stirs it at this moment waits, and finds it as we leave it.
            stirred = Case.objects.stirred().filter(pk=self.pk).select_related("parcel")
            case = stirred.select_for_update(of=("self",)).first()
            if case is None:
                return
            case.order = order
            if case.cleared_at and case.is_open:
                case._close(CLOCK, "It is over.", now)
                news.trouble_is_over(case, now)
                Investigation.objects.after(case, now)
                SignatureQuestion.objects.follow(case, now)
            elif case.is_open:
                if case.owner_id is None:
                    case.owner = owner_for(order.store)
                # First: what is told of it asks the question.
                self._ask(case, now)
                Investigation.objects.begin(case, now)
                if news.trouble(case, now):
                    case.told_level, case.looked_at, case.looked_by = case.level, None, None
            case.stirred_at = None
            case.save()

    def _ask(self, case: "Case", now: datetime) -> None:
        """Who signed, or what the scales say once more, before anybody is blamed."""
        from returns.models.signature import SignatureQuestion
        from returns.models.weighing import Weighing
        from returns.news import BEFORE_WE_KNEW

        if case.since < case.order.arrived_at - BEFORE_WE_KNEW:
            return
        SignatureQuestion.objects.follow(case, now)
        if case.kind == IncidentKind.WEIGHT_MISMATCH and case.authorization:
            Weighing.objects.ask_about(case.authorization, by=RULE, now=now)

    def look_at(self, *, by: Actor, now: datetime | None = None) -> None:
        """Its owner (or another member of staff) has seen it."""
        now = now or timezone.now()
        seen = {"looked_at": now, "looked_by": by.user}
        if Case.objects.unseen().filter(pk=self.pk).update(**seen):
            self.looked_at, self.looked_by = now, by.user

    def give_to(self, user: "User", *, by: Actor, now: datetime | None = None) -> None:
        """Another member of staff looks after it from now on."""
        with transaction.atomic():
            order = self.order.locked()
            Case.objects.filter(pk=self.pk).update(owner=user)
            self._give_steps(user)
            Event.objects.note(
                order, EventKind.CASE_GIVEN, by=by, at=now, case=self.kind, to=user.get_username()
            )
        self.owner = user

    def _give_steps(self, user: "User") -> None:
        """With the case goes what is left to do to find its parcel."""
        from returns.models.investigation_step import InvestigationStep

        mine = InvestigationStep.objects.to_do().filter(investigation__case=self)
        mine.exclude(kind__in=BY_CARRIER).update(owner=user)

    def close(
        self,
        reason: str,
        *,
        by: Actor,
        now: datetime | None = None,
        ends_search: bool = True,
    ) -> None:
        """A person says that nothing is left to be done; what was promised for it alone
        falls away with it. ends_search: nothing is left between the carrier and us, too."""
        from returns.models.investigation import Investigation
        from returns.models.signature import SignatureQuestion

        now = now or timezone.now()
        with transaction.atomic():
            self.order = self.order.locked()
            if not Case.objects.open().filter(pk=self.pk).exists():
                return
            self._close(by, reason, now)
            if ends_search:
                Investigation.objects.stop(self, by=by, now=now)
            SignatureQuestion.objects.follow(self, now)
            self.stirred_at = None
            self.save(update_fields=["closed_at", "closed_by", "close_reason", "stirred_at"])
            Event.objects.note(
                self.order, EventKind.CASE_CLOSED, by=by, at=now, case=self.kind, reason=reason
            )
            self.order.let_go_of_update(now)

    def _close(self, by: Actor, reason: str, now: datetime) -> None:
        self.closed_at, self.closed_by, self.close_reason = now, by.kind, reason[:300]


def _is_settled(shipment: Shipment) -> bool:
    """Whatever becomes of the parcel, its buyer has got what is owed for it."""
    if shipment.authorization_id:
        rma = shipment.authorization
        return rma is not None and rma.status in SETTLED and rma.received_at is None
    return shipment.made_good_at is not None


def _is_anothers(shipment: Shipment, incident: Incident) -> bool:
    """A parcel may bring several orders: what one buyer misses, another may have."""
    if incident.kind != IncidentKind.DELIVERED_NOT_RECEIVED or shipment.is_return:
        return False
    from returns.models.problem import Problem

    missed = Problem.objects.filter(kind=ProblemKind.NOT_HERE, over_at=None)
    mine = missed.filter(order=shipment.order_id, shipment__parcel=shipment.parcel_id)
    return incident.parcel.disputed_at is not None and not mine.exists()


def owner_for(store: "Store") -> "User | None":
    """Whom the store names; else, of those who may look after cases, whoever has the fewest."""
    if store.case_owner and store.case_owner.is_active:
        return store.case_owner
    may = Q(user_permissions__codename="care_for_case") | Q(
        groups__permissions__codename="care_for_case"
    )
    staff = get_user_model().objects.filter(may, is_active=True, is_staff=True)
    mine = Count("cases", filter=Q(cases__closed_at=None), distinct=True)
    return staff.annotate(many=mine).order_by("many", "pk").first()
