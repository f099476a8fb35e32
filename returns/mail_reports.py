"""What a mail provider tells about letters that left: anymail's events → our reports."""

from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason, tracking
from django.dispatch import receiver

from returns.channels import Delivery, Report
from returns.channels.email import KEY

# Opened and clicked are no business of ours; deferred ones arrive, or come back, later.
STATES: dict[str, str] = {
    EventType.DELIVERED: Delivery.DELIVERED,
    EventType.BOUNCED: Delivery.FAILED,
    EventType.REJECTED: Delivery.FAILED,
    EventType.FAILED: Delivery.FAILED,
    EventType.COMPLAINED: Delivery.READ,  # who complains of a letter has seen it
}
REFUSED = "The mail provider reports that it did not arrive ({reason})."
# Postmark and Brevo call a full mailbox bounced, too: these of them may take letters again.
SOFT = frozenset({"SoftBounce", "soft_bounce"})


class NotNoted(Exception):
    """Something of ours failed; the report itself may be well."""


@receiver(tracking, dispatch_uid="returns.mail_reports")
def note(event: AnymailTrackingEvent, **kwargs: Any) -> None:
    from returns.models import Notice

    report = report_of(event)
    if report is None:
        return
    try:
        Notice.objects.reported(report)
    except Exception as error:
        raise NotNoted from error


def report_of(event: AnymailTrackingEvent) -> Report | None:
    """None for what is no news of whether it arrived. The provider's words hold addresses,
    so they stay away."""
    state = STATES.get(event.event_type)
    if state is None or not event.message_id:
        return None
    failed = state == Delivery.FAILED
    return Report(
        id=str(event.message_id),
        state=state,
        at=event.timestamp,
        key=str((event.metadata or {}).get(KEY, "")),
        error=REFUSED.format(reason=event.reject_reason or event.event_type) if failed else "",
        stopped=event.event_type == EventType.COMPLAINED,
        unreachable=failed and _is_gone(event),
    )


def _is_gone(event: AnymailTrackingEvent) -> bool:
    told = event.esp_event if isinstance(event.esp_event, dict) else {}
    kinds = {told.get("Type"), told.get("event")}
    return event.reject_reason in (RejectReason.BOUNCED, RejectReason.INVALID) and SOFT.isdisjoint(
        kinds
    )
