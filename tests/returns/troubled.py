"""What goes wrong with an order on its way, and how its buyer may be reached."""

from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from returns.models import Case, ChannelAccount, Notice, Order, Store
from returns.models.contact_point import ContactPoint, as_number
from returns.models.notice import Channel
from tests.people import place_order
from tests.portal.on_the_way import the_parcel, wrong
from tests.returns.channel_servers import TWILIO, WHATSAPP, Played
from tracking.incidents import IncidentKind
from tracking.models import Incident
from tracking.work import WorkState

NUMBER = "+447700900123"


def on_its_way(store: Store, number: str = "JP-1", **values) -> Order:
    """So lately that the watch finds nothing of its own to say."""
    return place_order(store, number, delivered=False, **{"days_ago": 2} | values)


def trouble(
    order: Order, kind: str = IncidentKind.DAMAGED, now: datetime | None = None, level: int = 1
) -> Case:
    """Found and taken up at `now`."""
    now = now or timezone.now()
    row = wrong(the_parcel(order), kind, since=now)
    Incident.objects.filter(pk=row.pk).update(level=level, opened_at=now, updated_at=now)
    Case.objects.follow(now)
    return Case.objects.filter(order=order, kind=kind).latest("pk")


def worse(case: Case, now: datetime | None = None) -> None:
    stirred = now or timezone.now()
    mine = Incident.objects.filter(pk=case.incident_id)
    mine.update(level=F("level") + 1, updated_at=stirred, is_news=True)
    Case.objects.follow(now)


def over(case: Case, now: datetime | None = None) -> None:
    cleared = now or timezone.now()
    Incident.objects.filter(pk=case.incident_id).update(cleared_at=cleared, is_news=True)
    Case.objects.follow(now)


def by_sms(store: Store, there: Played, number: str = NUMBER) -> ChannelAccount:
    """The store has an account for SMS, and whoever has this number agreed."""
    ContactPoint.objects.agree(store, Channel.SMS, number, source="the form")
    return ChannelAccount.objects.create(
        store=store,
        provider="twilio",
        sender=TWILIO.sender,
        keys=dict(TWILIO.keys),
        base=there.server.url,
    )


def by_whatsapp(store: Store, there: Played) -> ChannelAccount:
    return ChannelAccount.objects.create(
        store=store, provider="whatsapp", keys=dict(WHATSAPP.keys), base=there.server.url
    )


def number_of(order: Order) -> str:
    return as_number(order.phone, order.country)


def states() -> list[tuple[str, str]]:
    """(channel, state) of every notice, the oldest first."""
    return list(Notice.objects.order_by("pk").values_list("channel", "state"))


def let_leases_end() -> None:
    Notice.objects.filter(state=WorkState.CLAIMED).update(lease_until=timezone.now())


def make_due() -> None:
    Notice.objects.filter(state=WorkState.DUE).update(due_at=timezone.now())


def hour(count: float = 1) -> timedelta:
    return timedelta(hours=count)
