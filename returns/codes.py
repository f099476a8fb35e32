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


# Where the fault is ours, the postage is ours whatever the store's rules say.
OUR_FAULT = frozenset({Reason.DIFFERENT, Reason.FAULTY, Reason.WRONG_ITEM, Reason.LATE})


class Wish(TextChoices):
    """What the buyer would like."""

    REFUND = "refund", "Refund"
    EXCHANGE = "exchange", "Exchange"
    REPLACEMENT = "replacement", "Replacement"
    STORE_CREDIT = "store_credit", "Store credit"


# The wishes that end with money, or with what counts as money.
PAYS_BACK = frozenset({Wish.REFUND, Wish.STORE_CREDIT})


class Payer(TextChoices):
    """Who pays for posting the goods back."""

    STORE = "store", "We pay"
    BUYER = "buyer", "The buyer pays"


class DeclineReason(TextChoices):
    WINDOW_CLOSED = "window_closed", "Time to return is over"
    NOT_RETURNABLE = "not_returnable", "Cannot be returned"
    USED = "used", "Used or worn"
    NOT_OURS = "not_ours", "Not from this order"
    OTHER = "other", "Other, explained in words"


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
    """What a photograph shows. Parcel and waybill carry addresses (see portal/access.py)."""

    ITEM = "item", "The goods"
    PARCEL = "parcel", "The packed parcel"
    WAYBILL = "waybill", "The carrier's receipt"


SHOWS_ADDRESS = frozenset({PhotoKind.PARCEL, PhotoKind.WAYBILL})


class DocumentKind(TextChoices):
    """The label is ours and belongs to a return; papers for customs are the buyer's."""

    LABEL = "label", "Ready label"
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
    NONE = "none", "Nothing"


# The kinds that are an amount of money, or of what counts as money.
MONEY_KINDS = frozenset(
    {
        ResolutionKind.REFUND,
        ResolutionKind.PART_REFUND,
        ResolutionKind.STORE_CREDIT,
        ResolutionKind.REPAIR,
    }
)


class PaymentMethod(TextChoices):
    """How money travels back; `returns/texts.py` says how long its bank takes."""

    CARD = "card", "Card"
    PAYPAL = "paypal", "PayPal"
    ALIPAY = "alipay", "Alipay"
    WECHAT = "wechat", "WeChat Pay"
    TRANSFER = "transfer", "Bank transfer"
    ORIGINAL = "original", "The way it was paid"


# The shop itself can send these, and then reports them as refunded.
THROUGH_SHOP = frozenset({PaymentMethod.CARD, PaymentMethod.ORIGINAL})
