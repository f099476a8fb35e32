"""News from parcels, for whoever stands left of this package."""

from django.dispatch import Signal

# The first two are sent inside the transaction that changed the parcel, which is locked then.
# parcel, before (milestone).
milestone_reached = Signal()
# parcel, changes (tracking.models.incident.Changes).
incidents_changed = Signal()
# interception; what became of a request to a carrier. Its row is locked, its parcel is not:
# receivers wait for no other row.
interception_changed = Signal()
