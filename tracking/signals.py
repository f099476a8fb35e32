"""News from parcels, for whoever stands left of this package."""

from django.dispatch import Signal

# Sent inside the transaction that moved the parcel: parcel, before (milestone).
milestone_reached = Signal()
