"""What goes with a letter as a file.

It is made before the letter is written, so that the letter only speaks of what is really
attached, and outside its transaction, since drawing takes time.
"""

import logging
from collections.abc import Callable

from django.db import DatabaseError

from returns import files
from returns.channels import Attachment
from returns.codes import DocumentKind
from returns.models.authorization import ReturnAuthorization
from returns.models.notice import Notice, NoticeKind
from returns.printed import printed_guide
from tracking.work import place_of

logger = logging.getLogger(__name__)

# The letters that tell how to post a return.
GUIDED = frozenset({NoticeKind.RETURN_APPROVED, NoticeKind.RETURN_REMINDER})


def attachments_of(notice: Notice) -> dict[str, Attachment]:
    """Name in the templates (`{% if attached.guide %}`) → file, in the active language.

    What cannot be made is left out: a letter without its file is better than none.
    """
    found = {}
    for name, make in MAKERS.items():
        try:
            file = make(notice)
        except DatabaseError:
            raise
        except Exception as error:
            logger.error("Notice %s goes without its %s: %s", notice.pk, name, place_of(error))
            continue
        if file:
            found[name] = file
    return found


def _guide(notice: Notice) -> Attachment | None:
    rma = _to_post(notice)
    if rma is None:
        return None
    return Attachment(f"{rma.number}.pdf", "application/pdf", printed_guide(rma))


def _label(notice: Notice) -> Attachment | None:
    """The merchant's own. The buyer's address is on it: where the contact was changed
    lately, it is only found behind a code, which goes to the old one."""
    rma = _to_post(notice)
    if rma is None or notice.order.contact_is_new():
        return None
    label = rma.documents.filter(kind=DocumentKind.LABEL).first()
    if label is None:
        return None
    name = f"{rma.number}-label.{label.extension}"
    return Attachment(name, label.content_type, files.read(label.file))


def _to_post(notice: Notice) -> ReturnAuthorization | None:
    """The return, while there is something to post."""
    rma = notice.authorization
    if notice.kind not in GUIDED or rma is None or rma.keeps_goods or rma.posted_at:
        return None
    return rma


MAKERS: dict[str, Callable[[Notice], Attachment | None]] = {"guide": _guide, "label": _label}
