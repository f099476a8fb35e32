"""Appealing: the buyer asks once to look again, and a second person decides.

What was declined becomes a request once more; what was settled with less than the buyer had
asked for stays as it is, until somebody who may says that it stays so, or gives more."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db.models import F, Q
from django.utils import timezone

from returns import states
from returns.codes import ResolutionKind
from returns.models.event import Actor, EventKind
from returns.models.notice import NoticeKind
from returns.models.promise import PromiseKind
from returns.models.return_base import ReturnBase
from returns.states import SETTLED, IllegalTransition, Status

if TYPE_CHECKING:
    from returns.models.settling import Award

LESS = frozenset({ResolutionKind.NONE, ResolutionKind.PART_REFUND})
DECIDES_APPEALS = "returns.decide_appeal"
# Settled, and the buyer asked to look again after that.
ASKED_AFTER = Q(status__in=SETTLED, appealed_at__gte=F("resolved_at"))
WAITING = Q(appeal_ended_at=None, appealed_at__isnull=False) & (
    Q(status=Status.REQUESTED) | ASKED_AFTER
)


class Appealing(ReturnBase):
    class Meta:
        abstract = True

    @property
    def is_appealed(self) -> bool:
        """The buyer asked to look again, and nobody has yet."""
        if self.appealed_at is None or self.appeal_ended_at is not None:
            return False
        if self.status in SETTLED:
            return self.resolved_at is not None and self.appealed_at >= self.resolved_at
        return self.status in states.UNDECIDED

    @property
    def gave_less(self) -> bool:
        """It ended with nothing, or with less than the buyer had asked for; new goods that were
        sent already are what was asked for. Reads its resolutions and lines."""
        from returns.models.settling import GRANTS

        if self.status not in SETTLED:
            return False
        rows = [row for row in self.resolutions.all() if row.state not in states.VOID]
        kinds = {row.kind for row in rows}
        if sum(row.difference for row in rows) < 0:
            return True
        if GRANTS[self.wish] not in kinds and kinds & LESS:
            return True
        return bool(rows) and any(
            row.approved > max(row.accepted + row.waived, row.replaced) for row in self.lines.all()
        )

    @property
    def may_question_outcome(self) -> bool:
        """What was given may be looked at once more. Reads its resolutions."""
        return self.appealed_at is None and self.gave_less

    def look_again(self, words: str, *, by: Actor, now: datetime | None = None) -> None:
        """The buyer's one appeal. What was freed must still be there: Refused if not."""
        now = now or timezone.now()
        said: dict[str, Any] = {"appeal": words, "appealed_at": now}
        if self.may_be_appealed:
            moving = self._moving(
                Status.REQUESTED, where=Q(appealed_at=None), again=now, ended_at=None, **said
            )
        elif self.may_question_outcome:
            moving = self._changing(Q(appealed_at=None), **said)
        else:
            raise IllegalTransition(self.status, Status.REQUESTED)
        with moving:
            self._promise_answer(now)
            self._tell(EventKind.RETURN_APPEALED, by, now, NoticeKind.RETURN_REQUESTED, words=words)

    def answer_appeal(
        self,
        words: str,
        award: "Award | None" = None,
        *,
        by: Actor,
        now: datetime | None = None,
    ) -> None:
        """Of what was settled: it stays as it is, or so much more is given. words: why, for the
        buyer. Raises TooMuch, PermissionDenied, IllegalTransition."""
        now = now or timezone.now()
        if self.status not in SETTLED or not self.is_appealed:
            raise IllegalTransition(self.status, self.status)
        waiting = Q(appeal_ended_at=None)
        with self._changing(waiting, appeal_answer=words, **self._end_appeal(by, now)):
            if award is not None:
                self._me.give_besides(award, by=by, now=now)
            self._keep(PromiseKind.ANSWER, now)
            letter = NoticeKind.RETURN_RESOLVED
            self._tell(EventKind.RETURN_RESOLVED, by, now, letter, words=words, appealed=True)

    @property
    def _as_appealed(self) -> Q:
        """Nobody has asked to look again since this was read."""
        return Q(appealed_at=self.appealed_at)

    def _end_appeal(self, by: Actor, now: datetime) -> dict[str, Any]:
        """Whoever decides about it now decides about the appeal. Raises PermissionDenied for a
        member of staff who may not; a second person looks, not the same once more."""
        if not self.is_appealed:
            return {}
        if by.user is not None and not by.user.has_perm(DECIDES_APPEALS):
            raise PermissionDenied("Somebody else decides when a buyer asks to look again.")
        return {"appeal_ended_at": now}
