from tracking.models.account import Account
from tracking.models.heartbeat import Heartbeat
from tracking.models.parcel import Parcel, Scan, ScanReport

__all__ = ["Account", "Heartbeat", "Parcel", "Scan", "ScanReport"]
