from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "apps.imports"

    def ready(self) -> None:
        from apps.imports import handlers  # noqa: F401 (registers what reacts to facts)
