"""Orders of the demo on which something can be told as wrong, kind by kind; and some of which it
was told. Late, customs and the like are in cases_watched.py; what was told is in wrongs.py."""

from portal.demo import people as who
from portal.demo.case import Case, america, britain, france, germany, sf, zto
from portal.demo.goods import (
    BEAR,
    BOTTLE,
    BOWL,
    CANDLES,
    CANISTER,
    CLOTH,
    CUPS,
    FLASK,
    GAIWAN,
    HERBS,
    HONEY,
    JOURNAL,
    LAMP,
    MASTER_CUP,
    MUG,
    SCARF,
    SHIRT,
    SLIPPERS,
    TEAPOT,
    TOTE,
    TRAY,
)
from tracking.milestones import Milestone as M

# fmt: off
JUNIPER = (
    Case("says delivered: tell us that it is not here", "JP-20480", who.SARAH,
         (SCARF, JOURNAL), 9, (britain(ended=2),)),
    Case("delivered today: a little early to say that it is not here", "JP-20481", who.MARCUS,
         (TOTE,), 11, (america(ended=0),)),
    Case("arrived with something broken: claim it", "JP-20482", who.GRACE,
         (MUG * 4, BOWL, HERBS * 2), 12, (america(ended=2),)),
    Case("something is missing: part of it or all", "JP-20483", who.CAMILLE,
         (CANDLES * 3, BEAR), 10, (france(3),)),
    Case("two parcels: what is missing may be in the other one", "JP-20484", who.OWEN,
         (HONEY * 3, BOTTLE), 8,
         (britain(ended=2, lines=(0,)), britain(M.IN_TRANSIT, 0, skip_last=1, lines=(1,)))),
    Case("the wrong size came, or it broke after a while", "JP-20485", who.JONAS,
         (SLIPPERS, SHIRT), 40, (germany(25),)),
    Case("not sent yet: cancel all of it, or a part", "JP-20486", who.HANNAH,
         (LAMP, CANDLES * 2), 1),
    Case("not here, as the buyer told us: we look for it", "JP-20487", who.FIONA, (BEAR, TOTE),
         11, (britain(ended=4),)),
    Case("a broken bowl was claimed, the desk decides", "JP-20488", who.DANIEL, (BOWL, MUG), 13,
         (america(ended=3),)),
)
SHANYUE = (
    Case("says delivered: tell us that it is not here", "SY-10871", who.XIAOMEI,
         (CANISTER, CLOTH), 6, (sf(ended=2),)),
    Case("delivered today: a little early to say that it is not here", "SY-10872", who.RUOXI,
         (FLASK,), 4, (sf(ended=0),)),
    Case("arrived with something broken: claim it", "SY-10873", who.JIANGUO,
         (MASTER_CUP * 2, GAIWAN), 6, (sf(ended=2),)),
    Case("not sent yet: cancel all of it, or a part", "SY-10874", who.ZHIYUAN, (TRAY, CLOTH), 1),
    Case("a cup is missing, as the buyer told us", "SY-10875", who.YALI, (CUPS, TEAPOT), 8,
         (zto(ended=3),)),
)
# fmt: on
