"""Quiet hours: when a buyer sleeps, nothing that can wait is sent.

Pure functions; all moments are aware datetimes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

# What keeps a promise is written so long before it falls due: quiet hours, the pause
# between two messages and a mail server that answers "later" make nothing late.
LEAD = timedelta(hours=2)


@dataclass(frozen=True)
class Quiet:
    """From `begins` to `ends` by the buyer's clock (`zone`, IANA); the same hour twice means
    never."""

    begins: time
    ends: time
    zone: str

    @property
    def lasts(self) -> timedelta:
        """From one evening to the next morning; nothing where it is never quiet."""
        begins, ends = (
            timedelta(hours=at.hour, minutes=at.minute) for at in (self.begins, self.ends)
        )
        return (ends - begins) % timedelta(days=1)

    def until(self, now: datetime) -> datetime | None:
        """When it ends, if it is quiet at `now`."""
        local = now.astimezone(ZoneInfo(self.zone))
        clock = local.time()
        if self.begins == self.ends:
            return None
        if self.begins < self.ends:
            if not self.begins <= clock < self.ends:
                return None
            return self._at(local, self.ends)
        if clock >= self.begins:
            return self._at(local + timedelta(days=1), self.ends)
        return self._at(local, self.ends) if clock < self.ends else None

    def clear_of(self, due: datetime) -> datetime:
        """`due`, or as early after it as a message can be promised: with time enough to
        write it after the quiet hours."""
        end = self.until(due)
        if end is None:
            before = self.until(due.astimezone(UTC) - LEAD)
            end = before if before and before + LEAD > due else None
        return end + LEAD if end else due

    def _at(self, day: datetime, clock: time) -> datetime:
        """In UTC, where hours can be added. When clocks change it may come twice, or not at
        all: the later moment counts, else it could lie before the one that asks."""
        both = (
            datetime.combine(day.date(), clock, ZoneInfo(self.zone)).replace(fold=fold)
            for fold in (0, 1)
        )
        return max(one.astimezone(UTC) for one in both)
