"""Why an upload cannot be kept. The words for it are in `words.py`."""

from enum import StrEnum


class Problem(StrEnum):
    EMPTY = "empty"
    TOO_LARGE = "too_large"  # bytes
    TOO_MANY_PIXELS = "too_many_pixels"
    WRONG_TYPE = "wrong_type"  # neither JPEG nor PNG, WebP or HEIC, whatever it is called
    BROKEN = "broken"  # cut off, or no decoder understands it
    TOO_HEAVY = "too_heavy"  # opening it took too much memory or time
    BUSY = "busy"  # too many photos at the same time
    NO_ROOM = "no_room"  # the disk is full


class Unusable(Exception):
    """The upload cannot be kept; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem
