from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrgsConfig(AppConfig):
    name = "apps.orgs"
    verbose_name = _("Organizations")

    def ready(self) -> None:
        from apps.orgs import handlers  # noqa: F401 (registers what reacts to facts)
