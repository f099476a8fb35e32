"""A real SMTP server on loopback that does what a test tells it to."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

OK = "250 OK"


@dataclass
class MailServer:
    """ehlo, rcpt, data: answers to come, in this order; then OK. An answer may also be
    `hang` or, for data, `disconnect` (after the mail was taken in)."""

    ehlo: list[str] = field(default_factory=list)
    rcpt: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    received: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    # --- what aiosmtpd calls ---------------------------------------------------------------

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.connections += 1
        await self._next(self.ehlo)
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list
    ) -> str:
        answer = await self._next(self.rcpt)
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await self._next(self.data)
        if answer in (OK, "disconnect"):
            content = envelope.original_content or b""
            self.raw.append(content)
            self.received.append(message_from_bytes(content, policy=policy.default))
            self.recipients += envelope.rcpt_tos
        if answer == "disconnect":
            server.transport.abort()
        return answer

    async def _next(self, answers: list[str]) -> str:
        answer = answers.pop(0) if answers else OK
        if answer == "hang":
            await asyncio.Event().wait()
        return answer

    # --- what a test asks ------------------------------------------------------------------

    @property
    def message_ids(self) -> list[str]:
        return [str(letter["Message-ID"]) for letter in self.received]

    def mailers(self, timeout: float = 10) -> dict:
        """For `settings.MAILERS`."""
        return {
            "default": {
                "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "OPTIONS": {"host": "127.0.0.1", "port": self.port, "timeout": timeout},
            }
        }


@contextmanager
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    # Not in this thread, where the loop of a browser may be running.
    opening = loop.create_server(lambda: SMTP(server, loop=loop), "127.0.0.1", 0)
    listening = asyncio.run_coroutine_threadsafe(opening, loop).result(10)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(_end, loop, listening)
        thread.join(timeout=10)
        loop.close()


def _end(loop: asyncio.AbstractEventLoop, listening: asyncio.Server) -> None:
    listening.close()
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.call_later(0.05, loop.stop)
