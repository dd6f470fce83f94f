from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "apps.audit"
    verbose_name = _("Audit trail")

    def ready(self) -> None:
        from apps.audit import accounts
        from apps.audit.services import write_entries
        from apps.events.services import with_every_fact

        with_every_fact(write_entries)
        accounts.watch()
