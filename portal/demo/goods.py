"""What the two shops sell. Pictures are drawn (`portal/drawings.py`)."""

from dataclasses import dataclass, replace
from decimal import Decimal


@dataclass(frozen=True)
class Item:
    """price: of one unit, in the shop's currency. discount: on the whole line."""

    sku: str
    title: str
    variant: str
    price: Decimal
    drawing: str
    grams: int
    quantity: int = 1
    discount: Decimal = Decimal(0)
    final_sale: bool = False
    needs_shipping: bool = True

    def __mul__(self, quantity: int) -> "Item":
        return replace(self, quantity=quantity)

    def reduced(self, amount: str, *, final: bool = False) -> "Item":
        return replace(self, discount=Decimal(amount), final_sale=final)


def _item(sku: str, title: str, variant: str, price: str, drawing: str, grams: int) -> Item:
    return Item(sku, title, variant, Decimal(price), drawing, grams)


SHIRT = _item("LS-OAT-M", "Linen shirt", "Oat, size M", "68.00", "shirt", 280)
SHIRT_L = _item("LS-SKY-L", "Linen shirt", "Sky, size L", "68.00", "shirt", 295)
CANDLES = _item("BC-2", "Beeswax candles", "Set of two", "24.00", "candle", 420)
MUG = _item("MG-MOSS", "Stoneware mug", "Moss", "22.00", "mug", 380)
BLANKET = _item("WB-GREY", "Wool blanket", "Grey stripe, 140 × 200 cm", "129.00", "blanket", 1650)
SCARF = _item("SC-RUST", "Lambswool scarf", "Rust", "46.00", "scarf", 190)
LAMP = _item("LP-OAK", "Oak bedside lamp", "EU plug", "94.00", "lamp", 1300)
STOOL = _item("ST-ASH", "Ash wood stool", "Natural", "145.00", "chair", 3800)
TOTE = _item("BG-FLAX", "Flax tote bag", "Undyed", "32.00", "bag", 310)
BEAR = _item("TY-BEAR", "Knitted bear", "Hazel", "28.00", "toy", 160)
SLIPPERS = _item("SL-FELT-39", "Felt slippers", "Charcoal, size 39", "54.00", "shoe", 460)
HONEY = _item("HN-LIME", "Lime blossom honey", "450 g", "14.00", "jar", 720)
JOURNAL = _item("BK-LINEN", "Linen notebook", "Dotted, A5", "18.00", "book", 330)
BOWL = _item("BW-SALT", "Serving bowl", "Salt glaze", "58.00", "bowl", 1100)
BOTTLE = _item("BT-STEEL", "Steel bottle", "0.75 l, sand", "36.00", "bottle", 350)
HERBS = _item("TE-MINT", "Garden mint tea", "20 bags", "9.00", "tea", 60)
PATTERN = replace(
    _item("PDF-SHIRT", "Sewing pattern", "PDF to download", "12.00", "book", 0),
    needs_shipping=False,
)

TEAPOT = _item("ZS-001", "紫砂壶", "石瓢，200 毫升", "468.00", "teapot", 320)
GAIWAN = _item("GW-012", "青瓷盖碗", "天青，150 毫升", "168.00", "teapot", 240)
CUPS = _item("PM-006", "品茗杯", "甜白，六只装", "198.00", "mug", 360)
MASTER_CUP = _item("ZR-003", "建盏主人杯", "油滴釉", "128.00", "mug", 150)
TRAY = _item("CP-008", "竹制茶盘", "排水式，60 厘米", "259.00", "bowl", 2600)
CANISTER = _item("CG-005", "锡制茶叶罐", "半斤装", "236.00", "jar", 480)
LONGJING = _item("LJ-250", "明前龙井", "250 克", "320.00", "tea", 310)
PUER = _item("PE-357", "熟普洱茶饼", "2019 年，357 克", "188.00", "tea", 400)
FLASK = _item("BW-500", "便携保温杯", "墨绿，500 毫升", "99.00", "bottle", 330)
CLOTH = _item("CB-001", "棉麻茶巾", "两条装", "26.00", "blanket", 70)
BAG = _item("CJ-010", "旅行茶具包", "深灰", "89.00", "bag", 260)
COURSE = replace(
    _item("KC-001", "茶道入门课", "线上视频，十二讲", "99.00", "book", 0), needs_shipping=False
)
