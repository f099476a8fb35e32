"""Account: whose keys, quotas, lanes and calendar a parcel uses."""

import uuid
from datetime import time
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.text import slugify

from tracking.calendars import Calendar, DayNotice, Days, days_of
from tracking.models.holiday import HolidayNotice
from tracking.watch import Tolerance

if TYPE_CHECKING:
    from tracking.models.weight_tolerance import Tolerances


def known_zone(value: str) -> None:
    try:
        ZoneInfo(value)
    except (LookupError, ValueError, OSError):  # unknown, or no name at all
        raise ValidationError(
            "%(value)s is not a time zone, write for example Europe/Berlin.",
            params={"value": value},
        ) from None


class Account(models.Model):
    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(
        max_length=80,
        unique=True,
        blank=True,
        help_text=(
            "Stands in the address that providers push to: /hooks/17track/…/. Taken from the "
            "name when left empty. After a change, change the address at the provider too."
        ),
    )
    zone = models.CharField("time zone", max_length=40, default="UTC", validators=[known_zone])
    country = models.CharField(
        max_length=2,
        validators=[RegexValidator(r"^[A-Z]{2}$", "Two capitals: DE.")],
        help_text="ISO code; its public holidays count.",
    )
    opens = models.TimeField(default=time(9))
    closes = models.TimeField(default=time(18))
    works_weekends = models.BooleanField(default=False)
    stamp = models.UUIDField(
        default=uuid.uuid4,
        editable=False,
        help_text="Another one whenever working time, lanes or holiday notices change.",
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(opens__lt=models.F("closes")),
                name="account_opens_before_it_closes",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.slug:
            self.slug = self._free_slug()
        self.stamp = uuid.uuid4()
        super().save(*args, **kwargs)

    def _free_slug(self) -> str:
        """The name as it may stand in an address; numbered when it is taken."""
        plain = slugify(self.name)[:70].strip("-_") or "account"
        taken = set(Account.objects.filter(slug__startswith=plain).values_list("slug", flat=True))
        numbered = (f"{plain}-{number}" for number in count(2))
        return plain if plain not in taken else next(s for s in numbered if s not in taken)

    @cached_property
    def _told(self) -> list[HolidayNotice]:
        return list(self.holiday_notices.all()) if self.pk else []

    @cached_property
    def _notices(self) -> dict[str, tuple[DayNotice, ...]]:
        """Country → what we know better than its calendar."""
        found: dict[str, tuple[DayNotice, ...]] = {}
        for row in self._told:
            notice = DayNotice(row.first, row.last, row.works, row.name, row.name_zh)
            found[row.country] = (*found.get(row.country, ()), notice)
        return found

    @property
    def calendar(self) -> Calendar:
        """Our own working time."""
        weekdays = tuple(range(7 if self.works_weekends else 5))
        closed = frozenset(
            day for row in self._told if not row.country and not row.works for day in row.days()
        )
        notices = self._notices.get(self.country, ())
        return Calendar(self.zone, self.country, self.opens, self.closes, weekdays, closed, notices)

    def days(self, country: str) -> Days:
        """The days off of a country (ISO 3166 alpha-2), as far as we know better corrected."""
        return days_of(country, self._notices.get(country, ()))

    def tolerance(self, carrier: str) -> Tolerance:
        """By how much the scales of this carrier and ours may disagree."""
        return self._tolerances.of(carrier)

    @cached_property
    def _tolerances(self) -> "Tolerances":
        from tracking.models.weight_tolerance import Tolerances

        return Tolerances(self.weight_tolerances.all())

    def restamp(self) -> None:
        """What was read of its lanes and holidays is no longer true."""
        Account.objects.filter(pk=self.pk).update(stamp=uuid.uuid4())

    def expect_anew(self) -> int:
        """Lanes or holidays changed: what every parcel on its way may expect is reckoned
        once more, by the watch. Returns how many they are."""
        self.restamp()
        return self.parcels.filter(ended_at=None, watch_at__isnull=False).update(
            watch_at=timezone.now()
        )
