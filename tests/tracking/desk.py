"""What the tests of the desk's pages about parcels share."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils import timezone

from tests.page_checks import CheckedClient
from tracking.models import Account, Connection, Following, Incident, Parcel

NUMBER = "RB123456785GB"


def member(username: str, *permissions: str) -> CheckedClient:
    """A member of staff with these permissions of the tracking app; every page is checked."""
    client = CheckedClient()
    client.force_login(get_user_model().objects.create_user(username, is_staff=True))
    for codename in permissions:
        permit(client, "tracking", codename)
    return client


def permit(client: CheckedClient, app: str, codename: str) -> None:
    user = get_user_model().objects.get(pk=client.session["_auth_user_id"])
    found = Permission.objects.get(codename=codename, content_type__app_label=app)
    user.user_permissions.add(found)


def account(name: str = "juniper", **values: Any) -> Account:
    defaults = {"country": "GB", "zone": "Europe/London"}
    return Account.objects.get_or_create(name=name, defaults=defaults | values)[0]


def connect(provider: str = "17track", name: str = "juniper", **values: Any) -> Connection:
    defaults = {"key": "a-key-of-juniper"}
    return Connection.objects.create(
        account=account(name), provider=provider, **(defaults | values)
    )


def parcel(number: str = NUMBER, carrier: str = "royal-mail", **values: Any) -> Parcel:
    made = Parcel.objects.announce(account(), number, carrier)
    Parcel.objects.filter(pk=made.pk).update(**values)
    return Parcel.objects.get(pk=made.pk)


def follow(parcel: Parcel, connection: Connection, **values: Any) -> Following:
    """At rest, registered an hour ago, unless said otherwise."""
    defaults = {
        "number": parcel.plain_number,
        "wish": "query",
        "state": "done",
        "registered_at": timezone.now() - timedelta(hours=1),
    }
    return Following.objects.create(parcel=parcel, connection=connection, **(defaults | values))


def refused(parcel: Parcel, connection: Connection, why: str = "refused", **values: Any):
    told = {"state": "dead", "refusal": why, "registered_at": None, "done_at": timezone.now()}
    return follow(parcel, connection, **(told | values))


def trouble(parcel: Parcel, kind: str, days: float = 1, **values: Any) -> Incident:
    since = timezone.now() - timedelta(days=days)
    return Incident.objects.create(parcel=parcel, kind=kind, since=since, **values)


def shown(response: Any) -> str:
    """The page as it is read: its words, without tags and line breaks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.text)).split())
