"""What was asked for lately: a filter that lists and figures share."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

# Days → in words.
SPANS: dict[str, str] = {
    "30": "In the last 30 days",
    "90": "In the last 90 days",
    "365": "In the last year",
}
USUAL = "90"


class WithinFilter(admin.SimpleListFilter):
    title = "how long ago"
    parameter_name = "within"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(SPANS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        days = self.value()
        return queryset.filter(requested_at__gte=since(days)) if days in SPANS else queryset


def since(days: str) -> datetime:
    return timezone.now() - timedelta(days=int(days))
