"""What buyers of the demo wrote, what was answered, and what carriers were asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from returns.models import Actor, CarrierContact, Notice, Order, Promise, PromiseKind
from returns.models.carrier_contact import Way
from tracking.work import WorkState


@dataclass(frozen=True)
class Line:
    """hours: how long ago. by: buyer, desk or note (of the desk, for itself)."""

    hours: float
    by: str
    text: str


@dataclass(frozen=True)
class Asked:
    """A question to the carrier, so many hours ago, and its answer."""

    hours: float
    way: str
    asked: str
    answer: str = ""


TALKS: dict[str, tuple[Line, ...]] = {
    "JP-20462": (
        Line(50, "buyer", "It has not moved since Thursday. Is it lost? It is a birthday present."),
        Line(
            44,
            "desk",
            "It is not lost: the carrier says that it lies at its depot in Frankfurt and goes on "
            "this week. If it is not there in time for the birthday, we send a second one by "
            "express, and you keep both.",
        ),
        Line(43, "note", "Birthday is on Saturday. If no scan by Thursday noon: send a new one."),
        Line(20, "buyer", "Thank you, that helps a lot."),
    ),
    "JP-20466": (
        Line(
            3, "buyer", "I got a letter from customs. Do you need it? I can take a picture of it."
        ),
    ),
    "SY-10863": (
        Line(30, "buyer", "包裹两天没动了，是不是丢了？周末要送人的。"),
        Line(
            26,
            "desk",
            "我们看到了，包裹还在路上的中转站，没有丢。我们每天都看一次，有消息马上告诉你。",
        ),
    ),
    "SY-10861": (Line(2, "buyer", "我这两天出差，可以请驿站多保管几天吗？"),),
}
ASKED: dict[str, tuple[Asked, ...]] = {
    "JP-20462": (
        Asked(
            45,
            Way.PHONE,
            "Where is it, and when does it go on?",
            "It is at the depot in Frankfurt and goes on this week.",
        ),
    ),
    "JP-20464": (Asked(20, Way.FORM, "Please search for it; the last scan is a month old."),),
    "SY-10863": (Asked(27, Way.PHONE, "包裹停在哪里？什么时候继续运输？"),),
}


def tell(order: Order, desk: Actor, now: datetime) -> None:
    """Plays the talk of this order, if it has one, line by line at its time."""
    for number, asked in enumerate(ASKED.get(order.number, ())):
        at = now - timedelta(hours=asked.hours)
        case = order.cases.filter(closed_at=None).first()
        if case and number == 0:
            CarrierContact.objects.ask(
                case, way=asked.way, asked=asked.asked, answer=asked.answer, by=desk, at=at, now=at
            )
    for number, line in enumerate(TALKS.get(order.number, ())):
        at = now - timedelta(hours=line.hours)
        key = f"demo-{number}"
        match line.by:
            case "buyer":
                order.write(line.text, key=key, now=at)
            case "desk":
                order.answer(line.text, by=desk, key=key, now=at)
            case "note":
                order.note_for_us(line.text, by=desk, key=key, now=at)
    _file(order, now)


def _file(order: Order, now: datetime) -> None:
    """What was thanked for and answered some hours ago has long left; and what the desk
    answered a while ago is a promise kept."""
    mine = Notice.objects.filter(order=order, entry__isnull=False, state=WorkState.DUE)
    for letter in mine.filter(written_at__lt=now - timedelta(hours=1)):
        Notice.objects.filter(pk=letter.pk).update(
            state=WorkState.DONE, attempts=1, done_at=letter.written_at + timedelta(seconds=20)
        )
    open_ones = Promise.objects.open().filter(order=order, kind=PromiseKind.REPLY)
    if not order.messages.unanswered().exists():
        open_ones.let_go(now)
