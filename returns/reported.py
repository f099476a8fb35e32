"""What one report of a carrier says, in our words: the same on pages and in letters."""

from typing import TYPE_CHECKING

from returns.standing import BACK_TO_US, STATED_BACK_TO_US
from returns.wording import sentences
from tracking.milestones import FINAL, TURNED, Milestone
from tracking.texts import MILESTONES, STATED

if TYPE_CHECKING:
    from tracking.models import Scan


def reported(scan: "Scan", *, back: bool) -> str:
    """What it states beyond its milestone; where the parcel ended or turned with it, both."""
    table = BACK_TO_US if back else MILESTONES
    usual = str(table.get(scan.milestone, table[Milestone.UNKNOWN]).sentence)
    stated = str((STATED_BACK_TO_US if back else STATED).get(scan.incident, ""))
    if stated and scan.milestone in FINAL | TURNED:
        return sentences(stated, usual)
    return stated or usual
