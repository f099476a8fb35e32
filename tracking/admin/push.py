"""Pushes as they came, and what came of them."""

import json

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from tracking.admin.base import Narrowed, ReadOnly
from tracking.models import Push
from tracking.models.push import PushQuerySet

# As much of a body as a page shows, and of what came of it as a list does.
SHOWN, SHOWN_IN_LIST = 200_000, 200
# Bytes; what is larger is not laid out, because nobody reads it line by line.
LAID_OUT = 20_000


@admin.register(Push)
class PushAdmin(ReadOnly, Narrowed):
    list_display = ["received_at", "account", "provider", "state", "in_short", "scans_new"]
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

    @admin.display(description="outcome")
    def in_short(self, obj: Push) -> str:
        return shortened(obj.outcome, SHOWN_IN_LIST)

    @admin.display(description="As it came")
    def words(self, obj: Push) -> str:
        body = bytes(obj.body)
        text = body[:SHOWN].decode("utf-8", "backslashreplace")
        if len(body) <= LAID_OUT:
            text = laid_out(text)
        more = f"\n… {len(body):,} bytes in all" if max(len(body), len(text)) > SHOWN else ""
        return format_html("<pre>{}{}</pre>", text[:SHOWN], more)


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def laid_out(text: str) -> str:
    """JSON with its parts on lines of their own, anything else as it is. No more of it is
    made than is shown: deep nesting makes megabytes of blanks from a few signs."""
    made: list[str] = []
    length = 0
    try:
        for part in json.JSONEncoder(ensure_ascii=False, indent=2).iterencode(json.loads(text)):
            made.append(part)
            length += len(part)
            if length > SHOWN:
                break
    except (ValueError, RecursionError):
        return text
    return "".join(made)
