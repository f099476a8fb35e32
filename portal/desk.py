"""The desk: Django's admin, opened by what has to be done today."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Count, Min
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from portal import access
from portal.views.errors import too_often
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


def _queue(name: str, rows: Any, since: str, query: str, *, is_late: bool = False) -> Queue:
    """since: the field that says since when a row waits. is_late: all of its rows are."""
    figures = rows.aggregate(count=Count("pk"), oldest=Min(since))
    count, oldest = figures["count"], figures["oldest"]
    model = rows.model._meta.model_name
    url = reverse(f"admin:returns_{model}_changelist") + f"?{query}"
    return Queue(name, url, count, oldest, count if is_late else 0)


def queues() -> list[Queue]:
    """Every queue of the desk, in the order in which it should be worked."""
    returns = ReturnAuthorization.objects
    return [
        _queue("Return requests to answer", returns.waiting(), "requested_at", "status=requested"),
        _queue(
            "Promises overdue",
            Promise.objects.late(),
            "late_since",
            "state=open&due=late",
            is_late=True,
        ),
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
            "To put right, nothing comes back",
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

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if request.method == "POST" and (again_at := access.may_log_in(request)):
            return too_often(request, again_at)
        return super().login(request, extra_context)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        context: dict[str, Any] = {}
        if request.user.has_perm("returns.view_returnauthorization"):
            overdue = Promise.objects.late().select_related("order", "authorization")
            found = queues()
            context = {
                "overdue": overdue[:OVERDUE_SHOWN],
                "late": sum(queue.late for queue in found),
                "queues": found,
            }
        return super().index(request, context | (extra_context or {}))
