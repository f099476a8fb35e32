"""Account: whose keys, quotas, lanes and calendar a parcel uses."""

from datetime import time
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.text import slugify

from tracking.calendars import Calendar


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
        super().save(*args, **kwargs)

    def _free_slug(self) -> str:
        """The name as it may stand in an address; numbered when it is taken."""
        plain = slugify(self.name)[:70].strip("-_") or "account"
        taken = set(Account.objects.filter(slug__startswith=plain).values_list("slug", flat=True))
        numbered = (f"{plain}-{number}" for number in count(2))
        return plain if plain not in taken else next(s for s in numbered if s not in taken)

    @property
    def calendar(self) -> Calendar:
        weekdays = tuple(range(7 if self.works_weekends else 5))
        return Calendar(self.zone, self.country, self.opens, self.closes, weekdays)
