"""Requests to carriers, made up for one test."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from tests.tracking.gateway_server import UPS_KEYS, UPS_NUMBER, GatewayServer
from tracking.gateways import Address, Aim
from tracking.milestones import Milestone
from tracking.models import Account, GatewayAccount, Interception, Parcel, ScanReport
from tracking.work import WorkState

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OLD = Address(
    name="Sarah Whitcombe",
    phone="+1 512 555 0100",
    street="12 Harbour Lane",
    city="Portland",
    region="OR",
    postcode="97201",
    country="US",
)
NEW = Address(
    name="Sarah Whitcombe",
    phone="+1 512 555 0100",
    street="4 Congress Avenue",
    city="Austin",
    region="TX",
    postcode="78701",
    country="US",
)


def on_the_road(number: str = UPS_NUMBER, carrier: str = "ups", name: str = "juniper") -> Parcel:
    account, _ = Account.objects.get_or_create(name=name, defaults={"country": "US"})
    parcel = Parcel.objects.announce(account, number, carrier, timezone.now() - 2 * DAY)
    scanned(parcel, Milestone.IN_TRANSIT, timezone.now() - DAY, "Louisville")
    return parcel


def scanned(parcel: Parcel, milestone: str, at: datetime | None = None, place: str = "") -> None:
    report = ScanReport(at=at or timezone.now(), milestone=milestone, place=place)
    parcel.record([report])


def at_ups(parcel: Parcel, server: GatewayServer | None = None, **values: Any) -> GatewayAccount:
    values = {"requester_phone": "+1 512 555 0199", "keys": UPS_KEYS} | values
    base = server.base if server else "http://127.0.0.1:9"
    return GatewayAccount.objects.create(account=parcel.account, gateway="ups", base=base, **values)


def wanted(parcel: Parcel, aim: str = Aim.REDIRECT, **values: Any) -> Interception:
    values = {"before": OLD, "after": NEW if aim == Aim.REDIRECT else Address()} | values
    return parcel.intercept(aim, **values)


def asked(parcel: Parcel, status: str = "sent", **values: Any) -> Interception:
    """One that was asked an hour ago, and stands there."""
    at = timezone.now() - HOUR
    row = wanted(parcel, requested_at=at, now=at)
    values = {"status": status, "asked_at": at, "sent_at": at} | values
    Interception.objects.filter(pk=row.pk).update(**values)
    row.refresh_from_db()
    return row


def claimed(row: Interception) -> Interception:
    """As a worker has it in hands, whenever it is due."""
    Interception.objects.filter(pk=row.pk).update(due_at=timezone.now())
    (mine,) = Interception.objects.filter(pk=row.pk).claim(1)
    return mine


def work(row: Interception) -> Interception:
    """One round of a worker; returns the row as it is then."""
    claimed(row).proceed()
    return fresh(row)


def fresh(row: Interception) -> Interception:
    return Interception.objects.get(pk=row.pk)


def lose_the_lease(row: Interception) -> None:
    """What a worker leaves behind that was killed a while ago."""
    Interception.objects.filter(pk=row.pk, state=WorkState.CLAIMED).update(
        lease_until=timezone.now() - MINUTE
    )


def later(row: Interception, time: timedelta) -> Interception:
    """All that happened to it happened so much earlier."""
    moved = {
        field.name: at - time
        for field in Interception._meta.concrete_fields
        if isinstance(at := getattr(row := fresh(row), field.name), datetime)
    }
    Interception.objects.filter(pk=row.pk).update(**moved)
    return fresh(row)
