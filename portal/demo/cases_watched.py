"""Orders of the demo whose parcels have trouble, and one that only takes its time."""

from portal.demo import journeys_watched as by
from portal.demo import people as who
from portal.demo.case import Box, Case, america, britain
from portal.demo.goods import (
    BAG,
    BEAR,
    BLANKET,
    BOTTLE,
    BOWL,
    CANISTER,
    FLASK,
    GAIWAN,
    JOURNAL,
    LAMP,
    LONGJING,
    MUG,
    SCARF,
    SHIRT,
    SLIPPERS,
    STOOL,
    TEAPOT,
    TOTE,
)
from tracking.milestones import Milestone as M

# fmt: off
JUNIPER = (
    Case("handed over three days ago, and no scan yet", "JP-20461", who.GRACE, (BEAR,), 5,
         (Box("usps", announced=(4, "10:40")),)),
    Case("no movement for days", "JP-20462", who.OWEN, (TOTE, JOURNAL), 9,
         (britain(M.IN_TRANSIT, 5, skip_last=3),)),
    Case("later than usual", "JP-20463", who.DANIEL, (BLANKET,), 36,
         (Box("usps", by.SLOW_TO_AMERICA, M.IN_TRANSIT, 0),)),
    Case("no word for a month: lost", "JP-20464", who.MARCUS, (BOWL,), 44,
         (america(M.IN_TRANSIT, 33, skip_last=4),)),
    Case("went the wrong way", "JP-20465", who.PRIYA, (SCARF,), 8,
         (Box("royal-mail", by.ASTRAY, M.IN_TRANSIT, 0),)),
    Case("customs wants papers", "JP-20466", who.HANNAH, (LAMP, MUG), 9,
         (Box("usps", by.PAPERS_WANTED, M.CUSTOMS, 1),)),
    Case("refused, still at the carrier", "JP-20467", who.BRAM, (SHIRT,), 6,
         (Box("postnl", by.REFUSED, M.ATTEMPTED, 0),)),
    Case("nobody knows this address", "JP-20468", who.FIONA, (SLIPPERS,), 7,
         (Box("royal-mail", by.NO_SUCH_ADDRESS, M.ATTEMPTED, 0),)),
    Case("damaged on its way", "JP-20469", who.CAMILLE, (MUG * 2, BOWL), 7,
         (Box("la-poste", by.DAMAGED, M.IN_TRANSIT, 0),)),
    Case("a valuable thing on its way: signature wanted", "JP-20470", who.KATRIN,
         (STOOL, BLANKET), 4, (Box("dhl-paket", by.TO_GERMANY, M.IN_TRANSIT, 0),)),
    Case("valuable, and nobody knows who signed", "JP-20471", who.JONAS, (STOOL * 2, BOTTLE), 8,
         (Box("dhl-paket", by.SIGNED_BY_SOMEBODY, M.DELIVERED, 1),)),
)
SHANYUE = (
    Case("waiting at the pick-up point for days", "SY-10861", who.YALI, (CANISTER,), 9,
         (Box("zto", by.BY_ZTO, M.READY_FOR_PICKUP, 5),)),
    Case("signed for by the guard", "SY-10862", who.HAOTIAN, (TEAPOT,), 5,
         (Box("sf", by.SIGNED_BY_GUARD, M.DELIVERED, 1),)),
    Case("no movement since two days", "SY-10863", who.XUE, (LONGJING, GAIWAN), 7,
         (Box("ems", by.BY_EMS, M.IN_TRANSIT, 3, skip_last=1),)),
    Case("handed over, and no scan yet", "SY-10864", who.RUOXI, (FLASK, BAG), 5,
         (Box("yto", announced=(4, "17:20")),)),
)
# fmt: on
