"""What 17TRACK would send: recordings, and pushes made up for one test."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.test import Client

from tests.tracking.loopback import Answer
from tracking.models import Account, Connection
from tracking.providers import Access, seventeentrack

FOLDER = Path(__file__).parent.parent / "recordings" / "17track"
KEY = "a-key-of-juniper"
NUMBER = "RB123456785GB"
ROYAL_MAIL = 11031
START = datetime(2026, 11, 16, 9, tzinfo=UTC)


def path(name: str) -> Path:
    return FOLDER / f"{name}.json"


def body(name: str) -> bytes:
    return path(name).read_bytes()


def event(hours: float, sub_status: str | None, **values: Any) -> dict[str, Any]:
    """One event so long after START, in Bristol."""
    at = (START + timedelta(hours=hours)).isoformat()
    told = {"time_utc": at, "description": "As told", "location": "Bristol"}
    return {**told, "sub_status": sub_status, **values}


def pushed(*events: object, number: object = NUMBER, carrier: object = ROYAL_MAIL) -> bytes:
    """The body of a push with these events of one carrier."""
    told = {"provider": {"key": carrier, "country": "GB"}, "events": events}
    item = {"number": number, "carrier": carrier, "track_info": {"tracking": {"providers": [told]}}}
    return json.dumps({"event": "TRACKING_UPDATED", "data": item}).encode()


def connect(name: str = "juniper", key: str = KEY, **values: Any) -> Connection:
    account = Account.objects.create(name=name, country="GB")
    return Connection.objects.create(account=account, provider="17track", key=key, **values)


def send(body: bytes, to: str = "juniper", key: str = KEY, client: Client | None = None):
    """POSTs a body as 17TRACK does; key: what it is signed with."""
    headers, body = seventeentrack.signed(body, Access(key))
    return (client or Client()).post(
        f"/hooks/17track/{to}/", body, content_type="application/json", headers=headers
    )


# --- what it answers when it is called --------------------------------------------------------


def answer(accepted: list[dict[str, Any]] | None = None, *rejected: dict[str, Any]) -> Answer:
    """What 17TRACK answers about these numbers."""
    return Answer(json={"code": 0, "data": {"accepted": accepted or [], "rejected": rejected}})


def refusal(number: str, code: int, carrier: object = 0) -> dict[str, Any]:
    """One number of an answer that was not taken."""
    return {"number": number, "carrier": carrier, "error": {"code": code, "message": "As told"}}


def failure(code: int) -> Answer:
    """The answer to a call that was refused as a whole."""
    return Answer(json={"code": 0, "data": {"errors": [{"code": code, "message": "As told"}]}})
