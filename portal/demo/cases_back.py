"""Orders of which something comes back: photos, number, journey, receipt, money.

One row per stage; the stages before are in cases.py.
"""

from portal.demo import journeys_back as back
from portal.demo import people as who
from portal.demo import pictures as seen
from portal.demo.case import (
    Asked,
    Box,
    Case,
    Gets,
    Looked,
    Trip,
    Unpacked,
    america,
    britain,
    france,
    germany,
    sf,
    zto,
)
from portal.demo.goods import (
    BAG,
    BEAR,
    BOTTLE,
    CANISTER,
    CLOTH,
    CUPS,
    FLASK,
    HERBS,
    JOURNAL,
    LAMP,
    LONGJING,
    MASTER_CUP,
    MUG,
    SCARF,
    SHIRT,
    SHIRT_L,
    SLIPPERS,
    TEAPOT,
    TOTE,
    TRAY,
)
from portal.demo.journeys import AT_HOME_IN_LITHUANIA
from returns.codes import (
    Condition,
    Disposition,
    PaymentMethod,
    PhotoKind,
    Reason,
    ResolutionKind,
    Wish,
)
from tracking.milestones import Milestone as M

ITEM, PARCEL, WAYBILL = PhotoKind.ITEM, PhotoKind.PARCEL, PhotoKind.WAYBILL
FAULTY, FIT, CHANGED_MIND = Reason.FAULTY, Reason.FIT, Reason.CHANGED_MIND

# The order of the README's tour: its pushes are written by pushes.py.
TOUR = "JP-20428"

# fmt: off
JUNIPER = (
    Case("photos sent, the tracking number is still to come", "JP-20406", who.CAMILLE, (SHIRT,),
         16, (france(8),),
         (Asked((3, "18:30"), 0, CHANGED_MIND)
          .then("photograph", (1, "17:40"), ITEM, seen.goods("shirt"))
          .then("photograph", (1, "17:52"), PARCEL)
          .then("photograph", (1, "18:10"), WAYBILL, "la-poste"),)),
    Case("number given, the carrier has not scanned it yet", TOUR, who.MANTAS, (MUG, HERBS), 10,
         (Box("lp-express", AT_HOME_IN_LITHUANIA, M.DELIVERED, 6),),
         (Asked((3, "12:10"), 0, CHANGED_MIND)
          .then("photograph", (1, "17:50"), PARCEL)
          .then("photograph", (1, "18:02"), WAYBILL, "dpd")
          .then("give_number", (1, "18:05"), "dpd"),)),
    Case("number in doubt: it is the one of our own parcel", "JP-20409", who.OWEN, (TOTE,), 18,
         (britain(ended=9),),
         (Asked((4, "09:10"), 0, CHANGED_MIND)
          .then("photograph", (1, "16:20"), WAYBILL, "royal-mail")
          .then("give_outbound_number", (1, "16:31")),)),
    Case("a ready label, made by us", "JP-20407", who.HANNAH, (LAMP,), 22, (america(ended=9),),
         (Asked((4, "19:20"), 0, FAULTY, "The shade is cracked.")
          .then("photograph", (4, "19:26"), ITEM, seen.goods("lamp", crack=(14, 4.3)))
          .then("approve", (3, "10:05"))
          .then("add_label", (3, "10:40"), "dhl"),)),
    Case("posted without a number, not seen since", "JP-20390", who.GRACE, (JOURNAL,), 30,
         (america(ended=17),),
         (Asked((12, "10:20"), 0, CHANGED_MIND).then("say_posted", (9, "17:45")),)),
    Case("on its way back, seen three times", "JP-20398", who.PRIYA, (SHIRT_L,), 24,
         (britain(ended=14),),
         (Asked((6, "08:05"), 0, FIT, "The sleeves are too long.")
          .then("give_number", (3, "15:52"), "royal-mail")
          .then("travel", None, Trip(back.FROM_BRITAIN, M.IN_TRANSIT, 2, skip_last=2)),)),
    Case("on its way back, at customs", "JP-20392", who.DANIEL, (SCARF,), 26,
         (america(ended=13),),
         (Asked((8, "20:00"), 0, CHANGED_MIND)
          .then("give_number", (4, "16:30"), "dhl")
          .then("travel", None, Trip(back.FROM_AMERICA, M.CUSTOMS)),)),
    Case("back with us by the carrier's word, to be opened", "JP-20388", who.JONAS, (SHIRT,), 25,
         (germany(15),),
         (Asked((9, "12:40"), 0, CHANGED_MIND)
          .then("give_number", (6, "15:10"), "dhl-paket")
          .then("travel", None, Trip(back.FROM_GERMANY)),)),
    Case("opened, all there, to be looked at", "JP-20385", who.JONAS, (SLIPPERS,), 27,
         (germany(16),),
         (Asked((10, "20:15"), 0, FIT, "Too narrow.")
          .then("give_number", (7, "11:30"), "dhl-paket")
          .then("travel", None, Trip(back.FROM_GERMANY))
          .then("unpack", (1, "15:20"), Unpacked(1, 640)),)),
    Case("one of two came, and the parcel is light", "JP-20382", who.OWEN, (MUG * 2, HERBS), 26,
         (britain(ended=15),),
         (Asked((10, "19:00"), 0, CHANGED_MIND, quantity=2)
          .then("give_number", (7, "13:15"), "royal-mail")
          .then("travel", None, Trip(back.FROM_BRITAIN))
          .then("unpack", (1, "14:30"), Unpacked(1, 520, note="The tape was whole. One mug only."))
          .then("photograph_here", (1, "14:36"), seen.opened("mug", 1, 520)),)),
    Case("something else was in the parcel as well", "JP-20379", who.GRACE, (SHIRT_L,), 27,
         (america(ended=15),),
         (Asked((11, "09:30"), 0, FIT, "A size too large.")
          .then("give_number", (7, "18:10"), "dhl")
          .then("travel", None, Trip(back.FROM_AMERICA))
          .then("unpack", (1, "13:10"), Unpacked(1, 760, ("A notebook, half full",)))
          .then("photograph_here", (1, "13:14"), seen.opened("shirt", 1, 760, also="book")),)),
    Case("the parcel was empty", "JP-20376", who.MARCUS, (BEAR,), 28, (america(ended=17),),
         (Asked((12, "21:20"), 0, CHANGED_MIND)
          .then("give_number", (8, "12:00"), "dhl")
          .then("travel", None, Trip(back.FROM_AMERICA))
          .then("unpack", (1, "15:40"), Unpacked(0, 210, note="Cut open along one edge."))
          .then("photograph_here", (1, "15:44"), seen.opened("toy", 0, 210)),)),
    Case("looked at, the money is to be decided", "JP-20373", who.FIONA, (SLIPPERS,), 30,
         (britain(ended=19),),
         (Asked((13, "17:30"), 0, CHANGED_MIND)
          .then("give_number", (9, "14:05"), "royal-mail")
          .then("travel", None, Trip(back.FROM_BRITAIN))
          .then("unpack", (1, "13:10"), Unpacked(1, 650))
          .then("inspect", (1, "16:10"), Looked(
              Condition.USED, disposition=Disposition.REFURBISH,
              words="The soles are scuffed, as if they were worn outdoors.")),)),
    Case("decided, the money is to be sent", "JP-20369", who.HANNAH, (SCARF,), 31,
         (america(ended=18),),
         (Asked((12, "08:40"), 0, CHANGED_MIND)
          .then("give_number", (8, "17:15"), "dhl")
          .then("travel", None, Trip(back.FROM_AMERICA, ended=2))
          .then("unpack", (2, "14:20"), Unpacked(1, 380))
          .then("inspect", (1, "09:40"), Looked())
          .then("resolve", (1, "09:55"), Gets()),)),
    Case("decided, and the bank sent the money back to us", "JP-20364", who.CAMILLE,
         (JOURNAL * 2,), 29, (france(18),),
         (Asked((11, "19:45"), 0, CHANGED_MIND, quantity=2)
          .then("give_number", (8, "12:30"), "la-poste")
          .then("travel", None, Trip(back.FROM_FRANCE, ended=2))
          .then("unpack", (2, "13:50"), Unpacked(2, 830))
          .then("inspect", (1, "10:00"), Looked())
          .then("resolve", (1, "10:15"), Gets(method=PaymentMethod.CARD))
          .then("record_failed", (1, "16:30"), "The card has run out; the bank refused it."),)),
    Case("part of the money, with the reason, sent", "JP-20366", who.PRIYA, (SHIRT, HERBS), 34,
         (britain(ended=24),),
         (Asked((16, "18:50"), 0, CHANGED_MIND)
          .then("give_number", (12, "13:40"), "royal-mail")
          .then("travel", None, Trip(back.FROM_BRITAIN, ended=5))
          .then("unpack", (5, "15:00"), Unpacked(1, 470))
          .then("inspect", (4, "10:20"), Looked(
              Condition.USED, disposition=Disposition.REFURBISH,
              words="It was washed, and the linen has shrunk a little."))
          .then("resolve", (4, "10:40"), Gets(
              ResolutionKind.PART_REFUND, "40.00", method=PaymentMethod.CARD,
              words="Washed, the shirt can only be sold as second choice. We give back what "
                    "we can get for it, and keep the rest."))
          .then("record_sent", (3, "11:30"), "re_3Q8xT1", PaymentMethod.CARD),)),
    Case("refund sent, all is done", "JP-20362", who.SARAH, (BEAR,), 38, (britain(ended=27),),
         (Asked((18, "18:15"), 0, CHANGED_MIND)
          .then("photograph", (14, "12:41"), WAYBILL, "royal-mail")
          .then("give_number", (14, "12:44"), "royal-mail")
          .then("travel", None, Trip(back.FROM_BRITAIN, ended=8))
          .then("unpack", (8, "14:00"), Unpacked(1, 330))
          .then("inspect", (7, "10:00"), Looked(words="As new, with its ribbon. Thank you."))
          .then("resolve", (7, "10:05"), Gets(method=PaymentMethod.CARD))
          .then("record_sent", (6, "12:15"), "re_3Q2kL7", PaymentMethod.CARD),)),
    Case("exchange sent, all is done", "JP-20358", who.OWEN, (SLIPPERS,), 36,
         (britain(ended=26),),
         (Asked((17, "20:30"), 0, FIT, "Too small.", Wish.EXCHANGE, "In 40, please.")
          .then("approve", (16, "10:30"))
          .then("give_number", (13, "13:05"), "royal-mail")
          .then("travel", None, Trip(back.FROM_BRITAIN, ended=7))
          .then("unpack", (7, "13:30"), Unpacked(1, 655))
          .then("inspect", (6, "09:50"), Looked())
          .then("resolve", (6, "10:00"), Gets(
              ResolutionKind.EXCHANGE, words="Felt slippers, charcoal, size 40."))
          .then("record_sent", (5, "16:40"), "LP4410927763"),)),
    Case("it came although the time to post was over", "JP-20301", who.HANNAH, (BOTTLE,), 44,
         (america(ended=33),),
         (Asked((24, "18:00"), 0, CHANGED_MIND).then("remind").then("expire")
          .then("unpack", (1, "11:40"), Unpacked(1, 520, note="No number, only her name.")),)),
    Case("number given after the time was over", "JP-20304", who.MARCUS, (TOTE,), 43,
         (america(ended=32),),
         (Asked((23, "19:10"), 0, CHANGED_MIND).then("remind").then("expire")
          .then("give_number", 4.3, "dhl"),)),
)

SHANYUE = (
    Case("photos sent, the tracking number is still to come", "SY-88089", who.MENGQI, (CUPS,), 8,
         (sf(ended=5),),
         (Asked((2, "20:10"), 0, CHANGED_MIND, "想换一套茶具。")
          .then("photograph", (1, "10:20"), ITEM, seen.goods("mug", surface="walnut"))
          .then("photograph", (1, "10:31"), PARCEL)
          .then("photograph", (1, "10:52"), WAYBILL, "sf"),)),
    Case("number given, the carrier has not scanned it yet", "SY-88087", who.YALI, (TRAY,), 9,
         (sf(ended=5),),
         (Asked((3, "19:00"), 0, CHANGED_MIND, "茶桌放不下。")
          .then("give_number", (1, "19:20"), "ems"),)),
    Case("on its way back with SF, seen three times", "SY-88083", who.HAOTIAN, (CANISTER,), 10,
         (sf(ended=6),),
         (Asked((3, "21:05"), 0, CHANGED_MIND)
          .then("give_number", (1, "10:44"), "sf")
          .then("travel", None, Trip(back.WITH_SF, M.IN_TRANSIT, 1, skip_last=1)),)),
    Case("back with us by the carrier's word, to be opened", "SY-88080", who.RUOXI,
         (MASTER_CUP,), 12, (sf(ended=8),),
         (Asked((5, "19:40"), 0, CHANGED_MIND)
          .then("give_number", (3, "16:30"), "zto")
          .then("travel", None, Trip(back.WITH_ZTO)),)),
    Case("opened, all there, to be looked at", "SY-88075", who.JIANGUO, (LONGJING,), 12,
         (sf(ended=8),),
         (Asked((5, "09:15"), 0, FAULTY, "茶叶罐压扁了，封口也松了。")
          .then("photograph", (5, "09:22"), ITEM,
                seen.goods("jar", surface="walnut", crack=(12, 9)))
          .then("approve", (4, "10:20"))
          .then("give_number", (2, "10:30"), "sf")
          .then("travel", None, Trip(back.WITH_SF))
          .then("unpack", (1, "15:30"), Unpacked(1, 430)),)),
    Case("looked at: one of two is chipped, to be decided", "SY-88072", who.XUE,
         (MASTER_CUP * 2, CLOTH), 13, (sf(ended=9),),
         (Asked((6, "12:20"), 0, CHANGED_MIND, "颜色和茶席不搭。", quantity=2)
          .then("give_number", (3, "10:15"), "sf")
          .then("travel", None, Trip(back.WITH_SF))
          .then("unpack", (1, "14:10"), Unpacked(2, 520))
          .then("photograph_here", (1, "14:15"), seen.opened("mug", 2, 520))
          .then("inspect", (1, "16:30"), Looked(
              Condition.DAMAGED, accepted=1, words="有一只口沿磕了个小口，包装里没有垫东西。")),)),
    Case("decided, the money is to be sent", "SY-88068", who.ZHIYUAN, (FLASK,), 14,
         (zto(ended=9),),
         (Asked((6, "18:30"), 0, CHANGED_MIND)
          .then("give_number", (4, "09:30"), "sf")
          .then("travel", None, Trip(back.WITH_SF, ended=2))
          .then("unpack", (2, "15:00"), Unpacked(1, 460))
          .then("inspect", (1, "09:50"), Looked())
          .then("resolve", (1, "10:00"), Gets(method=PaymentMethod.ALIPAY)),)),
    Case("part of the money, with the reason, sent", "SY-88063", who.JIANGUO, (TEAPOT,), 19,
         (sf(ended=15),),
         (Asked((12, "20:00"), 0, CHANGED_MIND)
          .then("approve", (11, "09:30"))
          .then("give_number", (9, "10:10"), "sf")
          .then("travel", None, Trip(back.WITH_SF, ended=7))
          .then("unpack", (7, "14:40"), Unpacked(1, 470))
          .then("inspect", (6, "10:05"), Looked(
              Condition.USED, disposition=Disposition.REFURBISH,
              words="壶里有茶渍，应该泡过几次茶。"))
          .then("resolve", (6, "10:20"), Gets(
              ResolutionKind.PART_REFUND, "360.00", method=PaymentMethod.ALIPAY,
              words="壶泡过茶，只能当样品壶卖了。扣掉的 96 元是差价，还请理解。"))
          .then("record_sent", (5, "11:00"), "2026111522001", PaymentMethod.ALIPAY),)),
    Case("refund sent, all is done", "SY-88061", who.MENGQI, (BAG,), 20, (sf(ended=16),),
         (Asked((13, "20:45"), 0, CHANGED_MIND)
          .then("give_number", (11, "10:50"), "sf")
          .then("travel", None, Trip(back.WITH_SF, ended=8))
          .then("unpack", (8, "15:10"), Unpacked(1, 390))
          .then("inspect", (7, "09:30"), Looked())
          .then("resolve", (7, "09:35"), Gets(method=PaymentMethod.WECHAT))
          .then("record_sent", (7, "16:00"), "4200002418", PaymentMethod.WECHAT),)),
    Case("exchange sent, all is done", "SY-88057", who.OUYANG, (CUPS,), 21, (sf(ended=17),),
         (Asked((14, "21:30"), 0, FAULTY, "有一只杯子裂了。", Wish.EXCHANGE, "换一套完整的就好。")
          .then("approve", (13, "09:20"))
          .then("give_number", (11, "10:05"), "sf")
          .then("travel", None, Trip(back.WITH_SF, ended=9))
          .then("unpack", (9, "14:30"), Unpacked(1, 520))
          .then("inspect", (8, "10:10"), Looked(
              Condition.DAMAGED, disposition=Disposition.DESTROY))
          .then("resolve", (8, "10:20"), Gets(
              ResolutionKind.EXCHANGE, words="新的一套甜白品茗杯，六只都检查过了。"))
          .then("record_sent", (7, "15:30"), "SF1390275518264"),)),
    Case("it came although the time to post was over", "SY-88052", who.HAOTIAN, (BAG,), 26,
         (sf(ended=22),),
         (Asked((18, "19:00"), 0, CHANGED_MIND).then("remind").then("expire")
          .then("unpack", (1, "16:10"), Unpacked(1, 380)),)),
)
# fmt: on
