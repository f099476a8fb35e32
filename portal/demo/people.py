"""The buyers. All invented."""

from dataclasses import asdict, dataclass
from typing import Any

ZH = "zh-hans"


@dataclass(frozen=True)
class Buyer:
    """As the order knows them; zone: where their days begin and end."""

    name: str
    email: str
    phone: str
    street: str
    city: str
    postcode: str
    country: str
    zone: str
    region: str = ""
    street2: str = ""
    language: str = "en"

    def values(self, **changes: Any) -> dict[str, Any]:
        return asdict(self) | changes


def _gb(name: str, email: str, tail: str, street: str, city: str, postcode: str) -> Buyer:
    return Buyer(name, email, f"+44 7700 900{tail}", street, city, postcode, "GB", "Europe/London")


def _us(
    name: str, email: str, phone: str, street: str, city: str, region: str, postcode: str, zone: str
) -> Buyer:
    return Buyer(name, email, f"+1 {phone}", street, city, postcode, "US", zone, region)


def _cn(
    name: str,
    email: str,
    tail: str,
    region: str,
    city: str,
    street: str,
    postcode: str,
    street2: str = "",
) -> Buyer:
    return Buyer(
        name,
        email,
        f"+86 138 0013 {tail}",
        street,
        city,
        postcode,
        "CN",
        "Asia/Shanghai",
        region,
        street2,
        ZH,
    )


SARAH = _gb("Sarah Whitcombe", "sarah@example.com", "123", "12 Harbour Lane", "Bristol", "BS1 4QA")
OWEN = _gb(
    "Owen Pritchard", "owen.pritchard@example.com", "214", "3 Castle Terrace", "Cardiff", "CF10 1BH"
)
PRIYA = _gb(
    "Priya Nair", "priya.nair@example.com", "330", "Flat 6, 41 Mill Street", "Leeds", "LS9 8HB"
)
FIONA = _gb(
    "Fiona MacRae", "fiona.macrae@example.com", "481", "8 Shore Road", "Stornoway", "HS1 2QN"
)
LIANG = Buyer(
    "梁雨桐",
    "yutong.liang@example.com",
    "+44 7700 900562",
    "27 Cowley Road",
    "Oxford",
    "OX4 1HP",
    "GB",
    "Europe/London",
    language=ZH,
)
DANIEL = _us(
    "Daniel Reyes",
    "daniel.reyes@example.com",
    "312-555-0142",
    "1904 W Belmont Ave",
    "Chicago",
    "IL",
    "60657",
    "America/Chicago",
)
GRACE = _us(
    "Grace Kim",
    "grace.kim@example.com",
    "206-555-0177",
    "522 Queen Anne Ave N",
    "Seattle",
    "WA",
    "98109",
    "America/Los_Angeles",
)
MARCUS = _us(
    "Marcus Bell",
    "marcus.bell@example.com",
    "718-555-0119",
    "88 Prospect Pl, Apt 4C",
    "Brooklyn",
    "NY",
    "11217",
    "America/New_York",
)
HANNAH = _us(
    "Hannah Olson",
    "hannah.olson@example.com",
    "612-555-0164",
    "3310 Bryant Ave S",
    "Minneapolis",
    "MN",
    "55408",
    "America/Chicago",
)
JONAS = Buyer(
    "Jonas Albrecht",
    "jonas.albrecht@example.com",
    "+49 1573 5550127",
    "Lindenstraße 44",
    "Leipzig",
    "04109",
    "DE",
    "Europe/Berlin",
)
KATRIN = Buyer(
    "Katrin Vogel",
    "katrin.vogel@example.com",
    "+49 1573 5550188",
    "Packstation 117",
    "Hamburg",
    "20099",
    "DE",
    "Europe/Berlin",
    street2="Postnummer 800 412 555",
)
CAMILLE = Buyer(
    "Camille Laurent",
    "camille.laurent@example.com",
    "+33 6 39 98 01 22",
    "19 rue des Tanneurs",
    "Lyon",
    "69001",
    "FR",
    "Europe/Paris",
)
BRAM = Buyer(
    "Bram de Wit",
    "bram.dewit@example.com",
    "+31 6 5550 0143",
    "Oudegracht 211",
    "Utrecht",
    "3511 NP",
    "NL",
    "Europe/Amsterdam",
)
RUTA = Buyer(
    "Rūta Kazlauskienė",
    "ruta.k@example.com",
    "+370 600 00177",
    "Laisvės al. 60-3",
    "Kaunas",
    "44246",
    "LT",
    "Europe/Vilnius",
)
MANTAS = Buyer(
    "Mantas Petrauskas",
    "mantas.petrauskas@example.com",
    "+370 600 00142",
    "Vilniaus g. 33-5",
    "Kaunas",
    "44287",
    "LT",
    "Europe/Vilnius",
)
CHLOE = Buyer(
    "Chloe Harding",
    "chloe.harding@example.com",
    "+61 491 570 156",
    "14 Gertrude Street",
    "Fitzroy",
    "3065",
    "AU",
    "Australia/Melbourne",
    "VIC",
)

XIAOMEI = _cn(
    "李晓梅",
    "lixiaomei@example.com",
    "8001",
    "四川省",
    "成都市",
    "锦江区春熙路 8 号",
    "610021",
    "锦绣花园 3 栋 1204",
)
JIANGUO = _cn(
    "王建国",
    "wangjianguo@example.com",
    "8002",
    "北京市",
    "北京市",
    "海淀区成府路 120 号",
    "100083",
    "蓝旗营小区 5 号楼 602",
)
MENGQI = _cn(
    "陈梦琪",
    "chenmengqi@example.com",
    "8003",
    "上海市",
    "上海市",
    "徐汇区武康路 99 弄 2 号",
    "200031",
)
ZHIYUAN = _cn(
    "赵志远",
    "zhaozhiyuan@example.com",
    "8004",
    "广东省",
    "广州市",
    "天河区体育西路 33 号",
    "510620",
    "金禧大厦 1807",
)
XUE = _cn(
    "周雪",
    "zhouxue@example.com",
    "8005",
    "黑龙江省",
    "哈尔滨市",
    "南岗区果戈里大街 268 号",
    "150001",
)
HAOTIAN = _cn(
    "孙浩天",
    "sunhaotian@example.com",
    "8006",
    "浙江省",
    "宁波市",
    "海曙区中山西路 15 号",
    "315010",
    "月湖公寓 2 单元 301",
)
YALI = _cn(
    "古丽亚尔",
    "guliyaer@example.com",
    "8007",
    "新疆维吾尔自治区",
    "乌鲁木齐市",
    "天山区解放南路 52 号",
    "830001",
)
RUOXI = _cn(
    "林若曦",
    "linruoxi@example.com",
    "8008",
    "福建省",
    "厦门市",
    "思明区鼓浪屿龙头路 6 号",
    "361002",
)
OUYANG = _cn(
    "欧阳明",
    "ouyangming@example.com",
    "8009",
    "湖北省",
    "武汉市",
    "武昌区东湖路 71 号",
    "430071",
    "东湖名居 8 栋 902",
)
EMMA = Buyer(
    "Emma Novak",
    "emma.novak@example.com",
    "+86 138 0013 8010",
    "Room 402, No. 18, Lane 596 Yan'an Middle Road",
    "Shanghai",
    "200040",
    "CN",
    "Asia/Shanghai",
    "Jing'an District",
)
