"""No interface at all: a person calls the carrier and writes down what it said.

Nothing leaves the process; the request waits for the desk, with the carrier's number and
the words to say (`tracking/admin/interception.py`).
"""

from collections.abc import Mapping
from typing import Any

from tracking.gateways import Access, Aim, Answer, Error, Outcome, Task, Told

KEYS: tuple[str, ...] = ()
OPTIONS: tuple[str, ...] = ()
AIMS = frozenset(Aim) - {Aim.DEPOT}
CAN_CHECK = CAN_WITHDRAW = ASKS_AGAIN = False


def serves(carrier: str, aim: str, access: Access) -> bool:
    return aim in AIMS


def problems(access: Access) -> list[str]:
    return []


def request(task: Task, access: Access) -> Answer:
    return Answer(Outcome.NO_NEWS)


def check(task: Task, access: Access) -> Answer:
    return Answer(Outcome.NO_NEWS)


def withdraw(task: Task, access: Access) -> Answer:
    return Answer(Outcome.NO_NEWS)


def is_genuine(headers: Mapping[str, str], body: bytes, access: Access) -> bool:
    return False  # nobody could have sent it


def delivery_id(body: bytes) -> str:
    return ""


def acknowledge(body: bytes, access: Access) -> dict[str, Any]:
    return {}


def parse(body: bytes, access: Access) -> list[Told]:
    raise Error("Nobody tells us anything here.", permanent=True)
