"""What the adapters have in common that call a provider over the web.

`call` is the way out, with its errors as channels tell them. Trouble is what a code of a
provider stands for: the provider's own words are never repeated, because they may hold
the number that we wrote to.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from returns.channels import Access, Error, Report
from tracking import http
from tracking.providers import Error as CallFailed
from tracking.providers import NoAccess, TooFast, reading

TOTAL = 15.0  # seconds for a whole answer


@dataclass(frozen=True)
class Trouble:
    """words: for the desk. The rest is as in Error; without any, trying later may help."""

    words: str
    permanent: bool = False
    down: bool = False
    stopped: bool = False
    unreachable: bool = False

    def told(self, who: str, code: object) -> str:
        return f"{who} says {reading.text(code, 40)}: {self.words}."

    def error(self, who: str, code: object) -> Error:
        return Error(
            self.told(who, code),
            self.permanent,
            down=self.down,
            stopped=self.stopped,
            unreachable=self.unreachable,
        )

    def report(self, who: str, code: object, **values: Any) -> Report:
        """Of a message that failed after all. values: the rest of Report."""
        told = self.told(who, code)
        return Report(error=told, stopped=self.stopped, unreachable=self.unreachable, **values)


# How trouble goes on: it passes; this message never leaves; somebody has to mend the
# account; the receiver wants no more; the number is none, or cannot take such messages.
passing = Trouble
refused = partial(Trouble, permanent=True)
ours = partial(Trouble, down=True)
stopped = partial(Trouble, permanent=True, stopped=True)
unreachable = partial(Trouble, permanent=True, unreachable=True)

# What nobody knows is taken for lasting, so that another channel gets its turn at once.
UNKNOWN = refused("a code that we do not know")


def known[Code](who: str, table: Mapping[Code, Trouble], code: Code) -> Trouble:
    if code not in table:
        reading.tell_once(f"{who}: code %s is not known", reading.text(code, 40))
    return table.get(code, UNKNOWN)


def call(method: str, url: str, **values: Any) -> tuple[int, dict[str, Any]]:
    """The status and the JSON object that is answered. values: as of `tracking.http.call`.

    Raises Error: the provider does not answer, lets us in no more, or answers with
    something else (down); or we were too fast. Whether the message left is not known
    then, so it is sent again.
    """
    try:
        reply = _reply(method, url, **values)
        told = http.json_of(reply)
    except CallFailed as error:
        raise Error(str(error), down=True) from None
    if not isinstance(told, dict):
        raise Error(f"The answer ({reply.status}) is not documented.", down=True)
    return reply.status, told


def download(url: str, *, most: int, **values: Any) -> bytes:
    """A whole file of at most so many bytes. Raises Error."""
    try:
        reply = _reply("GET", url, most=most, **values)
    except CallFailed as error:
        raise Error(str(error), down=True) from None
    if reply.status != 200:
        raise Error(f"The file cannot be fetched ({reply.status}).", permanent=True)
    return reply.body


def _reply(method: str, url: str, **values: Any) -> http.Reply:
    try:
        return http.call(method, url, total=TOTAL, **values)
    except TooFast as error:
        raise Error(str(error)) from None
    except NoAccess as error:
        raise Error(str(error), down=True) from None


def value(access: Access, name: str, usual: str = "") -> str:
    """What was filled in under this name, without the blanks that copying brings."""
    return str(access.keys.get(name) or "").strip() or usual


def key(access: Access, name: str) -> str:
    """Raises Error when it was not filled in, which somebody may do while messages wait."""
    if found := value(access, name):
        return found
    raise Error(f"The account has no {name}.", down=True)


def is_good(status: int) -> bool:
    return 200 <= status < 300


def sent(told: object, who: str) -> str:
    """The id in the answer to a message that was taken. Raises Error when there is none."""
    if name := reading.text(told, 200):
        return name
    raise Error(f"{who} answered without an id.", down=True)


def one_line(words: str) -> str:
    """As approved texts take their values: without new lines, tabs and runs of blanks."""
    return " ".join(words.split())


def document(body: bytes) -> Any:
    """JSON of any kind. Raises ValueError, which does not repeat what stands in it."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("It is not JSON that can be read.") from None
