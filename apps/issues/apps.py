from django.apps import AppConfig


class IssuesConfig(AppConfig):
    name = "apps.issues"

    def ready(self) -> None:
        from apps.issues import handlers  # noqa: F401 (registers what reacts to facts)
