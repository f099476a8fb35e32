"""What the page of one change of address tells, step by step; its heading, terms and reasons
are in `returns/address_texts.py`. Placeholders are named, as in {carrier}."""

from django.utils.translation import gettext_lazy as _

from returns.address_policy import AGAIN
from returns.address_states import ChangeStatus
from tracking.gateways import Aim
from tracking.texts import Words

# What was asked for. {day}: of delivery.
ASKED: dict[str, Words] = {
    Aim.REDIRECT: _("You asked us to send it to another address."),
    Aim.RETURN: _("You asked us to have it sent back to us."),
    Aim.DEPOT: _("It was to be sent back to its depot."),
    Aim.HOLD: _("You asked us to have it kept for you at a counter of the carrier."),
    Aim.RESCHEDULE: _("You asked us to have it brought on {day}."),
    AGAIN: _("You asked us to send it again when it is back with us."),
}
NOTED = _("One of us noted it for you.")

# {email}: masked.
TOLD = _("We told {email} about it, so that nobody else can move your parcel.")
TO_TELL = _("First we tell {email} about it, so that nobody else can move your parcel.")

TO_LOOK = _("A person looks at it first and writes to you.")
LOOKED = _("A person looked at it and agreed.")
TO_COME_BACK = _("The parcel comes back to us.")
TO_GO_AGAIN = _("We send it again, to the address below.")

ASKED_SHOP = _("We asked the warehouse to use the new address.")
TO_ASK_SHOP = _("We ask the warehouse to use the new address.")
SHOP_ANSWERS = _("The warehouse says that it has the new address.")

ASKED_CARRIER = _("We asked {carrier}. Now we wait for its answer.")
TO_ASK_CARRIER = _("We ask {carrier}.")
TO_CALL_CARRIER = _("One of us calls {carrier} about it.")
# Where the line broke while we asked.
UNSURE = _(
    "The connection broke while we asked, so we do not know yet whether {carrier} has our request. "
    "We find out before we do anything else, so that nothing is done twice."
)
CARRIER_ANSWERS = _("{carrier} says yes or no.")
PAY_AFTER_YES = _("You pay {fee} only if it works.")
WE_PAY = _("We pay for it.")
SAID_YES = _("{carrier} said yes.")
YOUR_STOP = _("You asked us to stop it.")
# The carrier was asked to forget it, and has not said whether it does.
STOP_ASKED = _("We asked {carrier} to forget it. It may be too late for that; its answer decides.")

# What it leads to, once the carrier said yes.
LEADS_TO: dict[str, Words] = {
    Aim.REDIRECT: _("It goes to the new address."),
    Aim.RETURN: _("It comes back to us."),
    Aim.DEPOT: _("It goes back to its depot."),
    Aim.HOLD: _("It waits for you at a counter of the carrier."),
    Aim.RESCHEDULE: _("It is brought on {day}."),
    AGAIN: _("It is sent again."),
}
WORKED: dict[str, Words] = {
    Aim.REDIRECT: _("It worked: it goes to the new address."),
    Aim.RETURN: _("It worked: it comes back to us."),
    Aim.DEPOT: _("It worked: it goes back to its depot."),
    Aim.HOLD: _("It worked: it is kept for you at a counter of the carrier."),
    Aim.RESCHEDULE: _("It worked: it is brought on the day that you chose."),
    AGAIN: _("We sent it again."),
}
ENDS: dict[str, Words] = {
    ChangeStatus.FAILED: _("It did not work."),
    ChangeStatus.WITHDRAWN: _("It was stopped. Nothing is changed any more."),
    ChangeStatus.DECLINED: _("We could not do it."),
}

# Who is meant where nobody knows the carrier.
THE_CARRIER = _("The carrier")
THE_CARRIER_INSIDE = _("the carrier")
BY_DAY = _("By {day}")
NEXT = _("Next")
THEN = _("Then")
