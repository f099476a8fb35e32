"""For whoever watches the site: a yes or no with figures, and nothing about anybody."""

from datetime import timedelta

from django.apps import apps
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_q.models import OrmQ

from tracking.models import Heartbeat
from tracking.work import LeasedRow

# Beyond these the work is said to stand still.
OLDEST_BEAT = timedelta(seconds=180)
LATEST_WORK = timedelta(seconds=120)


def _answer(ok: bool, **figures: object) -> JsonResponse:
    return JsonResponse(
        {"status": "ok" if ok else "failing", **figures},
        status=200 if ok else 503,
        headers={"Cache-Control": "no-store"},
    )


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when pages can be served: the web process runs and reaches the database."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return _answer(False, database="unreachable")
    return _answer(True)


@require_safe
def jobs(request: HttpRequest) -> JsonResponse:
    """200 when the work goes on: a heartbeat within 180 s, and nothing due for over 120 s.

    heartbeat_seconds: age of the last beat, null when there never was one. late: how
    many rows of each kind have been due for too long. rings: waiting in the queue.
    """
    try:
        age = Heartbeat.age()
        moment = timezone.now() - LATEST_WORK
        late = {
            model._meta.model_name: count
            for model in apps.get_models()
            if issubclass(model, LeasedRow)
            and model.IS_PROMPT
            # The manager of every LeasedRow knows `due`, as its type does not.
            and (count := model._default_manager.due(moment).count())  # type: ignore[attr-defined]
        }
        rings = OrmQ.objects.count()
    except DatabaseError:
        return _answer(False, database="unreachable")
    return _answer(
        age is not None and age <= OLDEST_BEAT and not late,
        heartbeat_seconds=None if age is None else round(age.total_seconds()),
        late=late,
        rings=rings,
    )
