"""The words of packs: how far one is, and what stands on its paper. For whoever reads it: the
buyer on the page, a claim desk on paper."""

from django.utils.translation import gettext_lazy as _

from returns.codes import PhotoKind
from returns.evidence.audience import Audience
from returns.models.carrier_contact import Way
from returns.models.evidence_pack import Step
from tracking.texts import Words

STEPS: dict[str, Words] = {
    Step.WAITING: _("It waits for its turn."),
    Step.COLLECTING: _("We collect the files."),
    Step.WRITING: _("We write the document."),
    Step.PACKING: _("We pack everything."),
    Step.READY: _("It is ready."),
    Step.EXPIRED: _("Its time is over, and we have deleted it."),
}

TITLES: dict[str, Words] = {
    Audience.CARRIER: _("Record for a claim"),
    Audience.MARKETPLACE: _("Record for a dispute"),
    Audience.BUYER: _("Everything about your order"),
}

ABOUT: dict[str, Words] = {
    Audience.CARRIER: _(
        "This is taken from the shop’s own records and from what the carriers reported. The "
        "recipient is told as on the waybill, and no further."
    ),
    Audience.MARKETPLACE: _(
        "This is taken from the shop’s own records and from what the carriers reported. The "
        "buyer is told as on the waybill, and no further."
    ),
    Audience.BUYER: _(
        "This is what we know about you and this order. Notes that we write for ourselves are "
        "not in it."
    ),
}
AS_THE_BUYER_READS_IT: Words = _(
    "The history stands here in the words in which the buyer reads it: “we” is the shop, “you” is "
    "the buyer."
)
CHECK_THE_FILES: Words = _(
    "The files are in the ZIP that belongs to this document. SHA-256 is the fingerprint of a "
    "file: of the same file it is always the same. Photos are kept without their hidden data, "
    "so the fingerprint of the file as it was sent to us is another; it is told as well."
)

# What a photo shows, for whoever it was not taken by.
PHOTOS: dict[str, Words] = {
    PhotoKind.ITEM: _("The goods"),
    PhotoKind.PARCEL: _("The packed parcel"),
    PhotoKind.WAYBILL: _("The carrier’s receipt"),
    PhotoKind.BOX: _("The box as it came"),
    PhotoKind.POSTAGE: _("The receipt for the postage"),
}

WAYS: dict[str, Words] = {
    Way.PHONE: _("by telephone"),
    Way.EMAIL: _("by email"),
    Way.FORM: _("by its form"),
    Way.CHAT: _("by chat"),
}
