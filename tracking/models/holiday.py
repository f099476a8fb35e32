"""HolidayNotice: days that a merchant knows better than the calendar of a country."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

LONGEST = timedelta(days=120)


class HolidayNotice(models.Model):
    """With a country it corrects that country's calendar (a make-up working day that was
    decreed after our calendar was printed, a strike); without one we ourselves are closed."""

    account = models.ForeignKey("tracking.Account", models.CASCADE, related_name="holiday_notices")
    country = models.CharField(
        max_length=2,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{2}$", "Two capitals: CN.")],
        help_text="ISO code: in that country. Empty: we ourselves, wherever we are.",
    )
    first = models.DateField("first day")
    last = models.DateField("last day")
    works = models.BooleanField(
        "is worked",
        default=False,
        help_text="These days are worked although a calendar says otherwise (make-up days).",
    )
    name = models.CharField(max_length=80, help_text="As buyers read it: Summer break.")
    name_zh = models.CharField("name in Chinese", max_length=80, blank=True)

    class Meta:
        ordering = ["first", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(first__lte=F("last")), name="holiday_first_to_last")
        ]

    def __str__(self) -> str:
        where = f" ({self.country})" if self.country else ""
        return f"{self.name}{where}, {self.first:%Y-%m-%d} to {self.last:%Y-%m-%d}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        self.account.restamp()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        gone = super().delete(*args, **kwargs)
        self.account.restamp()
        return gone

    def clean(self) -> None:
        if self.first and self.last and self.last < self.first:
            raise ValidationError({"last": "The last day is before the first."})
        if self.first and self.last and self.last - self.first > LONGEST:
            raise ValidationError({"last": f"No more than {LONGEST.days} days at once."})

    def days(self) -> Iterator[date]:
        for number in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=number)
