"""The facts of the letter about money that came back to us, and whether it is still news."""

from returns import formats, texts
from returns.codes import AS_CREDIT
from returns.letters.parts import Facts, of_return, return_of
from returns.models.notice import Notice
from returns.models.resolution import Resolution
from returns.states import SETTLED, ResolutionState


def came_back(notice: Notice) -> Facts:
    rma = return_of(notice)
    row = Resolution.objects.get(pk=notice.facts["resolution"])
    amount = formats.money(row.amount, notice.order.currency)
    credit = row.kind in AS_CREDIT
    label = texts.RESOLUTIONS[row.kind].label if credit else texts.METHODS[row.method]
    return of_return(notice) | {
        "amount": amount,
        "label": str(label),
        "sent_on": row.settled_at,
        "words": notice.facts.get("words", ""),
        # Else what the buyer gets is decided anew.
        "is_decided": rma.status in SETTLED,
    }


def is_news(notice: Notice) -> bool:
    """Until it was sent again."""
    rma = notice.authorization
    mine = Resolution.objects.filter(pk=notice.facts.get("resolution"))
    if rma is None or not mine.filter(state=ResolutionState.REVERSED).exists():
        return False
    left = any(not row.is_sent for row in rma.resolutions.live())
    return rma.status not in SETTLED or left
