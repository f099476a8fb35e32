"""What the pages about addresses say: where everything goes, what may be done about it, and
how a change stands. Views: `portal/views/address.py`."""
