"""All that staff can decide about returns, and the buttons that lead there."""

from collections.abc import Iterable

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from returns.admin.appeals import AnswerAppeal
from returns.admin.decisions import (
    Approve,
    Ask,
    Cancel,
    Decision,
    Decline,
    Extend,
    PutRight,
    RowDecision,
)
from returns.admin.exchanging import (
    ApproveLater,
    KeepBoth,
    MoreTime,
    SendAhead,
    Ship,
    SoldOut,
)
from returns.admin.inspection import DecideSurplus, Inspect
from returns.admin.labels import AddLabel
from returns.admin.offering import MakeOffer, TakeBackOffer
from returns.admin.pictures import AddPhoto
from returns.admin.postage import DecidePostage
from returns.admin.posting import ConfirmNumber, NameParcel, Posted
from returns.admin.reception import Receive, UndoReceipt
from returns.admin.refunding import CameBack, Checked, SentByHand, ThroughShop
from returns.admin.sending import Failed, SendBack, Sent, TryAgain
from returns.admin.settling import Settle
from returns.admin.stopping import Left, PayOnProof, Stopped
from returns.admin.turning import BookGoods, PayNow, PlaceGoods
from returns.admin.weighing import AskWeighing, WeighAgain
from returns.models import ReturnAuthorization

# In the order in which their buttons stand; the names stand in addresses.
DECISIONS: dict[str, type[Decision]] = {
    "stopped": Stopped,
    "left": Left,
    "approve": Approve,
    "ask": Ask,
    "decline": Decline,
    "postage": DecidePostage,
    "offer": MakeOffer,
    "take_back_offer": TakeBackOffer,
    "answer_appeal": AnswerAppeal,
    "receive": Receive,
    "inspect": Inspect,
    "settle": Settle,
    "pay_on_proof": PayOnProof,
    "posted": Posted,
    "through_shop": ThroughShop,
    "put_right": PutRight,
    "extend": Extend,
    "undo_receipt": UndoReceipt,
    "cancel": Cancel,
    "confirm_number": ConfirmNumber,
    "number": NameParcel,
    "photo": AddPhoto,
    "label": AddLabel,
    "send_back": SendBack,
    "sent": Sent,
    "failed": Failed,
    "try_again": TryAgain,
    "sent_by_hand": SentByHand,
    "came_back": CameBack,
    "checked": Checked,
    "surplus": DecideSurplus,
    "approve_later": ApproveLater,
    "send_ahead": SendAhead,
    "ship": Ship,
    "sold_out": SoldOut,
    "more_time": MoreTime,
    "keep_both": KeepBoth,
    "pay_now": PayNow,
    "place_goods": PlaceGoods,
    "book_goods": BookGoods,
    "weigh_again": WeighAgain,
    "ask_weighing": AskWeighing,
}
# Those that the queue offers in its rows.
IN_ROWS = (
    "stopped",
    "approve",
    "ask",
    "decline",
    "receive",
    "inspect",
    "settle",
    "posted",
    "put_right",
    "confirm_number",
    "sent",
    "ship",
    "try_again",
    "surplus",
    "more_time",
    "keep_both",
    "book_goods",
    "postage",
)


def may(
    request: HttpRequest, decision: type[Decision], rma: ReturnAuthorization | None = None
) -> bool:
    """rma: about this one; else about any."""
    allowed = rma is None or decision.allows(request.user, rma)
    return allowed and request.user.has_perm(decision.permission)


def possible(rma: ReturnAuthorization) -> list[str]:
    """The names of the decisions that can be made about it now."""
    return [name for name, decision in DECISIONS.items() if decision.fits(rma)]


def address(rma: ReturnAuthorization, name: str, row: Model | None = None) -> str:
    args = [rma.pk] if row is None else [rma.pk, row.pk]
    return reverse(f"admin:returns_returnauthorization_{name}", args=args)


def decision_button(
    rma: ReturnAuthorization, name: str, row: Model | None = None, *, short: bool = False
) -> str:
    """Posts at once where no words are needed (list and page are forms already, and it is
    a button of theirs), else leads to the form."""
    decision = DECISIONS[name]
    about = rma.number
    if row and issubclass(decision, RowDecision):
        about += f": {decision.called(rma, row)}"
    label = decision.short if short and decision.short else decision.title
    words = format_html('{}<span class="visually-hidden"> {}</span>', label, about)
    if decision.one_press:
        return format_html(
            '<button class="button default" formaction="{}" formmethod="post">{}</button>',
            address(rma, name, row),
            words,
        )
    kind = "button" if decision.comes_next(rma) else "button aside"
    return format_html('<a class="{}" href="{}">{}</a>', kind, address(rma, name, row), words)


def buttons(
    request: HttpRequest, rma: ReturnAuthorization, names: Iterable[str], *, short: bool = False
) -> list[str]:
    """Of these decisions, those that are possible and that this member of staff may make,
    what comes next first; one for each row that a decision is about."""
    found = []
    for name in sorted(names, key=lambda name: not DECISIONS[name].comes_next(rma)):
        decision = DECISIONS[name]
        if not may(request, decision, rma):
            continue
        if issubclass(decision, RowDecision):
            rows = [row for row in decision.rows(rma) if decision.takes(row)]
            found += [decision_button(rma, name, row, short=short) for row in rows]
        elif decision.fits(rma):
            found.append(decision_button(rma, name, short=short))
    return found


def row_buttons(request: HttpRequest, rma: ReturnAuthorization) -> list[str]:
    """What the list offers: what comes next, and a word that the buyer may send any time."""
    names = [name for name in IN_ROWS if DECISIONS[name].comes_next(rma) or name == "posted"]
    return buttons(request, rma, names, short=True)
