"""How notices leave. An adapter is given a finished Message and knows no models.

One adapter per channel, named in CHANNELS; `opened` gives the adapters of one batch, so
that a connection can serve several messages.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from django.utils.module_loading import import_string

# slug → (label, dotted path of the adapter)
CHANNELS: dict[str, tuple[str, str]] = {
    "email": ("Email", "returns.channels.email.Email"),
}


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message. name: as the reader saves it, in plain ASCII."""

    name: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Message:
    """One message to one person.

    key: the same at every attempt, so that a receiver that folds repeats shows one.
    sender: name of the store. reply_to: where an answer reaches a person. language: a
    code such as `zh-hans`. html may be empty. attachments: the text speaks
    of them.
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


class Error(Exception):
    """The message did not leave, or nobody knows whether it did.

    permanent: trying again cannot help. down: the channel itself does not work just
    now, so other messages need not be tried either. The text names no person.
    """

    def __init__(self, message: str, permanent: bool = False, *, down: bool = False):
        self.permanent, self.down = permanent, down
        super().__init__(message)


class Channel(Protocol):
    def send(self, message: Message) -> str:
        """Sends it and returns the provider's id of it. Raises Error."""
        ...

    def close(self) -> None:
        """Ends what is open; never raises."""
        ...


class Channels:
    """The adapters of one batch, each made when it is first needed."""

    def __init__(self, closing: ExitStack) -> None:
        self._adapter = cache(self._make)
        self._closing = closing

    def _make(self, slug: str) -> Channel:
        adapter: Channel = import_string(CHANNELS[slug][1])()
        self._closing.callback(adapter.close)
        return adapter

    def __getitem__(self, slug: str) -> Channel:
        """Raises KeyError for an unknown channel."""
        return self._adapter(slug)


@contextmanager
def opened() -> Iterator[Channels]:
    with ExitStack() as closing:
        yield Channels(closing)
