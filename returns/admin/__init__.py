from returns.admin import authorization, evidence, order, record, store

__all__ = ["authorization", "evidence", "order", "record", "store"]
