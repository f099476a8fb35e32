"""Orders of the demo from which somebody withdrew, or may; what became of them is in
withdrawn.py."""

from portal.demo import people as who
from portal.demo.case import Case, britain, france, germany
from portal.demo.goods import BEAR, CANDLES, LAMP, MUG, SCARF, TOTE

# fmt: off
JUNIPER = (
    Case("cancelled before it left: the desk stops it", "JP-20500", who.CAMILLE, (BEAR,), 1),
    Case("withdrawn from the contract, and posted", "JP-20501", who.JONAS, (SCARF,), 12,
         (germany(6),)),
    Case("cancelled and paid back, and it left all the same", "JP-20502", who.CAMILLE,
         (CANDLES, LAMP), 5, (france(1, lines=(0,)),)),
    Case("the buyer paid the postage that is ours", "JP-20503", who.OWEN, (TOTE,), 24,
         (britain(ended=9),)),
    Case("in the EU: try to withdraw from the contract", "JP-20504", who.JONAS, (MUG, TOTE), 9,
         (germany(4),)),
)
# fmt: on
