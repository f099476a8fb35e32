"""A small IMAP server on loopback that does what a test tells it to."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

# LOGIN, SELECT, UID SEARCH, UID FETCH of size or body, UID STORE, LOGOUT: what we speak.
COMMAND = re.compile(rb"(?P<tag>\S+) (?P<words>.+)\r\n", re.DOTALL)


@dataclass
class Mailbox:
    """mails: by UID. faults: the beginning of a command → `drop` (hangs up), `hang`, or the
    answer to it (`NO Not now`); each once. heard: every command. watch: is told each, in a
    thread of its own, before it is carried out."""

    mails: dict[int, bytes] = field(default_factory=dict)
    flags: dict[int, set[str]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    watch: Callable[[str], None] | None = None
    port: int = 0
    folder: str = ""
    password: str = "pass word"

    # --- what a test asks ------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"imap://answers%40mail.example.com:pass%20word@127.0.0.1:{self.port}/INBOX"

    def put(self, raw: bytes) -> int:
        uid = 7 + len(self.mails)
        self.mails[uid] = raw
        return uid

    @property
    def unread(self) -> list[int]:
        return [uid for uid in self.mails if r"\Seen" not in self.flags.get(uid, set())]

    def fetched(self) -> int:
        return sum("BODY.PEEK" in words for words in self.heard)

    # --- the server ------------------------------------------------------------------------

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        while found := COMMAND.fullmatch(await reader.readline()):
            words = found["words"].decode("latin-1")
            self.heard.append(words)
            if self.watch:
                await asyncio.to_thread(self.watch, words)
            fault = next((start for start in self.faults if words.startswith(start)), None)
            answer = self.faults.pop(fault) if fault else ""
            if answer == "drop":
                break
            if answer == "hang":
                await asyncio.Event().wait()
            if not answer:
                lines, answer = self._does(words)
                writer.writelines(lines)
            writer.write(found["tag"] + b" " + answer.encode() + b"\r\n")
            await writer.drain()
            if words == "LOGOUT":
                break
        writer.close()

    def _does(self, words: str) -> tuple[list[bytes], str]:
        verb, _, rest = words.partition(" ")
        if verb == "LOGIN":
            good = rest.endswith(f'"{self.password}"')
            return [], "OK in" if good else "NO [AUTHENTICATIONFAILED] answers@mail.example.com"
        if verb == "SELECT":
            self.folder = rest.strip('"')
            return [b"* %d EXISTS\r\n" % len(self.mails)], "OK selected"
        if verb == "UID":
            return self._by_uid(*rest.split(" ", 2))
        if verb == "LOGOUT":
            return [b"* BYE\r\n"], "OK bye"
        return [b"* CAPABILITY IMAP4rev1\r\n"], "OK done"

    def _by_uid(self, verb: str, which: str, what: str = "") -> tuple[list[bytes], str]:
        if verb == "SEARCH":
            flagged = {uid for uid in self.unread if r"\Flagged" in self.flags.get(uid, set())}
            found = [uid for uid in self.unread if (uid in flagged) == (what == "FLAGGED")]
            return [b"* SEARCH " + " ".join(map(str, found)).encode() + b"\r\n"], "OK found"
        uid = int(which)
        raw = self.mails.get(uid)
        if raw is None:
            return [], "OK nothing"
        if verb == "STORE":
            self.flags.setdefault(uid, set()).update(re.findall(r"\\\w+", what))
            return [b"* 1 FETCH (UID %d)\r\n" % uid], "OK stored"
        if "SIZE" in what:
            return [b"* 1 FETCH (UID %d RFC822.SIZE %d)\r\n" % (uid, len(raw))], "OK told"
        line = b"* 1 FETCH (UID %d BODY[] {%d}\r\n" % (uid, len(raw))
        return [line, raw, b")\r\n"], "OK fetched"


@contextmanager
def mailbox_server() -> Iterator[Mailbox]:
    box = Mailbox()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    opening = asyncio.start_server(box.serve, "127.0.0.1", 0)
    listening = asyncio.run_coroutine_threadsafe(opening, loop).result(10)
    box.port = listening.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(_end, loop, listening)
        thread.join(timeout=10)
        loop.close()


def _end(loop: asyncio.AbstractEventLoop, listening: asyncio.Server) -> None:
    listening.close()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.call_later(0.05, loop.stop)
