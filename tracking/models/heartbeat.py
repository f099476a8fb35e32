"""Heartbeat: proof that work passes through the queue from end to end."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone


class Heartbeat(models.Model):
    """One row per queue, written only by a task that ran in a worker."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def beat(cls, name: str = "worker") -> None:
        cls.objects.update_or_create(name=name, defaults={"at": timezone.now()})

    @classmethod
    def last(cls, name: str = "worker") -> datetime | None:
        """When the last beat was; None when there never was one."""
        return cls.objects.filter(name=name).values_list("at", flat=True).first()

    @classmethod
    def age(cls, name: str = "worker", now: datetime | None = None) -> timedelta | None:
        """How long ago the last beat was; None when there never was one."""
        at = cls.last(name)
        return ((now or timezone.now()) - at) if at else None
