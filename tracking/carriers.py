"""The carriers: how they are called, where they tell about parcels, how shops spell them.

Phones are the lines of the carrier's own country. They and the tracking pages are from
general knowledge and were not tried; where no page takes the number, it is the one where it
can be typed in. Codes at the providers stand in `tracking/providers/`, formats of the numbers
in `tracking/numbers/formats.py`.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

from django.utils.translation import get_language


@dataclass(frozen=True)
class Carrier:
    """phone: for people in the country `home`. page: address of the carrier's own tracking
    page, with {number}; '' when unknown. spellings: how shop systems write the name, in lower
    case without blanks."""

    code: str
    name: str
    name_zh: str = ""
    phone: str = ""
    page: str = ""
    spellings: tuple[str, ...] = ()
    home: str = "CN"

    def phone_in(self, country: str) -> str:
        """The number for somebody there (ISO 3166 alpha-2); '' where it reaches nobody."""
        return self.phone if country == self.home else ""

    def __str__(self) -> str:
        chinese = (get_language() or "").startswith("zh")
        return self.name_zh if chinese and self.name_zh else self.name


CARRIERS: dict[str, Carrier] = {
    carrier.code: carrier
    for carrier in (
        Carrier(
            "ups",
            "UPS",
            "UPS",
            page="https://www.ups.com/track?tracknum={number}",
            phone="+1 800 742 5877",
            home="US",
        ),
        Carrier(
            "usps",
            "USPS",
            "美国邮政",
            page="https://tools.usps.com/go/TrackConfirmAction?tLabels={number}",
            spellings=("unitedstatespostalservice", "uspostalservice"),
            phone="+1 800 275 8777",
            home="US",
        ),
        Carrier(
            "fedex",
            "FedEx",
            "联邦快递",
            page="https://www.fedex.com/fedextrack/?trknbr={number}",
            spellings=("federalexpress",),
            phone="+1 800 463 3339",
            home="US",
        ),
        Carrier(
            "dhl",
            "DHL Express",
            "DHL 国际快递",
            page="https://www.dhl.com/en/express/tracking.html?AWB={number}",
            spellings=("dhl",),
            phone="+1 800 225 5345",
            home="US",
        ),
        Carrier(
            "dhl-paket",
            "DHL Paket",
            "德国 DHL",
            page="https://www.dhl.de/en/privatkunden/pakete-empfangen/verfolgen.html?piececode={number}",
            spellings=("dhlparcel", "dhlgermany"),
            phone="+49 228 4333112",
            home="DE",
        ),
        Carrier(
            "dhl-ecommerce",
            "DHL eCommerce",
            "DHL 电子商务",
            spellings=("dhlglobalmail", "dhlecommerceus", "dhlecommerceasia"),
            page="https://webtrack.dhlecs.com/",
        ),
        Carrier(
            "deutsche-post",
            "Deutsche Post",
            "德国邮政",
            phone="+49 228 4333112",
            home="DE",
            page="https://www.deutschepost.de/de/s/sendungsverfolgung.html",
        ),
        Carrier(
            "royal-mail",
            "Royal Mail",
            "英国皇家邮政",
            page="https://www.royalmail.com/track-your-item#/tracking-results/{number}",
            phone="+44 3457 740 740",
            home="GB",
        ),
        Carrier(
            "evri",
            "Evri",
            "Evri",
            spellings=("hermesuk",),
            phone="+44 330 808 5456",
            home="GB",
            page="https://www.evri.com/track/parcel/{number}/details",
        ),
        Carrier("yodel", "Yodel", "Yodel"),
        Carrier(
            "hermes",
            "Hermes",
            "德国 Hermes",
            spellings=("hermesgermany", "myhermes"),
            page="https://www.myhermes.de/empfangen/sendungsverfolgung/",
        ),
        Carrier("dpd", "DPD", "DPD", page="https://tracking.dpd.de/status/en_US/parcel/{number}"),
        Carrier(
            "gls",
            "GLS",
            "GLS",
            page="https://gls-group.com/GROUP/en/parcel-tracking?match={number}",
        ),
        Carrier(
            "tnt",
            "TNT",
            "TNT",
            spellings=("tntexpress",),
            page="https://www.tnt.com/express/en_gc/site/tracking.html?searchType=con&cons={number}",
        ),
        Carrier(
            "aramex",
            "Aramex",
            "Aramex",
            page="https://www.aramex.com/track/results?ShipmentNumber={number}",
        ),
        Carrier(
            "la-poste",
            "La Poste",
            "法国邮政",
            page="https://www.laposte.fr/outils/suivre-vos-envois?code={number}",
            spellings=("colissimo", "laposte"),
            phone="3631",
            home="FR",
        ),
        Carrier(
            "postnl",
            "PostNL",
            "荷兰邮政",
            phone="+31 88 225 5555",
            home="NL",
            page="https://jouw.postnl.nl/track-and-trace",
        ),
        Carrier(
            "bpost",
            "bpost",
            "比利时邮政",
            spellings=("belgianpost",),
            page="https://track.bpost.cloud/btr/web/#/search?lang=en&itemCode={number}",
        ),
        Carrier(
            "correos",
            "Correos",
            "西班牙邮政",
            spellings=("correosspain",),
            phone="900 400 004",
            home="ES",
            page="https://www.correos.es/es/es/herramientas/localizador/envios/detalle?tracking-number={number}",
        ),
        Carrier(
            "poste-italiane",
            "Poste Italiane",
            "意大利邮政",
            phone="803 160",
            home="IT",
            page="https://www.poste.it/cerca/index.html#/risultati-spedizioni/{number}",
        ),
        Carrier("lp-express", "LP Express", "立陶宛邮政 LP Express", spellings=("lpexpress",)),
        Carrier("amazon", "Amazon Logistics", "亚马逊物流", spellings=("amazonshipping", "amzl")),
        Carrier(
            "ontrac",
            "OnTrac",
            "OnTrac",
            page="https://www.ontrac.com/tracking/?number={number}",
            phone="+1 800 334 5000",
            home="US",
        ),
        Carrier(
            "lasership",
            "LaserShip",
            "LaserShip",
            phone="+1 800 334 5000",
            home="US",
            page="https://www.ontrac.com/tracking/",
        ),
        Carrier("uniuni", "UniUni", "UniUni", page="https://www.uniuni.com/tracking/"),
        Carrier("gofo", "GOFO", "GOFO", spellings=("gofoexpress",)),
        Carrier(
            "landmark",
            "Landmark Global",
            "Landmark Global",
            page="https://track.landmarkglobal.com/?search={number}",
        ),
        Carrier("spee-dee", "Spee-Dee", "Spee-Dee", spellings=("speedeedelivery",)),
        Carrier(
            "canada-post",
            "Canada Post",
            "加拿大邮政",
            page="https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={number}",
            spellings=("postescanada",),
            phone="+1 866 607 6301",
            home="CA",
        ),
        Carrier(
            "purolator",
            "Purolator",
            "Purolator",
            phone="+1 888 744 7123",
            home="CA",
            page="https://www.purolator.com/en/shipping/tracker?pin={number}",
        ),
        Carrier("canpar", "Canpar", "Canpar"),
        Carrier(
            "australia-post",
            "Australia Post",
            "澳大利亚邮政",
            page="https://auspost.com.au/mypost/track/details/{number}",
            spellings=("auspost",),
            phone="13 76 78",
            home="AU",
        ),
        Carrier(
            "japan-post",
            "Japan Post",
            "日本邮政",
            phone="0120 23 28 86",
            home="JP",
            page="https://trackings.post.japanpost.jp/services/srv/search/direct?reqCodeNo1={number}&locale=en",
        ),
        Carrier(
            "correios",
            "Correios",
            "巴西邮政",
            spellings=("correiosbrazil",),
            phone="3003 0100",
            home="BR",
            page="https://rastreamento.correios.com.br/app/index.php?objetos={number}",
        ),
        Carrier(
            "yunexpress",
            "YunExpress",
            "云途物流",
            page="https://www.yuntrack.com/parcelTracking?id={number}",
            spellings=("云途", "yuntrack"),
        ),
        Carrier(
            "yanwen",
            "Yanwen",
            "燕文物流",
            spellings=("燕文",),
            page="https://track.yw56.com.cn/en/querydel?nums={number}",
        ),
        Carrier("4px", "4PX", "递四方", page="https://track.4px.com/#/result/0/{number}"),
        Carrier(
            "cne", "CNE", "CNE 国际快递", spellings=("cneexpress",), page="https://www.cne.com/"
        ),
        Carrier(
            "cainiao",
            "Cainiao",
            "菜鸟",
            page="https://global.cainiao.com/newDetail.htm?mailNoList={number}",
        ),
        Carrier(
            "china-post",
            "China Post",
            "中国邮政",
            "11183",
            spellings=("chinapost",),
            page="https://yjcx.chinapost.com.cn/",
        ),
        Carrier(
            "ems",
            "China EMS",
            "EMS",
            "11183",
            spellings=("ems", "chinaems"),
            page="https://www.ems.com.cn/",
        ),
        Carrier(
            "sf",
            "SF Express",
            "顺丰速运",
            "95338",
            spellings=("sf", "shunfeng", "顺丰"),
            page="https://www.sf-express.com/chn/sc/waybill/waybill-detail/{number}",
        ),
        Carrier(
            "yto",
            "YTO Express",
            "圆通速递",
            "95554",
            spellings=("yto", "圆通", "yuantong"),
            page="https://www.yto.net.cn/",
        ),
        Carrier(
            "zto",
            "ZTO Express",
            "中通快递",
            "95311",
            spellings=("zto", "中通", "zhongtong"),
            page="https://www.zto.com/express/expressCheck.html?txtBill={number}",
        ),
        Carrier(
            "sto",
            "STO Express",
            "申通快递",
            "95543",
            spellings=("sto", "申通", "shentong"),
            page="https://www.sto.cn/",
        ),
        Carrier(
            "yunda",
            "Yunda Express",
            "韵达快递",
            "95546",
            spellings=("韵达",),
            page="https://www.yundaex.com/",
        ),
        Carrier(
            "jt",
            "J&T Express",
            "极兔速递",
            "956025",
            spellings=("j&t", "极兔", "jtexpress"),
            page="https://www.jtexpress.com.cn/",
        ),
        Carrier(
            "jd",
            "JD Logistics",
            "京东物流",
            "950616",
            spellings=("jd", "京东", "京东快递"),
            page="https://www.jdl.com/orderSearch/?waybillCodes={number}",
        ),
        Carrier(
            "deppon",
            "Deppon",
            "德邦快递",
            "95353",
            spellings=("德邦",),
            page="https://www.deppon.com/",
        ),
        Carrier("zjs", "ZJS Express", "宅急送", "400-6789-000", spellings=("zhaijisong",)),
        Carrier("kuayue", "KYE Express", "跨越速运", "95324", spellings=("跨越", "kye")),
        Carrier("danniao", "Danniao", "丹鸟", spellings=("丹鸟快递",)),
        Carrier("sf-freight", "SF Freight", "顺丰快运", spellings=("shunfengkuaiyun",)),
        Carrier("jd-freight", "JD Freight", "京东快运", spellings=("jingdongkuaiyun",)),
        Carrier(
            "best",
            "Best Express",
            "百世快递",
            spellings=("百世", "百世汇通", "汇通快递", "bestexpress", "huitongkuaidi"),
        ),
        Carrier("ane", "ANE Logistics", "安能物流", "400-104-0088", spellings=("安能",)),
        Carrier("uc", "UC Express", "优速快递", spellings=("优速", "ucexpress", "uce")),
        Carrier("zhongyou", "Zhongyou Express", "众邮快递", spellings=("众邮",)),
        Carrier("fengwang", "Fengwang Express", "丰网速运", spellings=("丰网",)),
    )
}


def _plain(text: str) -> str:
    return re.sub(r"[\s._-]+", "", text.casefold())


_BY_SPELLING = {
    _plain(spelling): carrier.code
    for carrier in CARRIERS.values()
    for spelling in (carrier.code, carrier.name, carrier.name_zh, *carrier.spellings)
    if spelling
}


def code_of(name: str) -> str:
    """The code of a carrier as a shop writes it; a name we do not know stays as it is."""
    return _BY_SPELLING.get(_plain(name), name.strip()[:40])


def called(code: str) -> str:
    """The carrier's name in the active language; an unknown code is shown as it is."""
    return str(CARRIERS[code]) if code in CARRIERS else code


def page_of(code: str, number: str) -> str:
    """Address of the carrier's own tracking page for `number`; '' when we know none."""
    carrier = CARRIERS.get(code)
    return carrier.page.format(number=quote(number, safe="")) if carrier and number else ""
