from tracking.models.account import Account
from tracking.models.connection import Connection, Forged
from tracking.models.following import Following
from tracking.models.gateway_account import GatewayAccount
from tracking.models.heartbeat import Heartbeat
from tracking.models.holiday import HolidayNotice
from tracking.models.incident import Changes, Incident
from tracking.models.interception import AlreadyTurning, Interception
from tracking.models.interception_report import InterceptionReport
from tracking.models.lane import Lane, Lanes
from tracking.models.parcel import CarrierTaken, Dispatch, Parcel, Story, Told
from tracking.models.push import Push
from tracking.models.scan import Scan, merged
from tracking.models.weight_tolerance import Tolerances, WeightTolerance
from tracking.reports import ScanReport

__all__ = [
    "Account",
    "AlreadyTurning",
    "CarrierTaken",
    "Changes",
    "Connection",
    "Dispatch",
    "Following",
    "Forged",
    "GatewayAccount",
    "Heartbeat",
    "HolidayNotice",
    "Incident",
    "Interception",
    "InterceptionReport",
    "Lane",
    "Lanes",
    "Parcel",
    "Push",
    "Scan",
    "ScanReport",
    "Story",
    "Told",
    "Tolerances",
    "WeightTolerance",
    "merged",
]
