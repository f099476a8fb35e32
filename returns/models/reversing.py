"""Reversing: money that had been sent came back to us."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from returns.codes import LEAVES_UNITS
from returns.models.deciding import SETTLES
from returns.models.event import Actor, ActorKind, EventKind
from returns.models.notice import NoticeKind
from returns.models.promise import PromiseKind
from returns.models.resolution import Resolution
from returns.models.return_base import ReturnBase
from returns.states import SETTLED, Status

AMOUNTS = ("amount", "goods", "postage", "fee", "difference")
# Of a return that was finished: something is to be sent once more.
OWES_AGAIN: dict[str, Any] = {"status": Status.RESOLVED, "ended_at": None}


class Reversing(ReturnBase):
    class Meta:
        abstract = True

    def resolution_reversed(
        self, resolution: Resolution, words: str, *, by: Actor, now: datetime
    ) -> None:
        """Its money came back to us. Where it was what the goods were worth, they are dealt
        with no more, and what the buyer gets is decided anew; else the same is owed again, and
        a person sends it another way. Under the order's lock."""
        told = {"resolution": resolution.pk, "words": words}
        reopens = self.status in SETTLED and self.wish not in LEAVES_UNITS
        if reopens and (resolution.goods or resolution.postage):
            self._reopen(by, now, **told)
            return
        was_closed = self.status == Status.CLOSED
        with self._changing(Q(), **(OWES_AGAIN if was_closed else {})):
            row = self._owe_again(resolution, by, now)
            self._me._promise_to_send(row, by, now)
            self._tell(EventKind.REFUND_REVERSED, by, now, NoticeKind.REFUND_REVERSED, **told)

    def _reopen(self, by: Actor, now: datetime, **told: object) -> None:
        """The goods are as they were before it was decided; what is the buyer's again by that
        decision stays so."""
        kept = self.keeps_goods
        for row in self.lines.all():
            if kept:
                row.waived = max(row.approved - row.received, 0)
            else:
                row.stands_for = row.accepted + row.waived
                row.approved = min(row.received + row.waived, row.requested)
                row.waived = 0
            row.resolved = 0
            row.save(update_fields=["approved", "waived", "resolved", "stands_for"])
        new = Status.APPROVED if kept else Status.INSPECTED
        values = {"ended_at": None, "resolved_at": None}
        with self._moving(new, where=Q(keeps_goods=kept), **values):
            due = self.order.store.answer_by(now)
            kind = SETTLES[self.wish] if kept else PromiseKind.INSPECTION
            self._promise(kind, due, by, now)
            self._tell(EventKind.REFUND_REVERSED, by, now, NoticeKind.REFUND_REVERSED, **told)

    def _owe_again(self, reversed_: Resolution, by: Actor, now: datetime) -> Resolution:
        """The same once more, for a person to send: the way it went is no way. As long as the
        shop counts it as refunded, that stands for this one."""
        return Resolution.objects.create(
            authorization_id=self.pk,
            kind=reversed_.kind,
            method=reversed_.method,
            words=reversed_.words,
            in_shop=reversed_.in_shop and by.kind != ActorKind.SHOP,
            decided_at=now,
            decided_by=by.user,
            **{name: getattr(reversed_, name) for name in AMOUNTS},
        )
