from tracking.models.account import Account
from tracking.models.heartbeat import Heartbeat
from tracking.models.parcel import Parcel, Scan, Story
from tracking.models.push import Connection, Forged, Push
from tracking.reports import ScanReport

__all__ = [
    "Account",
    "Connection",
    "Forged",
    "Heartbeat",
    "Parcel",
    "Push",
    "Scan",
    "ScanReport",
    "Story",
]
