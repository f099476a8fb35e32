"""What providers and the mailbox handed to us, and what came of it.

What buyers wrote stands in the thread of their order; the raw form is shown to nobody.
"""

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from returns import tasks
from returns.admin.base import ReadOnly
from returns.models import Inbound
from returns.models.inbound import InboundQuerySet
from tracking.admin.base import Narrowed
from tracking.work import WorkState

SHOWN_IN_LIST = 200


@admin.register(Inbound)
class InboundAdmin(ReadOnly, Narrowed):
    list_display = ["received_at", "source", "account", "state", "in_short", "attempts"]
    list_filter = ["state", "source", "account__store"]
    narrowed_by = frozenset({"account"})
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["=delivery"]
    search_help_text = "The sender’s own id of it"
    actions = ["process_again"]
    fields = [
        "received_at",
        "source",
        "account",
        "state",
        "outcome",
        "last_error",
        "attempts",
        "due_at",
        "done_at",
        "delivery",
    ]

    empty_value_display = ""

    def get_queryset(self, request: HttpRequest) -> InboundQuerySet:
        # A list of letters of megabytes each would fill the memory.
        return Inbound.objects.select_related("account__store").defer("body")

    @admin.display(description="outcome")
    def in_short(self, row: Inbound) -> str:
        words = row.outcome or row.last_error
        return words if len(words) <= SHOWN_IN_LIST else f"{words[:SHOWN_IN_LIST]}…"

    def has_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("returns.send_notice")

    @admin.action(description="Process again", permissions=["again"])
    def process_again(self, request: HttpRequest, queryset: InboundQuerySet) -> None:
        """Whatever came of them; what is in hand is left alone."""
        count = queryset.filter(state__in=[WorkState.DEAD, WorkState.DONE]).update(
            state=WorkState.DUE, due_at=timezone.now(), attempts=0, done_at=None, last_error=""
        )
        if count:
            tasks.ring()
        self.message_user(request, f"{count} will be processed again.")
