"""What the pages of "Something is wrong" say beside the tables of `returns/problem_texts.py`.
Placeholders are named, as in {carrier}."""

from django.utils.translation import gettext_lazy as _

# On the check page: what stands in the left column.
WHAT_HAPPENED = _("What happened")
WHICH_PARCEL = _("Which parcel")
WHAT_THINGS = _("What it is about")
WHAT_TO_CANCEL = _("What you would like to cancel")
WHERE_LOOKED = _("Where you have looked")
WHAT_LIKE = _("What you would like")
WHICH_INSTEAD = _("Which one instead")
THE_VIDEO = _("The address of a video")
NOT_YET = _("Nowhere yet")
YOUR_WORDS = _("What you wrote")
HIDDEN = _("Hidden here, because it may tell who or where you are, and links get forwarded.")
# Said to whoever does not see the column: Change …
CHANGE: dict[str, object] = {
    "which": _("which parcel it is about"),
    "look": _("where you have looked"),
    "things": _("what it is about"),
    "reason": _("what it is like"),
    "details": _("what you told us"),
    "remedy": _("what you would like"),
    "variant": _("which one instead"),
}

# The check page by what comes of it: (title, button).
SEND_REPORT = (_("Check before you send"), _("Send it to us"))
SEND_CLAIM = (_("Check before you send"), _("Send it to us"))
SEND_CANCEL = (_("Check before you cancel"), _("Cancel it"))

# What happens when nothing has left us. {amount}: money.
WE_STOP_IT = _("We tell the warehouse at once not to send it. A person sees to it.")
STOPPED_MONEY = _("Once it is stopped, your money goes back to the way you paid.")
TOO_LATE_THEN = _(
    "If it has left us in the meantime, we write to you, and you can still refuse it or send it "
    "back."
)
CONFLICT = _(
    "Something has changed since this page was opened, perhaps in another window. Please read it "
    "once more before you send it."
)
TOO_OFTEN = _(
    "You have told us about several problems already, so nothing more can be sent from this page "
    "today. Please write to us: {email}. A person will help you."
)
