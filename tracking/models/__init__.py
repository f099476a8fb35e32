from tracking.models.account import Account
from tracking.models.heartbeat import Heartbeat
from tracking.models.parcel import Parcel, Scan, ScanReport, Story

__all__ = ["Account", "Heartbeat", "Parcel", "Scan", "ScanReport", "Story"]
