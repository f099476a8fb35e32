"""One row per order of the demo: whose it is, what is in it, how far it got.

These are the orders up to the answer to a return; cases_back.py has what comes after.
"""

from portal.demo import (
    cases_back,
    cases_exchanged,
    cases_watched,
    cases_withdrawn,
    cases_wrong,
)
from portal.demo import journeys as by
from portal.demo import people as who
from portal.demo import pictures as seen
from portal.demo.case import Asked, Box, Case, america, britain, france, germany, sf, zto
from portal.demo.goods import (
    BAG,
    BEAR,
    BLANKET,
    BOTTLE,
    BOWL,
    CANDLES,
    CANISTER,
    CLOTH,
    COURSE,
    CUPS,
    FLASK,
    GAIWAN,
    HERBS,
    HONEY,
    JOURNAL,
    LAMP,
    LONGJING,
    MASTER_CUP,
    MUG,
    PATTERN,
    PUER,
    SCARF,
    SHIRT,
    SHIRT_L,
    SLIPPERS,
    STOOL,
    TEAPOT,
    TOTE,
    TRAY,
)  # fmt: skip
from returns.codes import DeclineReason, PhotoKind, Reason, Wish
from tracking.milestones import Milestone as M

# fmt: off
JUNIPER = (
    Case("delivered four days ago: try a return here", "JP-20418", who.SARAH,
         (SHIRT, CANDLES * 2, MUG), 10, (britain(),)),
    Case("placed, not paid yet", "JP-20452", who.OWEN, (LAMP,), 1, paid=False),
    Case("paid, being packed", "JP-20450", who.PRIYA, (BLANKET, HONEY * 2), 1),
    Case("one thing sent, one still to come", "JP-20441", who.GRACE, (TOTE, STOOL), 7,
         (america(M.IN_TRANSIT, 1, skip_last=5, lines=(0,)),)),
    Case("packed, waiting for the carrier", "JP-20449", who.HANNAH, (SCARF,), 2,
         (Box("usps", announced=5.0),)),
    Case("the carrier has just taken it", "JP-20448", who.OWEN, (BOWL, HERBS * 3), 2,
         (britain(M.ACCEPTED, 0),)),
    Case("on its way, waiting for a flight", "JP-20444", who.FIONA, (SHIRT_L, CANDLES), 4,
         (britain(M.IN_TRANSIT, 0, skip_last=3),)),
    Case("at customs in New York", "JP-20436", who.MARCUS, (BLANKET,), 9,
         (america(M.CUSTOMS, 0),)),
    Case("out for delivery today", "JP-20438", who.PRIYA, (SLIPPERS,), 6,
         (britain(M.OUT_FOR_DELIVERY, 0),)),
    Case("the postman found nobody at home", "JP-20437", who.CAMILLE, (SCARF, JOURNAL), 6,
         (Box("la-poste", by.TO_FRANCE, M.ATTEMPTED, 0),)),
    Case("ready at the parcel locker", "JP-20439", who.KATRIN, (LAMP,), 5,
         (Box("dhl-paket", by.TO_GERMANY, M.READY_FOR_PICKUP, 0),)),
    Case("delivered today", "JP-20429", who.DANIEL, (SHIRT, BEAR), 11, (america(ended=0),)),
    Case("delivered weeks ago: only a fault may still be reported", "JP-20190", who.OWEN,
         (SLIPPERS, TOTE), 58, (britain(ended=50),)),
    Case("refused at the door, on its way back to the shop", "JP-20431", who.BRAM, (BOWL,), 7,
         (Box("postnl", by.TURNED_AWAY, M.RETURNING, 1),)),
    Case("back at the shop", "JP-20411", who.BRAM, (LAMP, CANDLES), 14,
         (Box("postnl", by.TURNED_AWAY, M.RETURNED, 2),)),
    Case("order cancelled", "JP-20440", who.HANNAH, (STOOL,), 5, cancelled=(4, "10:15")),
    Case("two parcels, one has arrived", "JP-20433", who.SARAH, (BLANKET, BOTTLE * 2, HONEY), 8,
         (britain(ended=1, lines=(0,)), britain(M.IN_TRANSIT, 0, skip_last=1, lines=(1, 2)))),
    Case("sent without a tracking number", "JP-20443", who.JONAS, (JOURNAL * 2,), 5,
         (Box(announced=(3, "16:30")),)),
    Case("a download, a final sale and a shirt", "JP-20417", who.GRACE,
         (PATTERN, SCARF.reduced("23.00", final=True), SHIRT), 14, (america(ended=3),)),
    Case("twenty different things", "JP-20415", who.PRIYA,
         (SHIRT, SHIRT_L, CANDLES, MUG * 4, BLANKET, SCARF, LAMP, TOTE * 2, BEAR, SLIPPERS,
          HONEY * 3, JOURNAL, BOWL, BOTTLE, HERBS * 6, PATTERN, STOOL,
          MUG.reduced("11.00", final=True), CANDLES.reduced("4.80"), SCARF.reduced("9.20")),
         9, (britain(ended=3),)),
    Case("order without an email address", "JP-20420", who.RUTA, (MUG * 2,), 5,
         (Box("lp-express", by.AT_HOME_IN_LITHUANIA, M.DELIVERED, 3),), changes={"email": ""}),
    Case("sold with unlimited time to return", "JP-18077", who.JONAS, (STOOL,), 412,
         (germany(405),), policy={"window_days": None}),
    Case("return asked for, the desk looks at it next", "JP-20422", who.DANIEL, (LAMP, MUG), 15,
         (america(ended=3),),
         (Asked(2.4, 0, Reason.FAULTY, "The shade has a crack, and the light flickers.")
          .then("photograph", 2.3, PhotoKind.ITEM, seen.goods("lamp", crack=(14, 4.3))),)),
    Case("exchange wished, waiting for the desk", "JP-20421", who.OWEN, (SLIPPERS,), 11,
         (britain(),),
         (Asked(0.6, 0, Reason.FIT, "Too small, I usually take a 40.", Wish.EXCHANGE,
                "Could I have them in 40 instead?"),)),
    Case("looks different, waiting for the desk", "JP-20423", who.HANNAH, (BLANKET, CANDLES), 14,
         (america(ended=2),),
         (Asked(5.2, 0, Reason.DIFFERENT, "It is much darker than the picture."),)),
    Case("we asked the buyer a question", "JP-20413", who.MARCUS, (BOWL,), 17,
         (america(ended=6),),
         (Asked((2, "09:40"), 0, Reason.FAULTY, "It arrived with a crack.")
          .then("ask", (1, "11:25"), "I am sorry about the crack. Is it on the rim, or does it go "
                "down to the foot? Then I know whether we send you a new one today."),)),
    Case("the buyer answered our question", "JP-20412", who.CAMILLE, (SHIRT,), 14, (france(5),),
         (Asked((3, "18:30"), 0, Reason.WRONG_ITEM, "I received a size S.", Wish.REPLACEMENT)
          .then("ask", (2, "10:05"), "Which colour is the shirt that you received?")
          .then("give_answer", 1.3, "It is oat as well, only the size is wrong."),)),
    Case("return approved, the buyer posts it and pays", "JP-20408", who.SARAH, (SHIRT_L, TOTE),
         13, (britain(ended=7),),
         (Asked((2, "19:46"), 0, Reason.FIT, "A little too wide."),)),
    Case("return approved, we pay the carrier", "JP-20405", who.GRACE, (LAMP,), 20,
         (america(ended=8),),
         (Asked((3, "08:15"), 0, Reason.FAULTY, "The foot is cracked.")
          .then("approve", (2, "09:50")),)),
    Case("return approved, to be posted within two days", "JP-20371", who.FIONA, (SCARF, BEAR),
         27, (britain(ended=20),), (Asked((12, "13:20"), 0, Reason.CHANGED_MIND),)),
    Case("return declined, the buyer may ask us to look again", "JP-20396", who.JONAS,
         (SLIPPERS,), 22, (germany(15),),
         (Asked((4, "17:05"), 0, Reason.FAULTY, "The soles are thin after two weeks.")
          .then("decline", (3, "10:45"), DeclineReason.USED,
                "In your pictures the felt is worn through by walking outdoors; they are made for "
                "the house. For 15.00 USD we can put leather soles under them."),)),
    Case("declined, looked at again, still declined", "JP-20377", who.MARCUS, (MUG * 2,), 29,
         (america(ended=18),),
         (Asked((9, "12:12"), 0, Reason.FAULTY, "The glaze has small dots.")
          .then("decline", (8, "09:30"), DeclineReason.OTHER,
                "The dots come from the ash in our kiln; every mug has them.")
          .then("look_again", (7, "20:40"), "Nobody told me that before I bought it.")
          .then("decline", (6, "11:10"), DeclineReason.OTHER,
                "The page of the mug shows them and says so. You may still send it back unused "
                "until the end of your 30 days."),)),
    Case("declined, the buyer asked us to look again", "JP-20394", who.PRIYA, (BLANKET,), 21,
         (britain(ended=14),),
         (Asked((3, "15:30"), 0, Reason.DIFFERENT, "The stripes are brown, not grey.")
          .then("decline", (2, "16:00"), DeclineReason.NOT_RETURNABLE,
                "We could not see a difference in the picture.")
          .then("look_again", 3.1, "Please compare it with the picture by daylight."),)),
    Case("return taken back by the buyer", "JP-20399", who.HANNAH, (SCARF,), 19,
         (america(ended=8),),
         (Asked((5, "21:10"), 0, Reason.CHANGED_MIND).then("cancel", (4, "07:55")),)),
    Case("return approved but never posted", "JP-20318", who.SARAH, (BOTTLE,), 40,
         (britain(ended=29),),
         (Asked((22, "18:00"), 0, Reason.CHANGED_MIND).then("remind").then("expire"),)),
    Case("refund approved, nothing has to be sent back", "JP-20416", who.OWEN, (HONEY, HERBS), 12,
         (britain(ended=5),),
         (Asked((1, "18:20"), 0, Reason.FAULTY, "The lid had opened, all of it ran out.")
          .then("approve", 4.0),)),
    Case("two returns on one order", "JP-20402", who.JONAS, (SHIRT, CANDLES * 2, JOURNAL), 16,
         (germany(10),),
         (Asked((5, "09:05"), 0, Reason.FIT, "Too tight at the shoulders."),
          Asked(6.1, 1, Reason.FAULTY, "One candle is broken in two.",
                Wish.REPLACEMENT))),
    Case("a Chinese reader in the English shop, at customs", "JP-20442", who.LIANG,
         (SHIRT, CANDLES), 5, (britain(M.CUSTOMS, 0),)),
)

SHANYUE = (
    Case("placed, not paid yet", "SY-88140", who.HAOTIAN, (TEAPOT,), 1, paid=False),
    Case("paid, being packed", "SY-88138", who.RUOXI, (GAIWAN, CUPS), 1),
    Case("on its way with SF", "SY-88131", who.MENGQI, (LONGJING, CANISTER), 2,
         (sf(M.IN_TRANSIT, 0),)),
    Case("out for delivery today", "SY-88127", who.MENGQI, (CUPS,), 2,
         (sf(M.OUT_FOR_DELIVERY, 0),)),
    Case("ready at the pick-up station", "SY-88124", who.ZHIYUAN, (TRAY,), 4,
         (zto(M.READY_FOR_PICKUP, 0),)),
    Case("EMS came and found nobody", "SY-88109", who.YALI, (PUER * 2,), 7,
         (Box("ems", by.BY_EMS, M.ATTEMPTED, 0),)),
    Case("delivered two days ago: try a return here", "SY-88112", who.XIAOMEI,
         (GAIWAN, MASTER_CUP * 2, CLOTH), 5, (sf(),)),
    Case("delivered weeks ago, the time to return is over", "SY-87954", who.JIANGUO, (TEAPOT,),
         30, (sf(ended=24),)),
    Case("two parcels, one has arrived", "SY-88120", who.RUOXI, (TRAY, FLASK), 4,
         (sf(ended=1, lines=(0,)), zto(M.IN_TRANSIT, 0, lines=(1,)))),
    Case("refused at the door, on its way back to the shop", "SY-88098", who.XUE, (LONGJING,), 6,
         (Box("yto", by.REFUSED_IN_HARBIN, M.RETURNING, 1),)),
    Case("a video course and a tea set", "SY-88105", who.OUYANG, (COURSE, CUPS, BAG), 6,
         (sf(ended=3),)),
    Case("return asked for, the desk looks at it next", "SY-88103", who.JIANGUO, (TEAPOT,), 6,
         (sf(ended=3),),
         (Asked(1.2, 0, Reason.FAULTY, "壶身有一道裂纹，倒水会漏。", Wish.EXCHANGE,
                "希望换一把同款的，谢谢。")
          .then("photograph", 1.1, PhotoKind.ITEM,
                seen.goods("teapot", surface="walnut", crack=(13, 9.2))),)),
    Case("waiting for the desk, longer than we promised", "SY-88085", who.ZHIYUAN, (CANISTER,),
         12, (zto(ended=6),),
         (Asked((3, "08:30"), 0, Reason.CHANGED_MIND, "家里人说颜色不合适。", Wish.EXCHANGE,
                "想换成哑光的。"),)),
    Case("we asked the buyer a question", "SY-88100", who.RUOXI, (CUPS,), 7, (sf(ended=4),),
         (Asked((2, "14:20"), 0, Reason.WRONG_ITEM, "颜色发错了。")
          .then("ask", (1, "10:12"), "不好意思给你添麻烦了。收到的杯子是什么颜色？"),)),
    Case("return approved, we pay the carrier", "SY-88094", who.HAOTIAN, (GAIWAN,), 8,
         (sf(ended=5),),
         (Asked((2, "20:33"), 0, Reason.FAULTY, "盖子边缘磕了一个小口。")
          .then("approve", (1, "09:40")),)),
    Case("return approved, the buyer posts it and pays", "SY-88091", who.OUYANG, (BAG, CLOTH), 8,
         (sf(ended=4),), (Asked((1, "21:18"), 0, Reason.CHANGED_MIND),)),
    Case("return declined, the buyer may ask us to look again", "SY-88077", who.ZHIYUAN, (PUER,),
         12, (zto(ended=8),),
         (Asked((4, "16:40"), 0, Reason.DIFFERENT, "味道和想的不一样。")
          .then("decline", (3, "11:00"), DeclineReason.USED,
                "茶饼已经拆封并撬开，没办法再卖给别人了，实在抱歉。"),)),
    Case("an order number in Chinese with a blank", "山月 2026-118", who.XUE, (MASTER_CUP,), 3,
         (sf(ended=1),)),
    Case("an English reader in the Chinese shop, delivered", "SY-88117", who.EMMA,
         (LONGJING, GAIWAN), 4, (sf(),)),
)
# fmt: on

CASES = {
    "juniper-pine": JUNIPER
    + cases_watched.JUNIPER
    + cases_wrong.JUNIPER
    + cases_exchanged.JUNIPER
    + cases_withdrawn.JUNIPER
    + cases_back.JUNIPER,
    "shanyue": SHANYUE
    + cases_watched.SHANYUE
    + cases_wrong.SHANYUE
    + cases_exchanged.SHANYUE
    + cases_back.SHANYUE,
}
