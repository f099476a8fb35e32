"""The desk: Django's admin, opened by what has to be done today."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Count, Min
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from returns.models import Notice, Promise, ReturnAuthorization
from returns.states import Status
from tracking.work import WorkState

OVERDUE_SHOWN = 20


@dataclass(frozen=True)
class Queue:
    """One tile: how many wait, since when, how many of them longer than promised."""

    name: str
    url: str
    count: int
    oldest: datetime | None = None
    late: int = 0

    @property
    def waited(self) -> timedelta | None:
        return timezone.now() - self.oldest if self.oldest else None


def _queue(name: str, rows: Any, since: str, query: str, late: int = 0) -> Queue:
    figures = rows.aggregate(count=Count("pk"), oldest=Min(since))
    model = rows.model._meta.model_name
    url = reverse(f"admin:returns_{model}_changelist") + f"?{query}"
    return Queue(name, url, figures["count"], figures["oldest"], late)


def queues(overdue: int) -> list[Queue]:
    """Every queue of the desk, in the order in which it should be worked."""
    returns = ReturnAuthorization.objects
    return [
        _queue("Return requests to answer", returns.waiting(), "requested_at", "status=requested"),
        _queue("Promises overdue", Promise.objects.due(), "due_at", "state=open&due=late", overdue),
        _queue(
            "Waiting for the buyer’s answer",
            returns.filter(status=Status.INFO_REQUESTED),
            "requested_at",
            "status=info_requested",
        ),
        _queue(
            "Approved, not posted yet",
            returns.filter(status=Status.APPROVED, keeps_goods=False),
            "approved_at",
            "status=approved",
        ),
        _queue(
            "Money to send, nothing comes back",
            returns.filter(status=Status.APPROVED, keeps_goods=True),
            "approved_at",
            "status=approved&keeps_goods__exact=1",
        ),
        _queue(
            "Letters that could not be sent",
            Notice.objects.filter(state=WorkState.DEAD),
            "written_at",
            "state=dead",
        ),
    ]


class Desk(AdminSite):
    site_title = "Homeward"
    site_header = "Homeward desk"
    index_title = "Today"
    index_template = "admin/today.html"
    enable_nav_sidebar = False

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        context: dict[str, Any] = {}
        if request.user.has_perm("returns.view_returnauthorization"):
            overdue = list(
                Promise.objects.due()
                .select_related("order", "authorization")
                .order_by("due_at")[:OVERDUE_SHOWN]
            )
            context = {"overdue": overdue, "queues": queues(len(overdue))}
        return super().index(request, context | (extra_context or {}))
