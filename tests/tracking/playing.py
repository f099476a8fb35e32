"""17TRACK and Kuaidi100 as somebody plays them on loopback: they remember what was
registered, tell what they know, refuse, and fail when they are told to."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from tests.tracking import kuaidi100, seventeentrack
from tests.tracking.loopback import Answer, Loopback, Seen
from tracking.models import Account, Connection
from tracking.providers.seventeentrack import ENDPOINTS

UNKNOWN_CARRIER = 0


@dataclass(frozen=True)
class Call:
    """One call as it came. at: by the clock of the test, simulated or not."""

    action: str
    numbers: tuple[str, ...]
    at: datetime


class Played:
    """trouble: what it answers to a call as a whole instead; None while it is well."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.trouble: Callable[[], Answer | None] = lambda: None

    def noted(self, action: str, numbers: Iterable[str]) -> Answer | None:
        self.calls.append(Call(action, tuple(numbers), timezone.now()))
        return self.trouble()

    def asked(self, action: str) -> list[str]:
        """Every number that came with such a call, as often as it came."""
        return [number for call in self.calls if call.action == action for number in call.numbers]


class Played17Track(Played):
    """registered: number → its carrier's key. events: what it knows of a number. refusals:
    number → the code with which it is refused. finds: number → the carrier it finds out."""

    def __init__(self, server: Loopback) -> None:
        super().__init__()
        self.registered: dict[str, int] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.refusals: dict[str, int] = {}
        self.finds: dict[str, int] = {}
        self.base = f"{server.url}/track/v2.4/"
        for action, endpoint in ENDPOINTS.items():
            server.answers(f"/track/v2.4/{endpoint}", self._plays(action))

    def connect(self, account: Account, **values: Any) -> Connection:
        return Connection.objects.create(
            account=account, provider="17track", key=seventeentrack.KEY, base=self.base, **values
        )

    def _plays(self, action: str) -> Callable[[Seen], Answer]:
        def play(seen: Seen) -> Answer:
            rows = seen.json
            trouble = self.noted(action, [row["number"] for row in rows])
            if trouble:
                return trouble
            told = [self._one(action, row) for row in rows]
            rejected = [row for row in told if "error" in row]
            return seventeentrack.answer([row for row in told if "error" not in row], *rejected)

        return play

    def _one(self, action: str, row: dict[str, Any]) -> dict[str, Any]:
        number = row["number"]
        if number in self.refusals:
            return seventeentrack.refusal(number, self.refusals[number])
        if action == "register":
            if number in self.registered:
                return seventeentrack.refusal(number, -18019901, self.registered[number])
            found = self.finds.get(number, UNKNOWN_CARRIER)
            self.registered[number] = row.get("carrier", found)
        elif number not in self.registered:
            return seventeentrack.refusal(number, -18019902)
        elif action == "change":
            self.registered[number] = row["carrier_new"]
        elif action == "stop":
            return {"number": number, "carrier": self.registered.pop(number)}
        elif number not in self.events:
            return seventeentrack.refusal(number, -18019909)
        key = self.finds.get(number, self.registered[number])
        if action != "query":
            return {"number": number, "carrier": key}
        events = self.events[number]
        return json.loads(seventeentrack.pushed(*events, number=number, carrier=key))["data"]


class PlayedKuaidi100(Played):
    """registered: number → the company. lines: what it knows of a number."""

    def __init__(self, server: Loopback) -> None:
        super().__init__()
        self.registered: dict[str, str] = {}
        self.lines: dict[str, list[dict[str, Any]]] = {}
        self.base = server.url
        server.answers("/poll", self._register)
        server.answers("/poll/query.do", self._query)

    def connect(self, account: Account, **values: Any) -> Connection:
        return Connection.objects.create(
            account=account,
            provider="kuaidi100",
            key=kuaidi100.ACCESS.key,
            customer=kuaidi100.ACCESS.customer,
            salt=kuaidi100.ACCESS.salt,
            base=self.base,
            **values,
        )

    def _register(self, seen: Seen) -> Answer:
        param = json.loads(seen.form["param"])
        number = param["number"]
        trouble = self.noted("register", [number])
        if trouble:
            return trouble
        if self.registered.get(number) == param["company"]:
            return Answer(json={"result": False, "returnCode": "501", "message": "重复订阅"})
        self.registered[number] = param["company"]
        return Answer(json={"result": True, "returnCode": "200", "message": "提交成功"})

    def _query(self, seen: Seen) -> Answer:
        param = json.loads(seen.form["param"])
        number = param["num"]
        trouble = self.noted("query", [number])
        if trouble:
            return trouble
        if number not in self.lines:
            return Answer(json={"result": False, "returnCode": "500", "message": "查询无结果"})
        told = kuaidi100.leg(*self.lines[number], company=param["com"], nu=number)
        return Answer(json=told)
