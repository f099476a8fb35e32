"""Orders of the demo with another kind wanted instead, and with parcels that are not wanted:
what became of them is in exchanged.py."""

from portal.demo import journeys as by
from portal.demo import journeys_watched as watched
from portal.demo import people as who
from portal.demo.case import Box, Case, america, britain
from portal.demo.goods import BLANKET, CANDLES, HERBS, LONGJING, MUG, SHIRT, SHIRT_L, SLIPPERS
from tracking.milestones import Milestone as M

# fmt: off
JUNIPER = (
    Case("another size, it leaves before the first one is back", "JP-20490", who.SARAH,
         (SHIRT,), 12, (britain(ended=6),)),
    Case("new slippers were sent, the first ones never came", "JP-20491", who.FIONA,
         (SLIPPERS,), 26, (britain(ended=19),)),
    Case("the size agreed on is sold out: choose again", "JP-20492", who.HANNAH,
         (SHIRT_L, HERBS), 20, (america(ended=9),)),
    Case("not wanted any more, the carrier is asked to turn it", "JP-20493", who.PRIYA,
         (BLANKET,), 6, (britain(M.IN_TRANSIT, 0, skip_last=3),)),
    Case("refused at the door, money given back, here again", "JP-20494", who.BRAM,
         (CANDLES * 2,), 12, (Box("postnl", by.TURNED_AWAY, M.RETURNING, 2),)),
    Case("turned, money given back, and delivered all the same", "JP-20495", who.BRAM,
         (MUG,), 11, (Box("postnl", watched.TURNED_TWICE, M.RETURNING, 2),)),
    Case("on its way and not wanted any more: try it here", "JP-20496", who.GRACE,
         (SHIRT, CANDLES), 5, (america(M.IN_TRANSIT, 0, skip_last=5),)),
)
SHANYUE = (
    Case("refused at the door: money when it is back", "SY-10881", who.XUE, (LONGJING,), 7,
         (Box("yto", by.REFUSED_IN_HARBIN, M.RETURNING, 1),)),
)
# fmt: on
