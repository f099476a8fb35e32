"""A gateway without a service: it takes every request, and says yes a moment later.

With it a clone shows how an address is changed on the way, without a key and without
speaking to anybody. `keys["answer"]` may hold another outcome: `failed`, `sent`.
"""

from collections.abc import Mapping
from typing import Any

from tracking.gateways import Access, Aim, Answer, Error, Failure, Outcome, Task, Told

KEYS: tuple[str, ...] = ()
OPTIONS: tuple[str, ...] = ("answer",)
AIMS = frozenset(Aim)
CAN_CHECK = CAN_WITHDRAW = ASKS_AGAIN = True
ANSWERS = [str(outcome) for outcome in Outcome]


def serves(carrier: str, aim: str, access: Access) -> bool:
    return True


def problems(access: Access) -> list[str]:
    if access.keys.get("answer", Outcome.ACCEPTED) in ANSWERS:
        return []
    return [f"“answer” is none of: {', '.join(ANSWERS)}."]


def request(task: Task, access: Access) -> Answer:
    return Answer(Outcome.SENT, reference=f"demo-{task.key[:8]}")


def check(task: Task, access: Access) -> Answer:
    answer = access.keys.get("answer")
    outcome = Outcome(answer) if answer in ANSWERS else Outcome.ACCEPTED
    failure = Failure.REFUSED if outcome == Outcome.FAILED else ""
    return Answer(outcome, failure=failure)


def withdraw(task: Task, access: Access) -> Answer:
    return Answer(Outcome.WITHDRAWN)


def is_genuine(headers: Mapping[str, str], body: bytes, access: Access) -> bool:
    return False  # nobody could have sent it


def delivery_id(body: bytes) -> str:
    return ""


def acknowledge(body: bytes, access: Access) -> dict[str, Any]:
    return {}


def parse(body: bytes, access: Access) -> list[Told]:
    raise Error("The demo tells nothing.", permanent=True)
