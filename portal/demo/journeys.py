"""What carriers report on the lanes of the two shops, in their own words.

A journey is a list of steps, counted in days after the parcel was handed over and told by
the clocks of the place. `told` cuts it at a step and lays it into the calendar so that
its last step lies so many days back, and nothing in the future.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from portal.demo.people import Buyer
from tracking.milestones import Milestone
from tracking.models import ScanReport
from tracking.reports import Signed

ZONES = {
    "Vilnius": "Europe/Vilnius",
    "Frankfurt": "Europe/Berlin",
    "Radefeld": "Europe/Berlin",
    "London": "Europe/London",
    "Langley": "Europe/London",
    "Leipzig": "Europe/Berlin",
    "Cincinnati": "America/New_York",
    "Roissy": "Europe/Paris",
    "Utrecht": "Europe/Amsterdam",
    "Jamaica, NY": "America/New_York",
    "杭州": "Asia/Shanghai",
    "西安": "Asia/Shanghai",
    "广州": "Asia/Shanghai",
}
COUNTRIES = {
    "Vilnius": "LT",
    "Frankfurt": "DE",
    "Radefeld": "DE",
    "London": "GB",
    "Langley": "GB",
    "Leipzig": "DE",
    "Cincinnati": "US",
    "Roissy": "FR",
    "Utrecht": "NL",
    "Jamaica, NY": "US",
    "杭州": "CN",
    "西安": "CN",
    "广州": "CN",
}
HOME = ""  # the buyer's own town


@dataclass(frozen=True)
class Step:
    """`{town}` in place and words is where the buyer lives."""

    day: int
    clock: str
    place: str
    milestone: str
    words: str
    language: str = "zh-Hans"
    incident: str = ""
    signed: str = ""

    def tells(self, incident: str) -> Self:
        return replace(self, incident=incident)

    def signed_by(self, who: str) -> Self:
        return replace(self, signed=who)

    def zone(self, buyer: Buyer) -> ZoneInfo:
        return ZoneInfo(ZONES.get(self.place, buyer.zone))

    def on(self, first: date, buyer: Buyer) -> datetime:
        day = first + timedelta(days=self.day)
        return datetime.combine(day, time.fromisoformat(self.clock), self.zone(buyer))


M = Milestone
_OUT_OF_VILNIUS = [
    Step(0, "15:05", "Vilnius", M.ACCEPTED, "Siunta priimta iš siuntėjo.", "lt"),
    Step(0, "21:40", "Vilnius", M.IN_TRANSIT, "Siunta atvyko į paskirstymo centrą.", "lt"),
]
_THROUGH_FRANKFURT = [
    *_OUT_OF_VILNIUS,
    Step(1, "16:30", "Frankfurt", M.IN_TRANSIT, "Siunta išvyko į paskirties šalį.", "lt"),
    Step(1, "21:15", "Frankfurt", M.IN_TRANSIT, "Received at office of exchange (OE), FRA.", "en"),
    Step(
        2,
        "07:40",
        "Frankfurt",
        M.IN_TRANSIT,
        "Item held at office of exchange, awaiting onward transport.",
        "en",
    ),
]
TO_BRITAIN = [
    *_THROUGH_FRANKFURT,
    Step(
        3, "11:20", "London", M.CUSTOMS, "Item presented to import Customs/Security (inward).", "en"
    ),
    Step(3, "19:05", "London", M.IN_TRANSIT, "Item returned from Customs. Sorted, HWDC.", "en"),
    Step(4, "05:50", HOME, M.IN_TRANSIT, "Item received at local delivery office.", "en"),
    Step(4, "07:35", HOME, M.OUT_FOR_DELIVERY, "Item is out for delivery today.", "en"),
    Step(4, "11:48", HOME, M.DELIVERED, "Delivered, signed for by the addressee.", "en").signed_by(
        Signed.SELF
    ),
]
TO_AMERICA = [
    *_THROUGH_FRANKFURT,
    Step(
        4, "14:12", "Jamaica, NY", M.IN_TRANSIT, "Processed Through Facility, ISC NEW YORK NY", "en"
    ),
    Step(4, "18:55", "Jamaica, NY", M.CUSTOMS, "Inbound Into Customs", "en"),
    Step(6, "06:20", "Jamaica, NY", M.IN_TRANSIT, "Inbound Out of Customs", "en"),
    Step(7, "22:41", HOME, M.IN_TRANSIT, "Arrived at USPS Regional Facility", "en"),
    Step(8, "07:10", HOME, M.OUT_FOR_DELIVERY, "Out for Delivery", "en"),
    Step(8, "10:26", HOME, M.DELIVERED, "Delivered, Left with Individual", "en").signed_by(
        Signed.SELF
    ),
]
TO_GERMANY = [
    *_OUT_OF_VILNIUS,
    Step(
        2,
        "04:18",
        "Radefeld",
        M.IN_TRANSIT,
        "Die Sendung ist im Zielland eingetroffen und wird bearbeitet.",
        "de",
    ),
    Step(
        2, "23:02", HOME, M.IN_TRANSIT, "Die Sendung wurde im Ziel-Paketzentrum bearbeitet.", "de"
    ),
    Step(
        3,
        "08:24",
        HOME,
        M.OUT_FOR_DELIVERY,
        "Die Sendung wurde in das Zustellfahrzeug geladen.",
        "de",
    ),
    Step(
        3,
        "13:15",
        HOME,
        M.READY_FOR_PICKUP,
        "Die Sendung liegt in der Packstation 117 zur Abholung bereit.",
        "de",
    ),
]
TO_FRANCE = [
    *_OUT_OF_VILNIUS,
    Step(
        2, "20:06", "Roissy", M.IN_TRANSIT, "Votre colis est arrivé sur notre site national.", "fr"
    ),
    Step(
        3,
        "07:12",
        HOME,
        M.OUT_FOR_DELIVERY,
        "Votre colis est en cours de livraison par notre livreur.",
        "fr",
    ),
    Step(
        3,
        "12:34",
        HOME,
        M.ATTEMPTED,
        "Le destinataire était absent, un avis de passage a été déposé.",
        "fr",
    ),
]
TURNED_AWAY = [
    *_OUT_OF_VILNIUS,
    Step(2, "22:10", "Utrecht", M.IN_TRANSIT, "Zending is gesorteerd.", "nl"),
    Step(3, "09:31", "Utrecht", M.OUT_FOR_DELIVERY, "Bezorger is onderweg.", "nl"),
    Step(
        3,
        "13:02",
        "Utrecht",
        M.RETURNING,
        "Geweigerd door de ontvanger. De zending gaat retour naar de afzender.",
        "nl",
    ),
    Step(5, "10:15", "Vilnius", M.RETURNING, "Grąžinama siunta atvyko į paskirstymo centrą.", "lt"),
    Step(6, "14:48", "Vilnius", M.RETURNED, "Siunta grąžinta siuntėjui.", "lt"),
]
AT_HOME_IN_LITHUANIA = [
    *_OUT_OF_VILNIUS,
    Step(1, "06:55", HOME, M.OUT_FOR_DELIVERY, "Siunta perduota kurjeriui.", "lt"),
    Step(1, "12:20", HOME, M.DELIVERED, "Siunta pristatyta gavėjui.", "lt"),
]
BY_SF = [
    Step(0, "16:42", "杭州", M.ACCEPTED, "顺丰速运 已收取快件"),
    Step(
        0, "19:30", "杭州", M.IN_TRANSIT, "快件在【杭州文三营业部】完成分拣，准备发往【杭州中转场】"
    ),
    Step(0, "23:18", "杭州", M.IN_TRANSIT, "快件已发车，发往【{town}中转场】"),
    Step(1, "03:52", HOME, M.IN_TRANSIT, "快件到达【{town}中转场】"),
    Step(1, "07:26", HOME, M.OUT_FOR_DELIVERY, "快件交给陈师傅，正在派送途中，请保持电话畅通"),
    Step(
        1, "10:08", HOME, M.DELIVERED, "已签收，签收人：本人。感谢使用顺丰，期待再次为您服务"
    ).signed_by(Signed.SELF),
]
BY_ZTO = [
    Step(0, "18:20", "杭州", M.ACCEPTED, "【杭州市】杭州西湖 的 小赵 已揽收"),
    Step(0, "22:47", "杭州", M.IN_TRANSIT, "【杭州市】快件离开【杭州中转部】，发往【{town}中心】"),
    Step(2, "04:33", HOME, M.IN_TRANSIT, "【{town}市】快件已到达【{town}中心】"),
    Step(2, "08:05", HOME, M.OUT_FOR_DELIVERY, "【{town}市】业务员正在派件，请保持电话畅通"),
    Step(
        2,
        "11:27",
        HOME,
        M.READY_FOR_PICKUP,
        "【{town}市】快件已暂存至【小区驿站】，请凭取件码及时领取",
    ),
    Step(2, "19:14", HOME, M.DELIVERED, "【{town}市】快件已由【小区驿站】签收"),
]
BY_EMS = [
    Step(0, "15:31", "杭州", M.ACCEPTED, "【杭州市】已收寄，揽投员：周敏"),
    Step(0, "21:05", "杭州", M.IN_TRANSIT, "离开【杭州邮件处理中心】，下一站【西安邮件处理中心】"),
    Step(2, "06:48", "西安", M.IN_TRANSIT, "到达【西安邮件处理中心】（经转）"),
    Step(3, "17:22", HOME, M.IN_TRANSIT, "到达【{town}邮件处理中心】"),
    Step(4, "09:10", HOME, M.OUT_FOR_DELIVERY, "【{town}市】安排投递，投递员：麦提江"),
    Step(4, "12:40", HOME, M.ATTEMPTED, "【{town}市】未妥投，收件人不在，已电话联系，明日再投"),
]
REFUSED_IN_HARBIN = [
    Step(0, "17:50", "杭州", M.ACCEPTED, "【杭州市】圆通 西湖分部 已揽收"),
    Step(2, "05:36", HOME, M.IN_TRANSIT, "【{town}市】快件到达【{town}转运中心】"),
    Step(3, "09:44", HOME, M.OUT_FOR_DELIVERY, "【{town}市】派件中，派件人：刘洋"),
    Step(3, "14:20", HOME, M.RETURNING, "【{town}市】客户拒收，快件退回中"),
]


# Some end at the door instead.
TO_GERMANY_AT_HOME = [
    *TO_GERMANY[:-1],
    Step(
        3, "14:02", HOME, M.DELIVERED, "Die Sendung wurde dem Empfänger persönlich übergeben.", "de"
    ).signed_by(Signed.SELF),
]
TO_FRANCE_AT_HOME = [
    *TO_FRANCE[:-1],
    Step(3, "12:34", HOME, M.DELIVERED, "Votre colis a été livré.", "fr"),
]


def town(buyer: Buyer) -> str:
    """Seattle, WA; 成都."""
    if buyer.country == "US":
        return f"{buyer.city}, {buyer.region}"
    return buyer.city.removesuffix("市")


def told(
    journey: list[Step], upto: str, ended: int, buyer: Buyer, now: datetime, skip_last: int = 0
) -> list[ScanReport]:
    """The scans of `journey` up to its last step that says `upto` (less `skip_last` steps).

    ended: days between the final step and today, by the clocks of its place. What would
    lie in the future today is moved before `now`, in its order.
    """
    last = max(at for at, step in enumerate(journey) if step.milestone == upto) - skip_last
    steps = journey[: last + 1]
    first = now.astimezone(steps[-1].zone(buyer)).date() - timedelta(days=ended + steps[-1].day)
    home = town(buyer)
    reports: list[ScanReport] = []
    latest = now - timedelta(minutes=11)
    for number, step in reversed(list(enumerate(steps))):
        at = min(step.on(first, buyer), latest)
        latest = at - timedelta(minutes=17)
        offset = at.astimezone(step.zone(buyer)).utcoffset() or timedelta(0)
        reports.append(
            ScanReport(
                at=at,
                milestone=step.milestone,
                code=f"{step.milestone}-{number}",
                place=step.place or home,
                words=step.words.format(town=home),
                language=step.language,
                country=COUNTRIES.get(step.place, buyer.country),
                incident=step.incident,
                signed=step.signed,
                utc_offset=int(offset.total_seconds() // 60),
            )
        )
    return reports[::-1]
