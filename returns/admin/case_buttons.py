"""All that can be done about a case, in the order in which the buttons stand; the names stand
in addresses."""

from returns.admin import case_acts, investigation_acts
from returns.admin.case_acts import Act
from returns.admin.offering import OfferForTheWait
from returns.admin.recalling import NoteWanted
from returns.admin.signature_acts import AskSignature, NoteSignature

ACTS: dict[str, type[Act]] = {
    **case_acts.ACTS,
    **investigation_acts.ACTS,
    "wanted": NoteWanted,
    "wait": OfferForTheWait,
    "offer": OfferForTheWait,
    "signature": NoteSignature,
    "ask_signature": AskSignature,
}
