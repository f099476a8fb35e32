"""Searching: the steps of an investigation, what the carrier was asked, and its end."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from returns import investigation_steps as procedure
from returns.investigation_steps import InvestigationStatus, StepKind
from returns.models.case import Case
from returns.models.event import RULE, Actor, Event, EventKind
from returns.models.investigation_base import InvestigationBase
from returns.models.investigation_step import InvestigationStep
from returns.states import IllegalTransition
from tracking.incidents import GRAVITY, IncidentKind
from tracking.models import Lanes

if TYPE_CHECKING:
    from returns.models.carrier_contact import CarrierContact

S = InvestigationStatus


class Searching(InvestigationBase):
    class Meta:
        abstract = True

    # --- steps ----------------------------------------------------------------------------------

    def do_step(self, kind: str, *, by: Actor, note: str = "", now: datetime | None = None) -> bool:
        """One step is done. False when it was done before, or the search has ended. note: for
        ourselves. Raises ValueError for a step that is not among its own."""
        now = now or timezone.now()
        with transaction.atomic():
            self.order = self.order.locked()
            if not self.steps.filter(kind=kind).exists():
                raise ValueError(f"an investigation of {self.kind} has no step {kind}")
            if not self._here(status=S.OPEN).exists() or not self._mark(kind, now, by, note):
                return False
            Event.objects.note(
                self.order,
                EventKind.INVESTIGATION_STEP,
                by=by,
                authorization=self.authorization,
                at=now,
                step=kind,
            )
        return True

    def _mark(self, kind: str, at: datetime, by: Actor | None = None, note: str = "") -> bool:
        """Done; those that follow are due from then on. Under lock."""
        mine = self.steps.filter(kind=kind, done_at=None)
        if not mine.update(done_at=at, done_by=by.user if by else None, note=note[:2000]):
            return False
        self.retime()
        return True

    def retime(self) -> None:
        """Says anew until when each step is to be done. Under lock."""
        rows = list(self.steps.order_by("position"))
        when = procedure.due(
            [row.kind for row in rows],
            {row.kind: row.done_at for row in rows if row.done_at},
            self.opened_at,
            self.carrier_days,
            self.order.store.calendar.close_of_working_day,
        )
        for row in rows:
            if row.done_at is None and row.due_at != when[row.kind]:
                InvestigationStep.objects.filter(pk=row.pk).update(due_at=when[row.kind])
        self.carrier_due_at = when.get(StepKind.CARRIER_ANSWER)
        self._here().update(carrier_due_at=self.carrier_due_at)

    @property
    def carrier_days(self) -> int:
        """Working days that this carrier takes to answer on this lane."""
        parcel, store = self.parcel, self.order.store
        lanes = Lanes(store.account.lanes.all())
        known = lanes.answer_days(parcel.origin, parcel.destination, parcel.carrier)
        return known or store.carrier_days

    def take(self, contact: "CarrierContact") -> None:
        """The carrier was asked, or has answered. Under lock."""
        self._mark(StepKind.ASK_CARRIER, contact.asked_at)
        if contact.answered_at:
            self._mark(StepKind.CARRIER_ANSWER, contact.answered_at)

    # --- going along with its case --------------------------------------------------------------

    def go_along(self, case: Case) -> None:
        """What is wrong with the parcel by now is graver than before, or took the place of what
        is over. What the carrier was asked goes along. Under lock."""
        if case.pk == self.case_id or case.kind not in procedure.SEARCHED:
            return
        if self.case.is_open and _rank(case.kind) >= _rank(self.kind):
            return
        from returns.models.carrier_contact import CarrierContact

        CarrierContact.objects.filter(case=self.case_id).update(case=case)
        self._here().update(case=case, kind=case.kind)
        self.case, self.kind = case, case.kind

    def do_not_wait(self, now: datetime) -> None:
        """Whom we trust does not wait until the carrier has paid us. Under lock."""
        if not _is_gone(self.kind) or not _is_trusted(self, now):
            return
        if self.authorization:
            self._take_loss(RULE, now)
        elif self.kind == IncidentKind.LOST:
            self._me.offer(now)

    def _take_loss(self, by: Actor, now: datetime) -> None:
        rma = self.authorization
        if rma and rma.may_take_loss:
            rma.order = self.order
            rma.take_loss(by=by, now=now)

    # --- the end --------------------------------------------------------------------------------

    def end(self, status: str, words: str = "", *, by: Actor, now: datetime | None = None) -> None:
        """A person says what came of it, and the buyer is told, unless it was made good before.
        words: for the buyer, in the buyer's language. Raises IllegalTransition when it has
        ended in the meantime."""
        now = now or timezone.now()
        with transaction.atomic():
            self.order = self.order.locked()
            self.refresh_from_db(fields=["offered_at", "chosen_at"])
            self.conclude(status, words, by=by, now=now)
            if self.is_made_good:
                return
            if status == S.LOST and self.is_of_return:
                self._take_loss(by, now)
            elif status == S.LOST:
                self._me.offer(now)
            self._settle_case(by, now)
            self._tell(status, by, now, status=status)

    def conclude(self, status: str, words: str = "", *, by: Actor, now: datetime) -> None:
        """Without telling the buyer, who is told otherwise. Under lock."""
        if status not in procedure.MOVES[self.status]:
            raise IllegalTransition(self.status, status)
        values = {"status": status, "words": words, "ended_at": now, "ended_by": by.kind}
        if not self._here(status=self.status).update(**values):
            raise IllegalTransition(self.status, status)
        for name, value in values.items():
            setattr(self, name, value)
        if status in (S.FOUND, S.RETURNED):
            self._problems().update(over_at=now)
        if by.is_staff:
            decided = self.steps.filter(kind=StepKind.DECIDE, done_at=None)
            decided.update(done_at=now, done_by=by.user)
        Event.objects.note(
            self.order,
            EventKind.INVESTIGATION_ENDED,
            by=by,
            authorization=self.authorization,
            at=now,
            status=status,
            words=words,
        )

    def _settle_case(self, by: Actor, now: datetime) -> None:
        """What a person has ended needs no looking after. But a choice is waited for, and what
        was found has yet to come. Under lock."""
        if self.status == S.FOUND and not self.is_of_return and self.parcel.disputed_at:
            self.parcel.undispute(now)
        elif self.status in (S.FOUND, S.RETURNED) or self.waits_for_choice:
            return
        case = Case.objects.open().filter(pk=self.case_id).first()
        if case:
            case.order = self.order
            case.close(f"Investigated: {self.get_status_display().lower()}.", by=by, now=now)


def _rank(kind: str) -> int:
    """The gravest first."""
    return GRAVITY.index(IncidentKind(kind)) if kind in GRAVITY else len(GRAVITY)


def _is_gone(kind: str) -> bool:
    return kind in (IncidentKind.LOST, IncidentKind.DELIVERED_NOT_RECEIVED)


def _is_trusted(investigation: InvestigationBase, now: datetime) -> bool:
    from returns import trust

    return trust.of(investigation.order, now).is_trusted
