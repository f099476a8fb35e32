from returns.admin import authorization, order, record, store

__all__ = ["authorization", "order", "record", "store"]
