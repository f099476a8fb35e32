"""StoreText: a store's own words for one kind of message, in one language and one form.

A row is never written over: new words are a new row, and "back to the standard" makes none
of them current. So what was sent under which version can always be read again.
"""

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from returns.models.notice import Channel
from returns.models.store import Store


class StoreTextQuerySet(models.QuerySet["StoreText"]):
    def of(self, store: Store, kind: str, language: str, form: str) -> "StoreTextQuerySet":
        """Every version that there ever was, the newest first."""
        found = self.filter(store=store, kind=kind, language=language, form=form)
        return found.order_by("-number")

    def current(self, store: Store, kind: str, language: str, form: str) -> "StoreText | None":
        """The words that are used; None where the standard is."""
        return self.of(store, kind, language, form).filter(is_current=True).first()

    def write(
        self,
        store: Store,
        kind: str,
        language: str,
        form: str,
        *,
        subject: str = "",
        body: str,
        by: object,
    ) -> "StoreText":
        """A new version, used from now on. by: the member of staff who wrote it."""
        with transaction.atomic():
            Store.objects.select_for_update().get(pk=store.pk)
            earlier = self.of(store, kind, language, form)
            newest = earlier.first()
            earlier.filter(is_current=True).update(is_current=False)
            return self.create(
                store=store,
                kind=kind,
                language=language,
                form=form,
                subject=subject,
                body=body,
                number=newest.number + 1 if newest else 1,
                made_by=by,
            )

    def back_to_standard(self, store: Store, kind: str, language: str, form: str) -> bool:
        """False when the standard was used already."""
        found = self.of(store, kind, language, form).filter(is_current=True)
        return bool(found.update(is_current=False))


class StoreText(models.Model):
    """kind: of NoticeKind, or `incident:<IncidentKind>` for one trouble. language: of the
    site's. number: counts the versions of one text."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="texts")
    kind = models.CharField(max_length=50)
    language = models.CharField(max_length=12)
    form = models.CharField(max_length=10, choices=Channel)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    number = models.PositiveIntegerField("version")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)
    is_current = models.BooleanField(default=True)

    objects = StoreTextQuerySet.as_manager()

    class Meta:
        ordering = ["store", "kind", "language", "form", "-number"]
        default_permissions = ("view", "change")
        verbose_name = "text"
        constraints = [
            models.UniqueConstraint(
                fields=["store", "kind", "language", "form"],
                name="one_text_is_current",
                condition=models.Q(is_current=True),
            ),
            models.UniqueConstraint(
                fields=["store", "kind", "language", "form", "number"],
                name="text_version_counts_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.language}, {self.form}), version {self.number}"
