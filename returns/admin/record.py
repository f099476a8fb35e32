"""What was promised and written: shown, never edited."""

from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from returns.admin.base import ReadOnlyAdmin
from returns.models import Notice, Promise
from returns.models.notice import NoticeQuerySet
from returns.models.promise import PromiseQuerySet


class DueFilter(admin.SimpleListFilter):
    title = "due"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("late", "Overdue"), ("today", "Within a day")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now: datetime = timezone.now()
        if self.value() == "late":
            return cast(PromiseQuerySet, queryset).late(now)
        if self.value() == "today":
            return queryset.filter(due_at__gt=now, due_at__lte=now + timedelta(days=1))
        return queryset


@admin.register(Promise)
class PromiseAdmin(ReadOnlyAdmin):
    list_display = ["due_at", "kind", "state", "order", "authorization", "made_at", "settled_at"]
    list_filter = ["state", DueFilter, "kind", "order__store"]
    list_select_related = ["order", "authorization"]
    search_fields = ["order__number", "authorization__number"]


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ["written_at", "kind", "state", "order", "subject", "attempts", "done_at"]
    list_filter = ["state", "kind", "channel", "order__store"]
    list_select_related = ["order"]
    search_fields = ["order__number", "authorization__number"]
    actions = ["send_again"]

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("returns.decide_return")

    @admin.action(description="Try to send again", permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: NoticeQuerySet) -> None:
        self.message_user(request, f"{queryset.send_again()} will be sent again.")
