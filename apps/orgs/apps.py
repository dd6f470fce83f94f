from django.apps import AppConfig


class OrgsConfig(AppConfig):
    name = "apps.orgs"

    def ready(self) -> None:
        from apps.orgs import handlers  # noqa: F401 (registers what reacts to facts)
