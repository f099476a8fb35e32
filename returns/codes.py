"""The codes of a return, as plain data; their words are in `returns/texts.py`."""

from django.db.models import TextChoices


class Kind(TextChoices):
    RETURN = "return", "Return"
    EXCHANGE = "exchange", "Exchange"
    WITHDRAWAL = "withdrawal", "Withdrawal"
    CLAIM = "claim", "Claim"
    RETURN_TO_SENDER = "return_to_sender", "Return to sender"


class Reason(TextChoices):
    FIT = "fit", "Does not fit"
    DIFFERENT = "different", "Looks different"
    FAULTY = "faulty", "Damaged or faulty"
    WRONG_ITEM = "wrong_item", "Wrong item"
    LATE = "late", "Came too late"
    CHANGED_MIND = "changed_mind", "Changed mind"
    # Of claims, withdrawals and recalls alone; no return form offers them.
    DAMAGED = "damaged", "Arrived damaged"
    MISSING = "missing", "Was missing"
    FAULT_LATER = "fault_later", "Fault after use"
    NEVER_CAME = "never_came", "Never arrived"
    UNWANTED = "unwanted", "Refused or called back"
    WITHDRAWN = "withdrawn", "Withdrawn from the contract"


# What the form for sending back offers, in this order.
RETURN_REASONS = (
    Reason.FIT,
    Reason.DIFFERENT,
    Reason.FAULTY,
    Reason.WRONG_ITEM,
    Reason.LATE,
    Reason.CHANGED_MIND,
)
# What a claim may be about. Never here: what never came is told of a parcel, not of a thing.
CLAIM_REASONS = (
    Reason.DAMAGED,
    Reason.MISSING,
    Reason.WRONG_ITEM,
    Reason.FAULTY,
    Reason.FAULT_LATER,
    Reason.DIFFERENT,
)
# Where the fault is ours, the postage is ours whatever the store's rules say.
OUR_FAULT = frozenset({*CLAIM_REASONS, Reason.LATE, Reason.NEVER_CAME})


class ProblemKind(TextChoices):
    """What may be wrong, as the buyer is asked; each has a short path of its own."""

    LATE = "late", "Late or stuck"
    NOT_HERE = "not_here", "Delivered but not here"
    DAMAGED = "damaged", "Arrived damaged"
    MISSING = "missing", "Something is missing"
    WRONG_ITEM = "wrong_item", "Wrong item"
    QUALITY = "quality", "Quality or fault"
    CUSTOMS = "customs", "Customs asks for something"
    UNWANTED = "unwanted", "Refused or unwanted"
    CHANGED_MIND = "changed_mind", "Changed mind before it arrives"


# The problems that are claims on things, and the reasons each may have.
CLAIMED_AS: dict[str, tuple[str, ...]] = {
    ProblemKind.DAMAGED: (Reason.DAMAGED,),
    ProblemKind.MISSING: (Reason.MISSING,),
    ProblemKind.WRONG_ITEM: (Reason.WRONG_ITEM,),
    ProblemKind.QUALITY: (Reason.FAULTY, Reason.FAULT_LATER, Reason.DIFFERENT),
}


class Wish(TextChoices):
    """What the buyer would like."""

    REFUND = "refund", "Refund"
    EXCHANGE = "exchange", "Exchange"
    REPLACEMENT = "replacement", "Replacement"
    STORE_CREDIT = "store_credit", "Store credit"
    # Of claims and offers alone.
    PART_REFUND = "part_refund", "Part refund"
    PIECE = "piece", "The missing piece"
    REPAIR = "repair", "Repair money"
    VOUCHER = "voucher", "Voucher"


# What a return may end with; the others are offered by rule, with their amount.
RETURN_WISHES = (Wish.REFUND, Wish.EXCHANGE, Wish.REPLACEMENT, Wish.STORE_CREDIT)
# The wishes that end with money, or with what counts as money.
PAYS_BACK = frozenset({Wish.REFUND, Wish.STORE_CREDIT, Wish.PART_REFUND, Wish.REPAIR, Wish.VOUCHER})
# After these the buyer has the goods as before, and may still send them back; only money is
# gone from what they are worth.
LEAVES_UNITS = frozenset({Wish.PART_REFUND, Wish.PIECE, Wish.REPAIR, Wish.VOUCHER})


class Payer(TextChoices):
    """Who pays for posting the goods back."""

    STORE = "store", "We pay"
    BUYER = "buyer", "The buyer pays"


class DeclineReason(TextChoices):
    MISUSE = "misuse", "Not a fault of the goods"
    OUT_OF_WARRANTY = "out_of_warranty", "Reported too late"
    NO_EVIDENCE = "no_evidence", "Cannot be seen"
    WINDOW_CLOSED = "window_closed", "Time to return is over"
    NOT_RETURNABLE = "not_returnable", "Cannot be returned"
    USED = "used", "Used or worn"
    NOT_OURS = "not_ours", "Not from this order"
    OTHER = "other", "Other, explained in words"


class TurnsBy(TextChoices):
    """How a parcel that the buyer does not want comes back."""

    INTERCEPT = "intercept", "The carrier was asked"
    REFUSE = "refuse", "Refused at the door"
    ITSELF = "itself", "It turned by itself"


class Condition(TextChoices):
    AS_NEW = "as_new", "As new"
    OPENED = "opened", "Opened"
    USED = "used", "Used"
    DAMAGED = "damaged", "Damaged"


class Reception(TextChoices):
    AWAITING = "awaiting", "Awaited"
    RECEIVED = "received", "Received"
    SHORT = "short", "Fewer than expected"
    WRONG_ITEM = "wrong_item", "Another item"
    DAMAGED = "damaged", "Damaged"
    LOST = "lost", "Lost"


class Disposition(TextChoices):
    PENDING = "pending", "To be inspected"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Not accepted"
    NEEDS_REVIEW = "needs_review", "Needs a second look"
    RESTOCK = "restock", "Back to stock"
    TRANSFER = "transfer", "To another place"
    REFURBISH = "refurbish", "To be refurbished"
    RETURN_TO_VENDOR = "return_to_vendor", "Back to the maker"
    RETURN_TO_CUSTOMER = "return_to_customer", "Back to the buyer"
    DESTROY = "destroy", "Destroyed"
    ABANDON = "abandon", "Given up"


class Payment(TextChoices):
    """How the postage of one carrier is paid (see CarrierAdvice)."""

    PREPAID = "prepaid", "We pay: label or guide shown at the counter"
    COLLECT = "collect", "We pay: the carrier charges our account"
    REPAID = "repaid", "Buyer pays, we repay on the receipt"
    BUYER = "buyer", "Buyer pays"


class Avoid(TextChoices):
    """Why a kind of posting is better not used."""

    UNTRACKED = "untracked", "No tracking"
    NO_CUSTOMS_HELP = "no_customs_help", "Leaves customs to the buyer"
    NO_PROOF = "no_proof", "No proof of posting"
    CASH_ON_DELIVERY = "cash_on_delivery", "Charges us at the door"


class PhotoKind(TextChoices):
    """What a photograph shows. Parcel, waybill, box and receipt carry addresses or more (see
    portal/access.py)."""

    ITEM = "item", "The goods"
    PARCEL = "parcel", "The packed parcel"
    WAYBILL = "waybill", "The carrier's receipt"
    BOX = "box", "The box as it came"
    POSTAGE = "postage", "The receipt for the postage"


SHOWS_ADDRESS = frozenset({PhotoKind.PARCEL, PhotoKind.WAYBILL, PhotoKind.BOX, PhotoKind.POSTAGE})


class DocumentKind(TextChoices):
    """The label is ours and belongs to a return; papers for customs are the buyer's."""

    LABEL = "label", "Ready label"
    CARRIER = "carrier", "From the carrier"
    INVOICE = "invoice", "Invoice"
    PAYMENT_RECORD = "payment_record", "Payment record"
    OTHER = "other", "Another paper"


# What only the buyer has, and customs may ask for.
PAPERS = (DocumentKind.INVOICE, DocumentKind.PAYMENT_RECORD, DocumentKind.OTHER)


class ResolutionKind(TextChoices):
    """What the buyer gets."""

    REFUND = "refund", "Refund"
    PART_REFUND = "part_refund", "Part refund"
    STORE_CREDIT = "store_credit", "Store credit"
    EXCHANGE = "exchange", "Exchange"
    REPLACEMENT = "replacement", "Replacement"
    REPAIR = "repair", "Repair money"
    PIECE = "piece", "The missing piece"
    VOUCHER = "voucher", "Voucher"
    POSTAGE = "postage", "Postage repaid"
    NONE = "none", "Nothing"


# The kinds that are an amount of money, or of what counts as money.
MONEY_KINDS = frozenset(
    {
        ResolutionKind.REFUND,
        ResolutionKind.PART_REFUND,
        ResolutionKind.STORE_CREDIT,
        ResolutionKind.REPAIR,
        ResolutionKind.VOUCHER,
        ResolutionKind.POSTAGE,
    }
)
# Given besides: no part of what was paid for the order, and not bounded by it.
BESIDES_PAID = frozenset({ResolutionKind.VOUCHER, ResolutionKind.POSTAGE})
# Money that can be spent in the shop alone: no bank has to do with it.
AS_CREDIT = frozenset({ResolutionKind.STORE_CREDIT, ResolutionKind.VOUCHER})
# Something is sent to the buyer.
GOODS_KINDS = frozenset({ResolutionKind.EXCHANGE, ResolutionKind.REPLACEMENT, ResolutionKind.PIECE})


class PaymentMethod(TextChoices):
    """How money travels back; `returns/texts.py` says how long its bank takes."""

    CARD = "card", "Card"
    PAYPAL = "paypal", "PayPal"
    ALIPAY = "alipay", "Alipay"
    WECHAT = "wechat", "WeChat Pay"
    TRANSFER = "transfer", "Bank transfer"
    ORIGINAL = "original", "The way it was paid"


# Money that a shop can give back: a part of what was paid in it.
SENT_BY_SHOP = frozenset({ResolutionKind.REFUND, ResolutionKind.PART_REFUND, ResolutionKind.REPAIR})
# The shop itself can send these, and then reports them as refunded.
THROUGH_SHOP = frozenset({PaymentMethod.CARD, PaymentMethod.ORIGINAL})
