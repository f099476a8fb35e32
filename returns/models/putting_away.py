"""Putting away: goods that are here although nobody waits for them any more, or that go back to
the buyer."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from returns.models.event import Actor, EventKind
from returns.models.return_base import ReturnBase
from returns.states import SETTLED, IllegalTransition


class PuttingAway(ReturnBase):
    class Meta:
        abstract = True

    @property
    def owes_goods(self) -> bool:
        """Goods that we could not take are still here and are to go back to the buyer."""
        return self.status in SETTLED and any(row.to_send_back for row in self.lines.all())

    def note_goods(
        self, counts: Mapping[int, int], disposition: str, *, by: Actor, now: datetime | None = None
    ) -> None:
        """Goods that were made good without having come are here after all (a parcel thought
        lost, one that was refused): booked and put away; nothing more is owed for them.

        counts: return line's id → units. ValueError when more than were waived.
        """
        now = now or timezone.now()
        with self._changing(Q()):
            rows = {row.pk: row for row in self.lines.all()}
            if self.status not in SETTLED or not any(counts.values()):
                raise IllegalTransition(self.status, self.status)
            for pk, units in counts.items():
                row = rows.get(pk)
                if row is None or not 0 <= units <= row.waived:
                    raise ValueError(f"{units} units of line {pk} cannot have come")
                row.waived -= units
                row.received += units
                row.accepted += units
                row.disposition = disposition if units else row.disposition
                row.save(update_fields=["waived", "received", "accepted", "disposition"])
            self._tell(EventKind.GOODS_CAME_LATER, by, now)

    def send_back(self, *, by: Actor, now: datetime | None = None) -> None:
        """What we could not take has left for the buyer: it is theirs again, and counts as
        never sent back. Until then nobody can ask for it once more."""
        now = now or timezone.now()
        with self._changing(Q()):
            rows = [row for row in self.lines.all() if row.to_send_back]
            if self.status not in SETTLED or not rows:
                raise IllegalTransition(self.status, self.status)
            for row in rows:
                row.sent_back = row.received - row.accepted
                row.save(update_fields=["sent_back"])
            self._tell(EventKind.GOODS_SENT_BACK, by, now)
