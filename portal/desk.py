"""The desk: Django's admin, opened by what has to be done today."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.humanize.templatetags.humanize import apnumber
from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import translation

from portal import access
from portal.views.errors import too_often
from returns.models import Notice, Promise, PromiseKind, ReturnAuthorization
from returns.queues import QUEUES, Queue
from returns.states import Status
from tracking.models import Push
from tracking.work import WorkState

OVERDUE_SHOWN = 20
LANGUAGE = "en"
OVERDUE = "Promises overdue"


@dataclass(frozen=True)
class Tile:
    """One queue: how many wait, since when, how many of them longer than promised; note:
    that in words. needs: the permission to open it; '' for all who see returns."""

    name: str
    url: str
    count: int
    oldest: datetime | None = None
    late: int = 0
    note: str = ""
    needs: str = ""


@dataclass(frozen=True)
class Group:
    """Tiles that the same people work on."""

    name: str
    tiles: list[Tile]


def _tile(queue: Queue, query: str) -> Tile:
    figures: dict[str, Any] = {"count": Count("pk"), "oldest": Min(queue.since)}
    if queue.owed:
        figures["late"] = Count("pk", filter=Q(queue.late()))
    url = reverse("admin:returns_returnauthorization_changelist") + f"?{query}"
    found = queue.rows().aggregate(**figures)
    late = found.get("late", 0)
    note = f"{apnumber(late)} later than promised" if late else ""
    return Tile(queue.label, url, **found, note=note)


def _work(*names: str) -> list[Tile]:
    return [_tile(QUEUES[name], f"work={name}") for name in names]


def _requests() -> list[Tile]:
    asked = ReturnAuthorization.objects.filter(status=Status.INFO_REQUESTED)
    answer = Queue(
        "Return requests to answer",
        lambda: ReturnAuthorization.objects.waiting(),
        "requested_at",
        frozenset({PromiseKind.ANSWER}),
    )
    return [
        _tile(answer, "status=requested"),
        _tile(
            Queue("Waiting for the buyer’s answer", lambda: asked, "requested_at"),
            "status=info_requested",
        ),
        *_work("post", "put_right"),
    ]


def _promises() -> list[Tile]:
    late = Promise.objects.late().aggregate(count=Count("pk"), oldest=Min("late_since"))
    dead = Notice.objects.filter(state=WorkState.DEAD)
    letters = dead.aggregate(count=Count("pk"), oldest=Min("written_at"))
    promises = reverse("admin:returns_promise_changelist") + "?state=open&due=late"
    notices = reverse("admin:returns_notice_changelist") + "?state=dead"
    given_up = Push.objects.filter(state=WorkState.DEAD)
    unread = given_up.aggregate(count=Count("pk"), oldest=Min("received_at"))
    pushes = reverse("admin:tracking_push_changelist") + "?state=dead"
    return [
        Tile(OVERDUE, promises, **late, late=late["count"], needs="returns.view_promise"),
        Tile("Letters that could not be sent", notices, **letters, needs="returns.view_notice"),
        Tile("Carriers’ news not understood", pushes, **unread, needs="tracking.view_push"),
    ]


# Each group with the permission of those who work on it.
GROUPS: tuple[tuple[str, str, Callable[[], list[Tile]]], ...] = (
    ("Requests", "returns.decide_return", _requests),
    ("Parcels that come back", "returns.receive_return", lambda: _work("receive", "inspect")),
    ("Money and goods", "returns.settle_return", lambda: _work("settle", "send")),
    ("To look into", "returns.decide_return", lambda: _work("surplus", "doubt", "quiet")),
    ("Our word", "returns.decide_return", _promises),
)


def groups(request: HttpRequest) -> list[Group]:
    """Every queue of the desk in the order in which it should be worked: what this member
    of staff may do comes first."""
    mine = sorted(GROUPS, key=lambda group: not request.user.has_perm(group[1]))
    found = [
        Group(
            name, [tile for tile in tiles() if not tile.needs or request.user.has_perm(tile.needs)]
        )
        for name, _, tiles in mine
    ]
    return [group for group in found if group.tiles]


class Desk(AdminSite):
    site_title = "Homeward"
    site_header = "Homeward desk"
    index_title = "Today"
    index_template = "admin/today.html"
    enable_nav_sidebar = False

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """The desk's words are English; Django's own around them shall be, too."""
        guarded = super().admin_view(view, cacheable)

        def in_english(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            translation.activate(LANGUAGE)  # until the next request: pages render later
            return guarded(request, *args, **kwargs)

        return in_english

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        translation.activate(LANGUAGE)
        if request.method == "POST" and (again_at := access.may_log_in(request)):
            return too_often(request, again_at)
        return super().login(request, extra_context)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        context: dict[str, Any] = {}
        if request.user.has_perm("returns.view_returnauthorization"):
            overdue = Promise.objects.late().select_related("order", "authorization")
            found = groups(request)
            context = {
                "overdue": overdue[:OVERDUE_SHOWN],
                "late": sum(t.count for g in found for t in g.tiles if t.name == OVERDUE),
                "groups": found,
            }
        return super().index(request, context | (extra_context or {}))
