"""Pushes as they came, and what came of them."""

import json

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from tracking.admin.base import ReadOnly
from tracking.models import Push
from tracking.models.push import PushQuerySet

# As much of a body as a page shows.
SHOWN = 200_000


@admin.register(Push)
class PushAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["received_at", "account", "provider", "state", "outcome", "scans_new"]
    list_filter = ["state", "provider", "account"]
    list_select_related = ["account"]
    search_fields = ["outcome", "delivery"]
    actions = ["process_again"]
    fields = [
        "received_at",
        "account",
        "provider",
        "state",
        "outcome",
        "parcels",
        "scans_told",
        "scans_new",
        "last_error",
        "attempts",
        "due_at",
        "done_at",
        "delivery",
        "words",
    ]
    readonly_fields = ["words"]

    def get_queryset(self, request: HttpRequest) -> PushQuerySet:
        # A list of bodies of megabytes each would fill the memory.
        return Push.objects.defer("body")

    def has_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tracking.change_push")

    @admin.action(description="Process again", permissions=["again"])
    def process_again(self, request: HttpRequest, queryset: PushQuerySet) -> None:
        self.message_user(request, f"{queryset.again()} will be processed again.")

    @admin.display(description="As it came")
    def words(self, obj: Push) -> str:
        text = bytes(obj.body).decode("utf-8", "backslashreplace")
        try:
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
        except (ValueError, RecursionError):
            pass
        return format_html("<pre>{}</pre>", text[:SHOWN])
