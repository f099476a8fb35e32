"""What carriers report of the way back to the two shops, in their own words."""

from portal.demo.journeys import HOME, Step
from tracking.milestones import Milestone as M

# fmt: off
_THROUGH_VILNIUS = {
    "customs": "Siunta pateikta muitinės tikrinimui.",
    "out": "Siunta perduota kurjeriui.",
    "here": "Siunta pristatyta gavėjui.",
}
FROM_BRITAIN = [
    Step(0, "16:20", HOME, M.ACCEPTED, "Accepted at Post Office.", "en"),
    Step(0, "22:45", "Langley", M.IN_TRANSIT, "Item received, Heathrow Worldwide DC.", "en"),
    Step(1, "14:50", "Langley", M.IN_TRANSIT, "Item leaving the UK.", "en"),
    Step(3, "07:30", "Vilnius", M.CUSTOMS, _THROUGH_VILNIUS["customs"], "lt"),
    Step(4, "11:05", "Vilnius", M.IN_TRANSIT, "Siunta išleista iš muitinės.", "lt"),
    Step(5, "08:20", "Vilnius", M.OUT_FOR_DELIVERY, _THROUGH_VILNIUS["out"], "lt"),
    Step(5, "10:40", "Vilnius", M.DELIVERED, _THROUGH_VILNIUS["here"], "lt"),
]
FROM_AMERICA = [
    Step(0, "17:12", HOME, M.ACCEPTED, "Shipment picked up", "en"),
    Step(1, "02:20", "Cincinnati", M.IN_TRANSIT, "Processed at CINCINNATI HUB - USA", "en"),
    Step(2, "03:45", "Leipzig", M.IN_TRANSIT, "Arrived at DHL Sort Facility LEIPZIG", "en"),
    Step(2, "13:30", "Vilnius", M.CUSTOMS, "Clearance event at VILNIUS - LITHUANIA", "en"),
    Step(3, "09:15", "Vilnius", M.IN_TRANSIT, "Clearance processing complete at VILNIUS", "en"),
    Step(4, "08:05", "Vilnius", M.OUT_FOR_DELIVERY, "Shipment is out with courier", "en"),
    Step(4, "10:26", "Vilnius", M.DELIVERED, "Delivered", "en"),
]
FROM_GERMANY = [
    Step(0, "15:40", HOME, M.ACCEPTED, "Die Sendung wurde in der Filiale eingeliefert.", "de"),
    Step(0, "21:55", HOME, M.IN_TRANSIT, "Im Start-Paketzentrum bearbeitet.", "de"),
    Step(1, "04:30", "Radefeld", M.IN_TRANSIT, "Wird ins Zielland transportiert.", "de"),
    Step(3, "09:20", "Vilnius", M.IN_TRANSIT, "Siunta atvyko į paskirstymo centrą.", "lt"),
    Step(4, "08:15", "Vilnius", M.OUT_FOR_DELIVERY, _THROUGH_VILNIUS["out"], "lt"),
    Step(4, "10:15", "Vilnius", M.DELIVERED, _THROUGH_VILNIUS["here"], "lt"),
]
FROM_FRANCE = [
    Step(0, "16:05", HOME, M.ACCEPTED, "Votre colis a été déposé en bureau de poste.", "fr"),
    Step(1, "03:40", "Roissy", M.IN_TRANSIT, "Votre colis est en cours d'acheminement.", "fr"),
    Step(3, "08:50", "Vilnius", M.IN_TRANSIT, "Siunta atvyko į paskirstymo centrą.", "lt"),
    Step(4, "08:20", "Vilnius", M.OUT_FOR_DELIVERY, _THROUGH_VILNIUS["out"], "lt"),
    Step(4, "10:35", "Vilnius", M.DELIVERED, _THROUGH_VILNIUS["here"], "lt"),
]
WITHIN_LITHUANIA = [
    Step(0, "19:20", HOME, M.ACCEPTED, "Siunta priimta paštomate.", "lt"),
    Step(0, "22:45", HOME, M.IN_TRANSIT, "Siunta išvyko iš Kauno terminalo.", "lt"),
    Step(1, "05:50", "Vilnius", M.IN_TRANSIT, "Siunta atvyko į Vilniaus terminalą.", "lt"),
    Step(1, "08:10", "Vilnius", M.OUT_FOR_DELIVERY, _THROUGH_VILNIUS["out"], "lt"),
    Step(1, "12:20", "Vilnius", M.DELIVERED, _THROUGH_VILNIUS["here"], "lt"),
]
WITH_SF = [
    Step(0, "11:25", HOME, M.ACCEPTED, "顺丰速运 已收取快件"),
    Step(0, "15:10", HOME, M.IN_TRANSIT, "快件在【{town}营业部】完成分拣，发往【{town}中转场】"),
    Step(0, "22:40", HOME, M.IN_TRANSIT, "快件已发车，发往【杭州中转场】"),
    Step(1, "04:12", "杭州", M.IN_TRANSIT, "快件到达【杭州中转场】"),
    Step(1, "08:30", "杭州", M.OUT_FOR_DELIVERY, "快件交给周师傅，正在派送途中，请保持电话畅通"),
    Step(1, "10:47", "杭州", M.DELIVERED, "已签收，签收人：前台。感谢使用顺丰，期待再次为您服务"),
]
WITH_ZTO = [
    Step(0, "17:35", HOME, M.ACCEPTED, "【{town}市】{town}思明 的 小黄 已揽收"),
    Step(0, "22:10", HOME, M.IN_TRANSIT, "【{town}市】快件离开【{town}中心】，发往【杭州中转部】"),
    Step(2, "05:20", "杭州", M.IN_TRANSIT, "【杭州市】快件已到达【杭州中转部】"),
    Step(2, "08:40", "杭州", M.OUT_FOR_DELIVERY, "【杭州市】业务员正在派件，请保持电话畅通"),
    Step(2, "10:32", "杭州", M.DELIVERED, "【杭州市】快件已签收，签收人：前台"),
]
# fmt: on
