"""A provider without a service: it follows every number and never knows anything new.

With it a clone shows that parcels are asked for, and when, without a key and without
speaking to anybody.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tracking.providers import Access, Action, Answer, Ask, Error, Limit, News, Outcome

LIMITS: dict[Action, Limit] = {action: Limit(batch=40, interval=0.1) for action in Action}


def is_genuine(headers: Mapping[str, str], body: bytes, access: Access) -> bool:
    return False  # nobody could have sent it


def signed(body: bytes, access: Access) -> tuple[dict[str, str], bytes]:
    return {}, body


def delivery_id(headers: Mapping[str, str], body: bytes) -> str:
    return ""


def acknowledge(body: bytes, access: Access) -> dict[str, Any]:
    return {}


def parse(body: bytes) -> list[News]:
    raise Error("The demo pushes nothing.", permanent=True)


def follows(carrier: str) -> bool:
    return True


def call(action: Action, asks: Sequence[Ask], access: Access) -> list[Answer]:
    outcome = Outcome.NO_NEWS if action == Action.QUERY else Outcome.DONE
    return [Answer(ask.number, outcome) for ask in asks]
