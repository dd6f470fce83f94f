from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "apps.events"
    verbose_name = _("Facts and outbox")

    def ready(self) -> None:
        from apps.events.relay import ring
        from apps.events.services import after_every_commit

        after_every_commit(ring)
