"""Draft: the answers of a form that was not sent yet, kept seven days."""

import secrets
from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.utils import timezone

KEPT_FOR = timedelta(days=7)


def new_key() -> str:
    return secrets.token_urlsafe(24)


class DraftQuerySet(models.QuerySet["Draft"]):
    def live(self) -> "DraftQuerySet":
        return self.filter(saved_at__gt=timezone.now() - KEPT_FOR)

    def stale(self) -> "DraftQuerySet":
        return self.filter(saved_at__lte=timezone.now() - KEPT_FOR)

    def of(self, order, form: str) -> "Draft":
        """The draft of this form, kept or fresh (a fresh one is not saved yet)."""
        draft = self.live().filter(order=order, form=form).first()
        return draft or Draft(order=order, form=form)


class Draft(models.Model):
    """One per order and form. key: becomes the key of what the form makes, so that
    sending it twice makes one thing."""

    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="drafts")
    form = models.CharField(max_length=20)
    key = models.CharField(max_length=64, default=new_key)
    answers = models.JSONField(default=dict)
    saved_at = models.DateTimeField(default=timezone.now)

    objects = DraftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "form"], name="draft_once_per_form")
        ]
        indexes = [models.Index(fields=["saved_at"], name="draft_age")]

    def __str__(self) -> str:
        return f"{self.form} of {self.order_id}"

    def keep(self, **answers: Any) -> None:
        """Saves answers; a value of None takes one away.

        Two tabs share one draft, so each adds to what is saved now, not to what it read.
        When the form was sent meanwhile, a new draft begins: under the old key it would
        only find the return that was made.
        """
        with transaction.atomic():
            saved, made = Draft.objects.select_for_update().get_or_create(
                order_id=self.order_id,
                form=self.form,
                defaults={"key": new_key() if self.pk else self.key},
            )
            if not made and saved.is_stale:
                saved.answers, saved.key = {}, new_key()
            merged = {**saved.answers, **answers}
            saved.answers = {name: value for name, value in merged.items() if value is not None}
            saved.saved_at = timezone.now()
            saved.save()
        self.pk, self.key, self.saved_at = saved.pk, saved.key, saved.saved_at
        self.answers = saved.answers

    @property
    def is_stale(self) -> bool:
        return self.saved_at <= timezone.now() - KEPT_FOR
