"""Journeys that do not go as they should, in the carriers' own words."""

from portal.demo.journeys import (
    _OUT_OF_VILNIUS,
    _THROUGH_FRANKFURT,
    BY_EMS,
    BY_SF,
    BY_ZTO,
    HOME,
    TO_AMERICA,
    TO_BRITAIN,
    TO_FRANCE,
    TO_GERMANY,
    TO_GERMANY_AT_HOME,
    Step,
)
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone as M
from tracking.reports import Signed

__all__ = ["BY_EMS", "BY_ZTO", "TO_GERMANY"]

SLOW_TO_AMERICA = [
    *_THROUGH_FRANKFURT,
    Step(16, "09:05", "Frankfurt", M.IN_TRANSIT, "Item held, transport capacity.", "en"),
    Step(30, "06:40", "Frankfurt", M.IN_TRANSIT, "Item processed at office of exchange.", "en"),
]
ASTRAY = [
    *TO_BRITAIN[:-3],
    Step(
        4, "22:30", "Leipzig", M.IN_TRANSIT, "Item missent. Forwarded to destination.", "en"
    ).tells(IncidentKind.WRONG_WAY),
]
PAPERS_WANTED = [
    *TO_AMERICA[:-4],
    Step(
        5,
        "09:20",
        "Jamaica, NY",
        M.CUSTOMS,
        "Held in Customs: invoice or proof of value required from addressee.",
        "en",
    ).tells(IncidentKind.CUSTOMS_DOCUMENTS),
]
REFUSED = [
    *_OUT_OF_VILNIUS,
    Step(2, "22:10", "Utrecht", M.IN_TRANSIT, "Zending is gesorteerd.", "nl"),
    Step(3, "09:31", "Utrecht", M.OUT_FOR_DELIVERY, "Bezorger is onderweg.", "nl"),
    Step(3, "13:02", "Utrecht", M.ATTEMPTED, "Geweigerd door de ontvanger.", "nl").tells(
        IncidentKind.REFUSED
    ),
]
# The neighbour came out when the van had turned already.
TURNED_TWICE = [
    *_OUT_OF_VILNIUS,
    Step(2, "22:10", "Utrecht", M.IN_TRANSIT, "Zending is gesorteerd.", "nl"),
    Step(
        3,
        "13:02",
        "Utrecht",
        M.RETURNING,
        "Ontvanger onbekend. De zending gaat retour naar de afzender.",
        "nl",
    ),
    Step(4, "10:44", "Utrecht", M.DELIVERED, "Zending is alsnog bezorgd.", "nl"),
]
NO_SUCH_ADDRESS = [
    *TO_BRITAIN[:-1],
    Step(4, "12:20", HOME, M.ATTEMPTED, "Unable to deliver: address incomplete.", "en").tells(
        IncidentKind.ADDRESS
    ),
]
DAMAGED = [
    *TO_FRANCE[:-2],
    Step(
        3,
        "05:48",
        HOME,
        M.IN_TRANSIT,
        "Colis endommagé, en cours de reconditionnement.",
        "fr",
    ).tells(IncidentKind.DAMAGED),
]
SIGNED_BY_SOMEBODY = [
    *TO_GERMANY_AT_HOME[:-1],
    Step(
        3, "14:02", HOME, M.DELIVERED, "Die Sendung wurde an einen Nachbarn zugestellt.", "de"
    ).signed_by(Signed.OTHER),
]
SIGNED_BY_GUARD = [
    *BY_SF[:-1],
    Step(1, "10:08", HOME, M.DELIVERED, "已签收，签收人：门卫代收。").signed_by(Signed.OTHER),
]
