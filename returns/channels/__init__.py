"""How notices leave, and how answers come in. Adapters know no models.

One adapter per provider, named in CHANNELS; `opened` gives the adapters of one batch, so
that a connection can serve several messages. What providers tell us comes in by `HOOKS`.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol

from django.utils.module_loading import import_string

# slug → (label, dotted path of the adapter)
CHANNELS: dict[str, tuple[str, str]] = {
    "email": ("Email", "returns.channels.email.Email"),
    "twilio": ("SMS by Twilio", "returns.channels.twilio.Twilio"),
    "aliyun": ("SMS by Aliyun", "returns.channels.aliyun.Aliyun"),
    "whatsapp": ("WhatsApp", "returns.channels.whatsapp.WhatsApp"),
    "demo": ("Nowhere: kept in this database only", "returns.channels.demo.Demo"),
}


@dataclass(frozen=True)
class Access:
    """How a provider is reached for one store.

    keys: what the provider gave out, by the adapter's own names (its KEYS says which).
    sender: the number, sender id or signature that messages come from. base: another
    address than the usual one, for tests and gateways. hook: where the provider tells us
    about a message, '' when nowhere.
    """

    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    sender: str = ""
    base: str = ""
    hook: str = ""


NO_ACCESS = Access()


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message. name: as the reader saves it, in plain ASCII."""

    name: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Template:
    """A text that the provider has approved before. name: its id there. language: as the
    provider writes it (`en`, `zh_CN`). values: (placeholder, value) in the order of the
    text. button: the end of the address behind its button, '' for none."""

    name: str
    language: str
    values: tuple[tuple[str, str], ...]
    button: str = ""


@dataclass(frozen=True)
class Message:
    """One message to one person.

    key: the same at every attempt, so that a receiver that folds repeats shows one.
    recipient: an email address, or a number such as +447700900123. sender: name of the
    store. reply_to: where an answer reaches a person. language: a code such as `zh-hans`.
    html may be empty. attachments: the text speaks of them. short: the whole message in a
    few words, for channels that carry no letters. template: where the channel demands an
    approved text. answers: the Message-ID of the mail that this one answers. stop_url:
    where such messages can be ended with one click. automatic: no person wrote it.
    """

    key: str
    recipient: str
    sender: str
    reply_to: str
    language: str
    subject: str
    text: str
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    short: str = ""
    template: Template | None = None
    answers: str = ""
    stop_url: str = ""
    automatic: bool = True


class Error(Exception):
    """The message did not leave, or nobody knows whether it did.

    permanent: trying again cannot help. down: the channel itself does not work just
    now, so other messages need not be tried either. stopped: the receiver wants no more
    of them. unreachable: nothing can reach this address any more. The text names no person.
    """

    def __init__(
        self,
        message: str,
        permanent: bool = False,
        *,
        down: bool = False,
        stopped: bool = False,
        unreachable: bool = False,
    ):
        self.permanent, self.down = permanent, down
        self.stopped, self.unreachable = stopped, unreachable
        super().__init__(message)


class Delivery:
    """What became of a message, as far as a provider tells. BEFORE: what each may follow, so
    that nothing falls back: reports come in any order."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"

    BEFORE: ClassVar[dict[str, tuple[str, ...]]] = {
        SENT: ("",),
        DELIVERED: ("", SENT),
        READ: ("", SENT, DELIVERED),
        FAILED: ("", SENT),
    }


@dataclass(frozen=True)
class Report:
    """A provider tells what became of a message. id: the provider's own, as `send` gave it
    back. key: ours, where the provider echoes it. state: of Delivery. at: when, None when
    it does not say. error, stopped, unreachable: as those of Error, of a failed one."""

    id: str
    state: str
    at: datetime | None = None
    key: str = ""
    error: str = ""
    stopped: bool = False
    unreachable: bool = False


@dataclass(frozen=True)
class Incoming:
    """What somebody sent to us. id: the provider's own, once per message. sender: the
    number with a + in front, or the email address. text: as written. pictures: bytes of
    files that may be photos; files: ids of such as have to be fetched from the provider.
    left_out: how many other files came with it. references: ids of our messages that it
    answers, the nearest last. to: the address that it was sent to. automatic: a machine
    wrote it (a holiday note)."""

    id: str
    sender: str
    text: str
    at: datetime | None = None
    pictures: tuple[bytes, ...] = ()
    files: tuple[str, ...] = ()
    left_out: int = 0
    references: tuple[str, ...] = ()
    to: str = ""
    automatic: bool = False


class Channel(Protocol):
    """An adapter. KEYS: names of the keys that it needs → what they are, for the desk.
    MORE_KEYS, where it has them: those that may be left out."""

    def __init__(self, access: Access = NO_ACCESS) -> None: ...

    def send(self, message: Message) -> str:
        """Sends it and returns the provider's id of it. Raises Error."""
        ...

    def close(self) -> None:
        """Ends what is open; never raises."""
        ...


class Hook(Protocol):
    """The module of an adapter whose provider calls us. Pure functions."""

    def challenge(self, query: Mapping[str, str], access: Access) -> str | None:
        """The answer to the provider's question whether this is our address; None: refuse."""
        ...

    def is_genuine(self, url: str, headers: Mapping[str, str], body: bytes, access: Access) -> bool:
        """Whether the provider itself made this call. In constant time, on the raw body."""
        ...

    def acknowledge(self) -> tuple[str, str]:
        """(content type, body) that the provider wants to read."""
        ...

    def read(self, body: bytes, access: Access) -> list[Report | Incoming]:
        """What it says. Unknown things are left out with one log line. Raises ValueError."""
        ...


# The modules of those above that receive calls.
HOOKS: dict[str, str] = {
    "twilio": "returns.channels.twilio",
    "aliyun": "returns.channels.aliyun",
    "whatsapp": "returns.channels.whatsapp",
}


class Channels:
    """The adapters of one batch, each made when it is first needed."""

    def __init__(self, closing: ExitStack) -> None:
        self._made: dict[object, Channel] = {}
        self._closing = closing

    def of(self, slug: str, account: object = None, access: Access = NO_ACCESS) -> Channel:
        """The adapter of `slug` with the keys of one account (any hashable name of it).
        Raises KeyError for an unknown channel."""
        key = (slug, account)
        if key not in self._made:
            adapter: Channel = import_string(CHANNELS[slug][1])(access)
            self._closing.callback(adapter.close)
            self._made[key] = adapter
        return self._made[key]


@contextmanager
def opened() -> Iterator[Channels]:
    with ExitStack() as closing:
        yield Channels(closing)
