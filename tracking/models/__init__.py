from tracking.models.account import Account
from tracking.models.connection import Connection, Forged
from tracking.models.following import Following
from tracking.models.heartbeat import Heartbeat
from tracking.models.holiday import HolidayNotice
from tracking.models.incident import Changes, Incident
from tracking.models.lane import Lane, Lanes
from tracking.models.parcel import CarrierTaken, Dispatch, Parcel, Story, Told
from tracking.models.push import Push
from tracking.models.scan import Scan, merged
from tracking.reports import ScanReport

__all__ = [
    "Account",
    "CarrierTaken",
    "Changes",
    "Connection",
    "Dispatch",
    "Following",
    "Forged",
    "Heartbeat",
    "HolidayNotice",
    "Incident",
    "Lane",
    "Lanes",
    "Parcel",
    "Push",
    "Scan",
    "ScanReport",
    "Story",
    "Told",
    "merged",
]
