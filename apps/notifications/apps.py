from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "apps.notifications"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        from apps.events.registry import with_every_past
        from apps.issues.services.keeping import with_every_visit
        from apps.notifications import handlers  # noqa: F401 (registers what reacts to facts)
        from apps.notifications.services import read_issue, retell

        with_every_visit(read_issue)
        with_every_past(retell)
