from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "apps.projects"

    def ready(self) -> None:
        from apps.projects import handlers  # noqa: F401 (registers what reacts to facts)
