"""The facts of the letters of the thread: thanks for a message, and a person's answer."""

from returns.letters.parts import Facts, sentence
from returns.models.event import ActorKind
from returns.models.notice import Notice
from returns.models.promise import Promise, PromiseKind


def received(notice: Notice) -> Facts:
    """words: only those of which we know that the buyer wrote them. Whatever a stranger
    sends to us in the buyer's name, we do not carry on."""
    message = notice.entry
    return {
        "words": message.text if message and not message.sent_from else "",
        "pictures": message.pictures.count() if message else 0,
        "left_out": message.left_out if message else 0,
        "papers": "papers" in notice.facts,
        "promise": _reply(notice),
    }


def answer(notice: Notice) -> Facts:
    """asked: what it answers, the last that the buyer wrote before."""
    message = notice.entry
    if message is None:
        return {"words": "", "asked": "", "promise": ""}
    before = message.order.messages.filter(author=ActorKind.BUYER, at__lte=message.at)
    asked = before.order_by("at", "pk").last()
    return {
        "words": message.text,
        "asked": asked.text if asked else "",
        "promise": _reply(notice),
    }


def _reply(notice: Notice) -> str:
    mine = Promise.objects.open().filter(order=notice.order, kind=PromiseKind.REPLY)
    return sentence(mine.first())
