"""Losing: a parcel that the buyer handed over does not come. The loss is ours, and what the
buyer gets does not wait for what the carrier says."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from returns.codes import MONEY_KINDS, ResolutionKind
from returns.models.event import Actor, EventKind
from returns.models.notice import NoticeKind
from returns.models.promise import Promise
from returns.models.resolution import Resolution
from returns.models.settling import GRANTS, PROMISED, SENT_WITHIN, Award, Settling
from returns.states import Status

MAY_BE_LOST = frozenset({Status.APPROVED, Status.IN_TRANSIT, Status.LOST})


class Losing(Settling):
    class Meta:
        abstract = True

    @property
    def may_take_loss(self) -> bool:
        """Something was to come back, and nobody has opened it."""
        return self.status in MAY_BE_LOST and not self.keeps_goods

    def take_loss(self, *, by: Actor, now: datetime | None = None) -> list[Resolution]:
        """It counts as if all of it had come: decided, and sent like every other. What was
        sent ahead is not given twice. Arrives it after all, `note_goods` books it."""
        now = now or timezone.now()
        with self._moving(
            Status.RESOLVED,
            only=MAY_BE_LOST,
            where=Q(keeps_goods=False),
            resolved_at=now,
            ended_at=None,
            decided_by=by.user,
        ):
            before = list(Resolution.objects.live().filter(authorization=self.pk))
            waived = {row.pk: row.approved - row.received for row in self.lines.all()}
            settlement = self.settlement(waived)
            self._write_off(waived, settlement)
            self.estimated_postage = settlement.postage
            mine = type(self)._default_manager.filter(pk=self.pk)
            mine.update(estimated_postage=settlement.postage)
            Promise.objects.release(self._me, now)
            made = []
            if not before:
                award = self._for_the_loss(settlement.total)
                made.append(self._award(award, settlement, by, now))
            for row in made:
                if not row.is_sent:
                    due = self.order.store.calendar.close_of_working_day(now, SENT_WITHIN)
                    self._promise(PROMISED[row.kind], due, by, now)
            self._tell(EventKind.RETURN_RESOLVED, by, now, NoticeKind.RETURN_RESOLVED)
            if all(row.is_sent for row in [*before, *made]):
                self._close(now)
        return made

    def _for_the_loss(self, total: Decimal) -> Award:
        """What was asked for, with a word why it comes without the parcel."""
        from returns.letters import speaking

        kind = GRANTS[self.wish]
        with speaking(self.order.language or self.order.store.language, self.order.where):
            words = _("Your parcel is lost on its way. That is between the carrier and us.")
        if kind not in MONEY_KINDS:
            return Award(kind, words=words)
        return Award(kind, total, words=words) if total else Award(ResolutionKind.NONE, words=words)
