"""What remains possible after a no, or after less than was asked for: by the reason, the same on
the page and in the letter."""

from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from returns.codes import DeclineReason
from returns.states import SETTLED, Status
from tracking.texts import Words

if TYPE_CHECKING:
    from returns.models import ReturnAuthorization


class Remains(TextChoices):
    APPEAL = "appeal", "Ask once to look again"
    PHOTOS = "photos", "Ask once, with photos"
    PART = "part", "Ask for a part of the money"
    REPAIR = "repair", "Have it repaired"
    SENT_BACK = "sent_back", "What is with us goes back"
    WRITE = "write", "Write"


R = Remains
USUAL = (R.APPEAL, R.WRITE)
AFTER: dict[str, tuple[Remains, ...]] = {
    DeclineReason.WINDOW_CLOSED: (R.APPEAL, R.PART, R.WRITE),
    DeclineReason.NOT_RETURNABLE: USUAL,
    DeclineReason.USED: (R.APPEAL, R.PART, R.WRITE),
    DeclineReason.NOT_OURS: USUAL,
    DeclineReason.MISUSE: (R.APPEAL, R.REPAIR, R.WRITE),
    DeclineReason.OUT_OF_WARRANTY: (R.APPEAL, R.REPAIR, R.PART, R.WRITE),
    DeclineReason.NO_EVIDENCE: (R.PHOTOS, R.WRITE),
    DeclineReason.OTHER: USUAL,
}
WORDS: dict[str, Words] = {
    R.APPEAL: _("You can ask us once to look again. Another person decides then."),
    R.PHOTOS: _(
        "You can ask us once to look again. Photos that show what is wrong help most; add them "
        "when you have asked. Another person decides then."
    ),
    R.PART: _(
        "If you would rather keep it for a part of the money, write to us. We look whether we can "
        "offer it."
    ),
    R.REPAIR: _(
        "You can have it repaired at your own cost. If you write to us, we tell you what we know "
        "about it and who may do it."
    ),
    R.SENT_BACK: _("What we could not take goes back to you, and that costs you nothing."),
    R.WRITE: _("You can always write to us. A person reads it."),
}
ONCE = frozenset({R.APPEAL, R.PHOTOS})


def remaining(rma: "ReturnAuthorization") -> list[Remains]:
    """In the order in which it is told; [] where nothing was refused. Of what was settled it
    reads its lines and resolutions."""
    if rma.status == Status.DECLINED:
        return [one for one in AFTER.get(rma.decline_reason, USUAL) if _may(one, rma)]
    if rma.status not in SETTLED or not rma.gave_less:
        return []
    back = any(row.to_send_back for row in rma.lines.all())
    found = [R.APPEAL, *([R.SENT_BACK] if back else []), R.WRITE]
    return [one for one in found if _may(one, rma)]


def _may(one: Remains, rma: "ReturnAuthorization") -> bool:
    return one not in ONCE or rma.appealed_at is None


def told(rma: "ReturnAuthorization") -> list[str]:
    return [str(WORDS[one]) for one in remaining(rma)]
