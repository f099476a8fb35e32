"""Evidence packs: one PDF and one ZIP that hold everything about an order, or about one return
or parcel of it, for somebody outside: the carrier, the marketplace, the buyer.

audience.py says who may read what, scope.py what a pack is about, items.py which stored files
go in, sheet.py what stands on the paper, making.py makes both. The row that stands for the
work is returns/models/evidence_pack.py.
"""
