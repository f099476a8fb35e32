"""Investigation: a parcel that is searched for, step by step, with its carrier.

At most one is open for a parcel of an order; it goes along with the case that says what is
wrong by now. What was asked and answered stands in the case's contacts.
"""

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from returns import investigation_steps as procedure
from returns.investigation_steps import MAY_BE_FOUND, InvestigationStatus, StepKind
from returns.models.case import Case
from returns.models.event import CARRIER, RULE, Actor, Event, EventKind
from returns.models.investigation_step import InvestigationStep
from returns.models.making_good import MakingGood
from returns.rounds import in_time
from tracking.milestones import TURNED
from tracking.models import Incident, Parcel

if TYPE_CHECKING:
    from returns.models.carrier_contact import CarrierContact
    from returns.models.order import Order

logger = logging.getLogger(__name__)
S = InvestigationStatus
# Rows that one round takes; the sweep comes again in a minute.
AT_ONCE = 200


class InvestigationQuerySet(models.QuerySet["Investigation"]):
    def open(self) -> "InvestigationQuerySet":
        return self.filter(status=S.OPEN)

    def made_good(self) -> "InvestigationQuerySet":
        """Their buyers chose, and get, something for what did not come."""
        return self.exclude(chosen_at=None)

    def of_case(self, case: Case) -> "InvestigationQuerySet":
        """Of the same parcel, whatever is wrong with it by now."""
        return self.filter(order=case.order_id, parcel=case.parcel_id)

    # --- queues of the desk ---------------------------------------------------------------------

    def late(self, now: datetime | None = None) -> "InvestigationQuerySet":
        """A step of them should have been done by now."""
        missed = InvestigationStep.objects.to_do().filter(due_at__lt=now or timezone.now())
        return self.open().filter(Exists(missed.filter(investigation=OuterRef("pk"))))

    def to_decide(self) -> "InvestigationQuerySet":
        """The carrier has answered; a person says what follows from it."""
        answered = InvestigationStep.objects.filter(
            investigation=OuterRef("pk"), kind=StepKind.CARRIER_ANSWER, done_at__isnull=False
        )
        return self.open().filter(Exists(answered))

    # --- beginning ------------------------------------------------------------------------------

    def open_for(self, case: Case, *, by: Actor, now: datetime | None = None) -> "Investigation":
        """The open one of the case's parcel, made when there is none."""
        now = now or timezone.now()
        with transaction.atomic():
            order = case.order.locked()
            known = self.of_case(case).open().first()
            if known:
                known.order = order
                known.go_along(case)
                return known
            investigation = self._make(order, case, by, now)
            Event.objects.note(
                order,
                EventKind.INVESTIGATION_OPENED,
                by=by,
                authorization=case.authorization,
                at=now,
                case=case.kind,
            )
        return investigation

    def _make(self, order: "Order", case: Case, by: Actor, now: datetime) -> "Investigation":
        shipments = order.shipments.filter(parcel=case.parcel_id)
        investigation = self.create(
            order=order,
            case=case,
            kind=case.kind,
            parcel_id=case.parcel_id,
            shipment=shipments.filter(authorization=case.authorization_id).first(),
            authorization=case.authorization,
            opened_at=now,
            opened_by=by.kind,
        )
        InvestigationStep.objects.bulk_create(
            InvestigationStep(
                investigation=investigation,
                kind=kind,
                position=position,
                owner=None if kind in procedure.BY_CARRIER else case.owner,
                due_at=now,
            )
            for position, kind in enumerate(procedure.procedure(case.kind))
        )
        investigation.retime()
        for contact in case.contacts.all():  # asked before anybody thought of searching
            investigation.take(contact)
        return investigation

    def begin(self, case: Case, now: datetime) -> None:
        """A case was taken up: what the watch has investigated is begun, and what is begun
        goes along with it. Under the order's lock."""
        investigation = self.of_case(case).open().first()
        if investigation:
            investigation.order = case.order
            investigation.go_along(case)
        elif procedure.opens_by_itself(case.kind, case.level) and not case.is_old_news:
            investigation = self.open_for(case, by=RULE, now=now)
        if investigation and investigation.case_id == case.pk:
            investigation.do_not_wait(now)

    def note_contact(self, contact: "CarrierContact") -> None:
        """The carrier was asked, or has answered. Under the order's lock."""
        for investigation in self.of_case(contact.case).open():
            investigation.order = contact.case.order
            investigation.take(contact)

    # --- ending ---------------------------------------------------------------------------------

    def after(self, case: Case, now: datetime) -> None:
        """The trouble of a case is over, and with it the search, where the parcel was seen or
        taken in. Where something else is wrong by now, its own case takes the search over.
        Under the order's lock."""
        from returns.models.problem import Problem

        mine = self.filter(status__in=MAY_BE_FOUND, chosen_at=None, case=case)
        investigation = mine.select_related("parcel").first()
        if investigation:
            investigation.order, parcel = case.order, investigation.parcel
            wrong = Incident.objects.open().filter(parcel=parcel).values_list("kind", flat=True)
            if any(procedure.is_about(investigation.kind, kind) for kind in wrong):
                return
            turned = parcel.milestone in TURNED and not investigation.is_of_return
            if not turned and not _was_seen(parcel, case):
                return
            investigation.conclude(S.RETURNED if turned else S.FOUND, by=CARRIER, now=now)
        Problem.objects.filter(case=case, over_at=None).update(over_at=now)

    def stop(self, case: Case, *, by: Actor, now: datetime) -> None:
        """Whoever looks after it says that nothing is left to be done. Under the lock."""
        for investigation in self.open().filter(case=case):
            investigation.order = case.order
            investigation.conclude(S.STOPPED, by=by, now=now)

    # --- what turns up later --------------------------------------------------------------------

    def stir(self, parcel: Parcel, now: datetime) -> int:
        """A parcel that was made good has moved. Called while it is locked: a row is written,
        and a worker takes it up."""
        return self.made_good().filter(parcel=parcel).update(stirred_at=now)

    def follow(self, now: datetime | None = None) -> None:
        """Each in a transaction of its own; one that fails does not hold up the rest."""
        now = now or timezone.now()
        stirred = self.exclude(stirred_at=None).select_related("order").order_by("stirred_at")
        for investigation in in_time(stirred[:AT_ONCE]):
            try:
                investigation.take_up(now)
            except Exception:
                logger.exception("investigation %s could not be taken up", investigation.pk)


def _was_seen(parcel: Parcel, case: Case) -> bool:
    """Since its trouble began."""
    scanned = parcel.last_scan_at is not None and parcel.last_scan_at > case.since
    return scanned or bool(parcel.ended_at or parcel.received_at)


class Investigation(MakingGood):
    objects = InvestigationQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "parcel"],
                name="investigation_open_once",
                condition=Q(status="open"),
            ),
            models.CheckConstraint(
                condition=Q(chosen_at=None, wish="")
                | (Q(chosen_at__isnull=False, offered_at__isnull=False) & ~Q(wish="")),
                name="investigation_chosen_when_offered",
            ),
            models.CheckConstraint(
                condition=Q(status="open", ended_at=None)
                | (~Q(status="open") & Q(ended_at__isnull=False)),
                name="investigation_ended_or_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["opened_at"], name="investigation_open", condition=Q(status="open")
            ),
            models.Index(
                fields=["stirred_at"],
                name="investigation_stirred",
                condition=Q(stirred_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.order}"
