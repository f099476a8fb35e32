"""What it means when a letter does not leave: for this letter, for its address, for the next.

SMTP servers say it with a reply code and, most of them, an enhanced status code (RFC 3463);
mail providers with the status of their HTTP answer.
"""

import re
import smtplib

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused

from returns.channels import Error

# The server closes the connection with this code, whatever it was asked.
CLOSING = 421
# Of a server that says no more than this. Others (552, 554) may mean the message, or us.
NO_SUCH_MAILBOX = (550, 551, 553)
# No such mailbox, no such host, bad syntax, moved without a trace, takes no mail (RFC 7505);
# 5.2.1: closed. Not 5.1.7 and 5.1.8, which are about the sender.
UNREACHABLE = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1"})
ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
# A provider says that about us: log-in, payment, too many letters at once.
ABOUT_US = (401, 402, 403, 404, 429)


def told(error: Exception) -> Error:
    if isinstance(error, AnymailError):
        return _by_provider(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = max(error.recipients.values(), default=(0, b""))
        return _refused("The mail server refused the recipient", code, _gone(code, words))
    if isinstance(error, smtplib.SMTPDataError):
        # A bare 550 here is about what the letter says.
        gone = enhanced(error.smtp_error) in UNREACHABLE
        return _refused("The mail server refused the message", error.smtp_code, gone)
    if isinstance(error, smtplib.SMTPResponseException):
        # It refused us (log-in, sender, greeting): a matter of our settings, which may be
        # put right while the message waits.
        return Error(
            f"The mail server refused us with {error.smtp_code} ({type(error).__name__}).",
            down=True,
        )
    return Error(f"The mail server did not answer ({type(error).__name__}).", down=True)


def enhanced(words: bytes | str) -> str:
    """The enhanced status code that an answer begins with, '' when it has none."""
    if isinstance(words, bytes):
        words = words.decode("ascii", "replace")
    found = ENHANCED.match(words)
    return found[1] if found else ""


def _gone(code: int, words: bytes | str) -> bool:
    status = enhanced(words)
    return code >= 500 and (status in UNREACHABLE if status else code in NO_SUCH_MAILBOX)


def _refused(what: str, code: int, gone: bool) -> Error:
    return Error(
        f"{what} with {code}.", permanent=code >= 500, down=code == CLOSING, unreachable=gone
    )


def _by_provider(error: AnymailError) -> Error:
    """Its own words hold the address, so they stay away."""
    if isinstance(error, AnymailRecipientsRefused):
        # Its syntax is wrong, or letters to it came back before.
        return Error(
            "The mail provider writes to this address no more.", permanent=True, unreachable=True
        )
    if not isinstance(error, AnymailAPIError):
        return Error(
            f"The mail provider cannot carry this letter ({type(error).__name__}).",
            permanent=True,
        )
    status = error.status_code
    if status is None:
        return Error("The mail provider did not answer.", down=True)
    # What is wrong in our settings looks like a wrong letter: so that waits as well.
    return Error(
        f"The mail provider refused the letter with {status}.",
        permanent=status == 413,
        down=status >= 500 or status in ABOUT_US,
    )
