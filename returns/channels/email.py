"""Email over whatever mailer the settings name (SMTP; files in a clone)."""

import smtplib
from contextlib import suppress
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr

from django.conf import settings
from django.core import mail

from returns.channels import Error, Message

# The server closes the connection with this code, whatever it was asked.
CLOSING = 421


class Email:
    def __init__(self, mailer: str = "default") -> None:
        self._connection = mail.mailers[mailer]

    def send(self, message: Message) -> str:
        """Returns the Message-ID. SMTP tells no id that could be asked about later."""
        sender = sender_of(message)
        try:
            letter = compose(message, sender)
            # Opened here, it stays open for the next message of the batch.
            self._connection.open()
            self._connection.send_messages([letter])
        except (smtplib.SMTPException, OSError) as error:
            # Whatever state the connection is in, the next message gets a fresh one.
            self.close()
            raise told(error) from error
        except ValueError as error:
            raise Error("The address cannot be written to.", permanent=True) from error
        return message.key

    def close(self) -> None:
        with suppress(OSError):
            self._connection.close()


def sender_of(message: Message) -> Address:
    """The store's name at our own address."""
    address = parseaddr(settings.MAIL_FROM)[1]
    try:
        return Address(" ".join(message.sender.split()), addr_spec=address)
    except (ValueError, IndexError, HeaderParseError) as error:
        # No fault of the message: it goes when the setting has been put right.
        raise Error("HOMEWARD_MAIL_FROM is not an address.", down=True) from error


def compose(message: Message, sender: Address) -> mail.EmailMultiAlternatives:
    """The mail with its headers. Raises ValueError for an address that cannot be."""
    letter = mail.EmailMultiAlternatives(
        " ".join(message.subject.split()),
        message.text,
        sender.addr_spec,
        [message.recipient],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={
            "From": str(sender),
            "Message-ID": message.key,
            "Content-Language": message.language,
            # Holiday notes and other machines need not answer.
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    if message.html:
        letter.attach_alternative(message.html, "text/html")
    for file in message.attachments:
        letter.attach(file.name, file.data, file.content_type)
    return letter


def told(error: Exception) -> Error:
    """What an error of the mail server means for this message and for the next ones."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = max((code for code, _ in error.recipients.values()), default=0)
        return _refused("The mail server refused the recipient", code)
    if isinstance(error, smtplib.SMTPDataError):
        return _refused("The mail server refused the message", error.smtp_code)
    if isinstance(error, smtplib.SMTPResponseException):
        # It refused us (log-in, sender, greeting): a matter of our settings, which may be
        # put right while the message waits.
        return Error(
            f"The mail server refused us with {error.smtp_code} ({type(error).__name__}).",
            down=True,
        )
    return Error(f"The mail server did not answer ({type(error).__name__}).", down=True)


def _refused(what: str, code: int) -> Error:
    return Error(f"{what} with {code}.", permanent=code >= 500, down=code == CLOSING)
