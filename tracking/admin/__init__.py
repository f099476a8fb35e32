from tracking.admin import account, connection, holiday, lane, parcel, push

__all__ = ["account", "connection", "holiday", "lane", "parcel", "push"]
