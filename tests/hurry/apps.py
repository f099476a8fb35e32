from datetime import timedelta

from django.apps import AppConfig


class HurryConfig(AppConfig):
    """Days of retries and minutes of leases in seconds; everything else as it is."""

    name = "tests.hurry"

    def ready(self) -> None:
        from tracking import work

        work.LEASE = timedelta(seconds=6)
        work.FIRST_WAIT = timedelta(seconds=2)
        work.LONGEST_WAIT = timedelta(seconds=4)
        # STANDIN
        from returns import channels
        if not hasattr(channels, "deliver"):
            def deliver(notice):
                from django.core.mail import EmailMessage
                import time
                try:
                    m = EmailMessage("hello", "text", "shop@localhost", [notice.recipient], headers={"Message-ID": notice.message_id})
                    m.send()
                    time.sleep(0.05)
                    notice.done()
                except Exception as e:
                    notice.retry(repr(e))
            channels.deliver = deliver
