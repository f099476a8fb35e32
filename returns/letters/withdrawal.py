"""The letters about withdrawals from the contract: the acknowledgement, which repeats what was
typed and tells nothing of any order, and the news of what follows for the buyer."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.template import Context
from django.template.loader import get_template
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from returns import addresses, formats, ledger, withdrawal_texts
from returns.channels import Message
from returns.letters.parts import Facts, in_one_line, of_return, return_of, sentence
from returns.models.authorization import ReturnAuthorization
from returns.models.notice import Notice
from returns.models.order import Order
from returns.models.promise import Promise, PromiseKind
from returns.models.withdrawal import Withdrawal
from returns.models.withdrawal_outcome import WithdrawalOutcome
from returns.states import SETTLED, Status
from returns.withdrawal_states import WhyNot, WithdrawalNews, WithdrawalStatus
from returns.wording import filled, sentences

RECEIPT = "withdrawals/received"
LONGEST_SUBJECT = 70


@dataclass(frozen=True)
class Receipt:
    subject: str
    text: str
    html: str


# --- The acknowledgement ---------------------------------------------------------------------


def receipt(withdrawal: Withdrawal) -> Receipt:
    """What was declared, word for word, with date and time: on a durable medium, as the law
    wants it. Whoever reads it may be anybody, so there is no link in it and no name at its
    head."""
    from returns.letters import language_of, speaking
    from returns.own_words import tidy

    store = withdrawal.store
    with speaking(withdrawal.language, store.zone):
        facts: Facts = {
            "layout": "notices/base.text",
            "withdrawal": withdrawal,
            "moment": precise(withdrawal.received_at),
            "local": formats.moment(withdrawal.received_at),
            "store": store,
            "name": "",
            "link": "",
            "promise": "",
            "town": formats.place(store.zone),
            "language": language_of(withdrawal.language),
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
            "brand": store.brand,
            "signed_by": store.signed_by,
        }
        subject = in_one_line(_plain("subject", facts))[:LONGEST_SUBJECT]
        text = tidy(_plain("text", facts)) + "\n"
        html = get_template(f"{RECEIPT}.html").render(
            facts | {"layout": "notices/base.html", "subject": subject}
        )
    return Receipt(subject, text, html)


def message(withdrawal: Withdrawal, letter: Receipt) -> Message:
    from returns.letters import language_of

    store = withdrawal.store
    return Message(
        key=withdrawal.message_id,
        recipient=withdrawal.email,
        sender=store.name,
        reply_to=store.contact_email,
        language=language_of(withdrawal.language),
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
    )


def precise(moment: datetime) -> str:
    """`2026-11-24 17:03:21 UTC`: the same for every reader."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _plain(part: str, facts: Facts) -> str:
    template: Any = get_template(f"{RECEIPT}.{part}")
    return template.template.render(Context(facts, autoescape=False))


# --- What follows ------------------------------------------------------------------------------


def news(notice: Notice) -> Facts:
    """headline: in one sentence. paragraphs: what follows, in ours; quote: in the desk's."""
    match notice.facts["news"]:
        case WithdrawalNews.CONFIRM:
            return _confirm(notice)
        case WithdrawalNews.ANSWER:
            return _answer(notice)
        case WithdrawalNews.LEFT_LATE:
            text = withdrawal_texts.LEFT_LATE
            return of_return(notice) | _told(text.title, text.next_step) | {"amount": ""}
    return _stopping(notice)


def is_news(notice: Notice, now: datetime) -> bool:
    """Whether it is still so. What came after it has a letter of its own."""
    kind = notice.facts["news"]
    if kind == WithdrawalNews.STOPPING:
        rma = return_of(notice)
        return rma.keeps_goods and (rma.status == Status.APPROVED or rma.status in SETTLED)
    if kind == WithdrawalNews.LEFT_LATE:
        return True
    outcome = WithdrawalOutcome.objects.filter(pk=notice.facts["withdrawal"]).first()
    if outcome is None:
        return False
    if kind == WithdrawalNews.ANSWER:
        return outcome.status == WithdrawalStatus.ANSWERED
    # Never to an address that was taken off the order in the meantime.
    theirs = notice.order.contact(sensitive=True, now=now)
    return outcome.status == WithdrawalStatus.UNVERIFIED and theirs == notice.recipient


def path(notice: Notice) -> str:
    """The page of the order that it leads to."""
    number = Withdrawal.objects.values_list("number", flat=True).get(pk=notice.facts["withdrawal"])
    return addresses.order_page(notice.order, "withdrawal", number=number)


def _told(title: Any, *paragraphs: Any, **more: Any) -> Facts:
    found = [str(words) for words in paragraphs if words]
    return {"headline": str(title), "paragraphs": found, "quote": "", **more}


def _confirm(notice: Notice) -> Facts:
    withdrawal = Withdrawal.objects.get(pk=notice.facts["withdrawal"])
    told = withdrawal_texts.STANDS[WithdrawalStatus.UNVERIFIED]
    came = _("It came on {when}, and we noted it as {number}.").format(
        when=formats.moment(withdrawal.received_at), number=withdrawal.number
    )
    first, *others = told.next
    return _told(told.title, first, came, *others, asks=True)


def _stopping(notice: Notice) -> Facts:
    rma = return_of(notice)
    text = withdrawal_texts.of_return(rma, rma.status) or withdrawal_texts.STOPPING
    amount = formats.money(rma.estimated_total, notice.order.currency)
    return (
        of_return(notice)
        | _told(text.title, text.next_step)
        | {
            "amount": amount if rma.estimated_total else "",
            "postage": formats.money(rma.estimated_postage, notice.order.currency)
            if rma.estimated_postage
            else "",
        }
    )


def _answer(notice: Notice) -> Facts:
    outcome = WithdrawalOutcome.objects.select_related("withdrawal").get(
        pk=notice.facts["withdrawal"]
    )
    order, told = notice.order, withdrawal_texts.STANDS[WithdrawalStatus.ANSWERED]
    mine = Promise.objects.open().filter(order=order, authorization=None)
    owed = mine.filter(kind=PromiseKind.ANSWER).first()
    return _told(told.title, why_not(outcome, order)) | {
        "quote": outcome.words,
        "remains": remains(order),
        "promise": sentence(owed),
    }


def when_money(rma: ReturnAuthorization) -> str:
    """The law's terms of a return that follows from a withdrawal; '' for any other."""
    if not rma.withdrawal_id or rma.money_by is None or rma.keeps_goods:
        return ""
    words = filled(withdrawal_texts.WHEN_MONEY, when=formats.moment(rma.money_by))
    return sentences(words, str(withdrawal_texts.WITH_POSTAGE) if rma.estimated_postage else "")


def why_not(outcome: WithdrawalOutcome, order: Order) -> str:
    """Why it has no effect, '' where only the desk's own words say so."""
    words = withdrawal_texts.WHY_NOT.get(outcome.why, "")
    end = None
    if outcome.why == WhyNot.OVER:
        end = order.with_goods().withdrawal_ends(timezone.now())
    return filled(words, until=formats.day(end) if end else "") if words else ""


def remains(order: Order) -> list[str]:
    """What is possible all the same."""
    now = timezone.now()
    lines = [ledger.availability(line, now) for line in order.with_goods().lines.all()]
    possible = [line for line in lines if line.limit]
    ends = [line.usual_until for line in possible]
    found = []
    if possible and (dated := [end for end in ends if end]):
        until = formats.day(min(dated))
        found.append(filled(withdrawal_texts.STILL_RETURN, until=until))
    elif possible:
        found.append(str(withdrawal_texts.STILL_RETURN_ANY_TIME))
    return [*found, str(withdrawal_texts.IF_WRONG)]
