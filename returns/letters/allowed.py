"""Which approved text a notice needs where its channel carries no free words."""

from typing import TYPE_CHECKING

from django.utils import timezone, translation

from returns import routes
from returns.channels import Error, Template
from returns.letters.approved import template_of
from returns.letters.parts import Facts
from returns.letters.values import INCIDENT, trouble_of
from returns.models.contact_point import ContactPoint
from returns.models.notice import Channel, Notice

if TYPE_CHECKING:
    from returns.models.channel_account import ApprovedTemplate, ChannelAccount

FREE = frozenset({"twilio", "demo"})


def template_for(notice: Notice, facts: Facts, link: str) -> Template | None:
    """None where free words are carried. Raises Error when there is no approved text, or
    when a person's own words cannot be put into one: then it goes by email."""
    account = routes.account_for(notice.order, notice.channel, notice.recipient)
    if account is None or _takes_free_words(notice, account):
        return None
    text = None if notice.words else _approved(notice, account, trouble_of(facts))
    if text is None:
        raise Error("No approved text can carry this message.", permanent=True)
    return template_of(notice, facts, link, text)


def _takes_free_words(notice: Notice, account: "ChannelAccount") -> bool:
    if account.provider in FREE:
        return True
    if notice.channel != Channel.WHATSAPP:
        return False
    point = ContactPoint.objects.at(notice.order.store_id, notice.channel, notice.recipient)
    return point.takes_free_words(timezone.now())


def _approved(notice: Notice, account: "ChannelAccount", trouble: str) -> "ApprovedTemplate | None":
    # Texts for one trouble speak of a parcel to the buyer, not of one that comes back.
    of_trouble = bool(trouble) and notice.authorization_id is None
    kinds = [f"{INCIDENT}{trouble}"] * of_trouble + [notice.kind]
    language = translation.get_language()
    found = {
        text.kind: text for text in account.templates.filter(kind__in=kinds, language=language)
    }
    return next((found[kind] for kind in kinds if kind in found), None)
