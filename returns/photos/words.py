"""Problem → what the sender reads: what is wrong with the file, and what to do."""

from django.utils.translation import gettext_lazy as _

from returns.photos.problems import Problem
from tracking.texts import Words

PROBLEMS: dict[Problem, Words] = {
    Problem.EMPTY: _("That file is empty. Please choose the photo again."),
    Problem.TOO_LARGE: _(
        "That file is larger than 15 MB. Please send a smaller photo: most phones ask which "
        "size to send, choose “medium” or “large”. Of a PDF, send a smaller one or photos of its "
        "pages."
    ),
    Problem.TOO_MANY_PIXELS: _(
        "That photo has more than 40 megapixels. Please send it in a smaller size, or take it "
        "with your phone’s normal setting."
    ),
    Problem.WRONG_TYPE: _(
        "That file is not a photo we can open. Please send a JPEG, PNG, WebP or HEIC photo."
    ),
    Problem.BROKEN: _(
        "We could not open that photo; part of it may be missing. Please choose it again, or "
        "take it once more."
    ),
    Problem.TOO_HEAVY: _(
        "That photo is more than we can open. Please send it as a JPEG, or in a smaller size."
    ),
    Problem.BUSY: _("Many photos are arriving just now. Please send yours again in a minute."),
    Problem.NO_ROOM: _(
        "We cannot keep your photo right now, because our storage is full. Please try again "
        "later. Nothing else is lost."
    ),
}


def of(problem: Problem) -> Words:
    """What the sender of an upload that cannot be kept reads."""
    return PROBLEMS[problem]
