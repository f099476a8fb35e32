"""What waits for the desk about searches: the board of the day counts it, the list of
investigations shows it (`?queue=<name>`)."""

from collections.abc import Callable
from dataclasses import dataclass

from returns.models import Investigation
from returns.models.investigation import InvestigationQuerySet


@dataclass(frozen=True)
class Waiting:
    label: str
    rows: Callable[[], InvestigationQuerySet]


WAITING: dict[str, Waiting] = {
    "late": Waiting("Investigations past their day", lambda: Investigation.objects.late()),
    "decide": Waiting("Investigations to decide", lambda: Investigation.objects.to_decide()),
}
