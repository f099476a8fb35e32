"""Email over whatever mailer the settings name (SMTP, a provider; files in a clone)."""

import re
import smtplib
from contextlib import suppress
from email.errors import HeaderParseError
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.policy import EmailPolicy, default
from email.utils import parseaddr
from typing import Any

from anymail.exceptions import AnymailError
from django.conf import settings
from django.core import mail

from returns.channels import NO_ACCESS, Access, Error, Message
from returns.channels.email_errors import told

# By this we know our own letters, should somebody's rule send them back to us.
OURS = "X-Homeward"
# A mail provider gives it back with its reports.
KEY = "key"
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")


class Email:
    KEYS: dict[str, str] = {}  # the settings name the mailer
    USES_TEMPLATES = False

    def __init__(self, access: Access = NO_ACCESS, mailer: str = "default") -> None:
        self._connection = mail.mailers[mailer]

    def send(self, message: Message) -> str:
        """Returns what the letter is known by later: our Message-ID, or the provider's id."""
        sender = sender_of(message)
        try:
            letter = compose(message, sender)
            # Opened here, it stays open for the next message of the batch.
            self._connection.open()
            self._connection.send_messages([letter])
        except (smtplib.SMTPException, AnymailError, OSError) as error:
            # Whatever state the connection is in, the next message gets a fresh one.
            self.close()
            raise told(error) from error
        except ValueError as error:
            raise Error("The address cannot be written to.", permanent=True) from error
        return _id_given(letter) or message.key

    def close(self) -> None:
        with suppress(OSError):
            self._connection.close()


class _AsItStands(UnstructuredHeader):
    """One word that mail programs compare or follow. Python would break a long one into
    encoded pieces, which nobody puts together again."""

    def fold(self, *, policy: EmailPolicy) -> str:
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


_HEADERS = HeaderRegistry()
for _name in ("In-Reply-To", "References", "List-Unsubscribe"):
    _HEADERS.map_to_type(_name, _AsItStands)  # type: ignore[arg-type]


class Letter(mail.EmailMultiAlternatives):
    """metadata: for mail providers; SMTP has no place for it."""

    metadata: dict[str, str]

    def message(self, *, policy: Any = default) -> Any:
        return super().message(policy=policy.clone(header_factory=_HEADERS))


def sender_of(message: Message) -> Address:
    """The store's name at our own address."""
    address = parseaddr(settings.MAIL_FROM)[1]
    try:
        return Address(" ".join(message.sender.split()), addr_spec=address)
    except (ValueError, IndexError, HeaderParseError) as error:
        # No fault of the message: it goes when the setting has been put right.
        raise Error("HOMEWARD_MAIL_FROM is not an address.", down=True) from error


def compose(message: Message, sender: Address) -> Letter:
    """The mail with its headers. Raises ValueError for an address that cannot be."""
    letter = Letter(
        " ".join(message.subject.split()),
        message.text,
        str(sender),
        [message.recipient],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers=headers_of(message),
    )
    letter.metadata = {KEY: message.key}
    if message.html:
        letter.attach_alternative(message.html, "text/html")
    for file in message.attachments:
        letter.attach(file.name, file.data, file.content_type)
    return letter


def headers_of(message: Message) -> dict[str, str]:
    headers = {
        "Message-ID": message.key,
        "Content-Language": message.language,
        OURS: "letter",
    }
    if message.automatic:
        # Holiday notes and other machines need not answer; they may answer a person.
        headers["Auto-Submitted"] = "auto-generated"
        headers["X-Auto-Response-Suppress"] = "All"
    if MESSAGE_ID.fullmatch(message.answers):
        headers["In-Reply-To"] = headers["References"] = message.answers
    if message.stop_url:
        # One click, without a visit to a page (RFC 8058).
        headers["List-Unsubscribe"] = f"<{message.stop_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _id_given(letter: Letter) -> str:
    """A provider's own id, which its later reports name; '' where there is none."""
    status = getattr(letter, "anymail_status", None)
    found = status.message_id if status else ""
    return found if isinstance(found, str) else ""
