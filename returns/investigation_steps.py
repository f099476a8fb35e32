"""The standard procedure of an investigation: its states, its steps, when each is due, and
what is investigated without anybody asking for it. Plain data and pure functions.

    open → found | lost | returned | denied | stopped

A parcel that was given up and turns up while nothing was chosen yet is found after all.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices

from tracking.incidents import IncidentKind


class InvestigationStatus(TextChoices):
    """Labels are for the desk; buyers read `returns/investigation_texts.py`."""

    OPEN = "open", "Open"
    FOUND = "found", "Found"
    LOST = "lost", "Lost"
    RETURNED = "returned", "Came back to us"
    DENIED = "denied", "The carrier stands by its delivery"
    STOPPED = "stopped", "Stopped"


S = InvestigationStatus
MOVES: dict[str, frozenset[str]] = {
    S.OPEN: frozenset({S.FOUND, S.LOST, S.RETURNED, S.DENIED, S.STOPPED}),
    S.LOST: frozenset({S.FOUND, S.RETURNED}),
    S.DENIED: frozenset({S.FOUND, S.RETURNED, S.LOST}),
    S.FOUND: frozenset(),
    S.RETURNED: frozenset(),
    S.STOPPED: frozenset(),
}


# What is told of one that was made good and has moved since.
TURNED_UP = "turned_up"
# Until it ended otherwise, or the buyer has chosen, what turns up is found.
MAY_BE_FOUND = frozenset({S.OPEN, S.LOST})


class StepKind(TextChoices):
    ASK_CARRIER = "ask_carrier", "Ask the carrier"
    PROOF_OF_DELIVERY = "proof_of_delivery", "Get the proof of delivery"
    CARRIER_ANSWER = "carrier_answer", "Have the carrier’s answer"
    CLAIM = "claim", "Claim the loss from the carrier"
    DECIDE = "decide", "Decide, and tell the buyer"


# Done by whom we asked, within its own time.
BY_CARRIER = frozenset({StepKind.CARRIER_ANSWER})
# Each is proved by a row of its own: a contact with the carrier, or the end of it all.
PROVED_BY_CONTACT = frozenset({StepKind.ASK_CARRIER, StepKind.CARRIER_ANSWER})


@dataclass(frozen=True)
class Step:
    """days: working days of the store after the step `after` ('': after the opening); None:
    as long as the carrier takes."""

    kind: str
    after: str
    days: int | None


STEPS: dict[str, Step] = {
    step.kind: step
    for step in (
        Step(StepKind.ASK_CARRIER, "", 1),
        Step(StepKind.PROOF_OF_DELIVERY, StepKind.ASK_CARRIER, 2),
        Step(StepKind.CARRIER_ANSWER, StepKind.ASK_CARRIER, None),
        Step(StepKind.CLAIM, StepKind.CARRIER_ANSWER, 1),
        Step(StepKind.DECIDE, StepKind.CARRIER_ANSWER, 2),
    )
}
WITH_PROOF = tuple(STEPS)
USUAL = tuple(kind for kind in STEPS if kind != StepKind.PROOF_OF_DELIVERY)
# Kind of case → its steps, in their order. Where it is said to be delivered, that is proved.
PROCEDURES: dict[str, tuple[str, ...]] = {
    IncidentKind.DELIVERED_NOT_RECEIVED: WITH_PROOF,
    IncidentKind.UNCLEAR_SIGNATURE: WITH_PROOF,
}


def procedure(kind: str) -> tuple[str, ...]:
    return PROCEDURES.get(kind, USUAL)


def due(
    kinds: Iterable[str],
    done: Mapping[str, datetime],
    opened_at: datetime,
    carrier_days: int,
    close: Callable[[datetime, int], datetime],
) -> dict[str, datetime]:
    """When each is due, in the order of the procedure. done: step → when it was done; the
    others are reckoned from when those before them are due. close(start, days): the end of a
    working day of the store."""
    found: dict[str, datetime] = {}
    for kind in kinds:
        step = STEPS[kind]
        start = (done.get(step.after) or found[step.after]) if step.after else opened_at
        found[kind] = close(start, carrier_days if step.days is None else step.days)
    return found


# --- What is investigated -----------------------------------------------------------------------

# Of these the parcel itself is searched for; one that moves or arrives is found.
SEARCHED = frozenset(
    {
        IncidentKind.SILENT,
        IncidentKind.STALLED,
        IncidentKind.OVERDUE,
        IncidentKind.WRONG_WAY,
        IncidentKind.LOST,
        IncidentKind.DELIVERED_NOT_RECEIVED,
    }
)
# From which level on the watch has the carrier asked. Silence and standing still grow by days,
# being overdue by the three weeks after which it is investigated in any case.
FROM_LEVEL: dict[str, int] = {
    IncidentKind.SILENT: 3,
    IncidentKind.STALLED: 2,
    IncidentKind.OVERDUE: 2,
    IncidentKind.LOST: 1,
    IncidentKind.DAMAGED: 1,
    IncidentKind.DELIVERED_NOT_RECEIVED: 1,
}


def opens_by_itself(kind: str, level: int) -> bool:
    """Whether a case of this kind is investigated as it stands."""
    return level >= FROM_LEVEL.get(kind, level + 1)


# What a person may have investigated; of the others there is nothing to look for.
CAN_BE_OPENED = SEARCHED | {IncidentKind.DAMAGED, IncidentKind.UNCLEAR_SIGNATURE, "told"}


def is_about(investigated: str, kind: str) -> bool:
    """Whether what is told of a trouble `kind` is told of this investigation, too. Damage is a
    matter of its own; all others ask where the parcel is."""
    if IncidentKind.DAMAGED in (investigated, kind):
        return investigated == kind
    return kind in SEARCHED
