"""For whom a pack is made, and what each of them may read. Pure.

Private notes are in none of them. The buyer reads everything about themselves. Others are told
no more of the buyer than stands on the waybill: whoever brings a parcel has name, street and
phone already, and needs no email address.
"""

from dataclasses import dataclass

from django.db.models import TextChoices

from returns.codes import PAPERS, DocumentKind, PhotoKind


class Audience(TextChoices):
    """Labels are for the desk."""

    CARRIER = "carrier", "The carrier’s claim desk"
    MARKETPLACE = "marketplace", "The marketplace’s dispute page"
    BUYER = "buyer", "The buyer, who asked for their own data"


@dataclass(frozen=True)
class Reads:
    """whole_contact: also what the waybill does not bear. private_contacts: what we and the
    carrier said without the buyer reading it; the carrier was there. photos, documents: of
    these kinds. everything: all rows about the buyer as well, in a file for machines."""

    whole_contact: bool
    private_contacts: bool
    photos: frozenset[str]
    documents: frozenset[str]
    everything: bool = False


# A receipt of the counter tells how it was paid; papers for customs tell of accounts and more.
SHOWN_TO_OTHERS = frozenset(PhotoKind) - {PhotoKind.POSTAGE}
WITHOUT_PAPERS = frozenset(DocumentKind) - frozenset(PAPERS)

READS: dict[str, Reads] = {
    Audience.CARRIER: Reads(
        whole_contact=False,
        private_contacts=True,
        photos=SHOWN_TO_OTHERS,
        documents=WITHOUT_PAPERS,
    ),
    Audience.MARKETPLACE: Reads(
        whole_contact=False,
        private_contacts=False,
        photos=SHOWN_TO_OTHERS,
        documents=WITHOUT_PAPERS,
    ),
    Audience.BUYER: Reads(
        whole_contact=True,
        private_contacts=False,
        photos=frozenset(PhotoKind),
        documents=frozenset(DocumentKind),
        everything=True,
    ),
}
