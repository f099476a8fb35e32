"""Which report moves a parcel, and which does not."""

import pytest

from tracking.milestones import FINAL, MOVING, RANK, TURNED, Milestone, follows
from tracking.models.parcel import Milestone as OfParcel
from tracking.texts import MILESTONES

ROAD = [
    Milestone.IN_TRANSIT,
    Milestone.CUSTOMS,
    Milestone.OUT_FOR_DELIVERY,
    Milestone.ATTEMPTED,
    Milestone.READY_FOR_PICKUP,
]
EARLY = [Milestone.UNKNOWN, Milestone.ANNOUNCED, Milestone.ACCEPTED]

# old → what may follow; everything else does not move the parcel.
MAY_FOLLOW = {
    Milestone.UNKNOWN: {*Milestone} - {Milestone.UNKNOWN},
    Milestone.ANNOUNCED: {*Milestone} - {Milestone.UNKNOWN, Milestone.ANNOUNCED},
    Milestone.ACCEPTED: {*Milestone} - set(EARLY),
    **{step: {*Milestone} - set(EARLY) - {step} for step in ROAD},
    Milestone.DELIVERED: {Milestone.RETURNING, Milestone.RETURNED},
    Milestone.RETURNING: {Milestone.RETURNED, Milestone.DELIVERED},
    Milestone.RETURNED: set(),
}


@pytest.mark.parametrize("old", Milestone)
def test_what_may_follow_is_a_table(old):
    assert {new for new in Milestone if follows(new, old)} == MAY_FOLLOW[old]


def test_ranks_go_up_along_the_road():
    assert sorted(RANK, key=RANK.__getitem__) == list(Milestone)
    assert RANK[Milestone.ANNOUNCED] < RANK[Milestone.OUT_FOR_DELIVERY] < RANK[Milestone.DELIVERED]


def test_an_announced_label_is_not_moving():
    assert Milestone.ANNOUNCED not in MOVING and Milestone.ACCEPTED in MOVING
    assert Milestone.RETURNED in FINAL and Milestone.RETURNED in TURNED


def test_every_milestone_has_words():
    assert set(MILESTONES) == set(Milestone) == set(OfParcel)
