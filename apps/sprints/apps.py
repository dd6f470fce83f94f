from django.apps import AppConfig


class SprintsConfig(AppConfig):
    name = "apps.sprints"

    def ready(self) -> None:
        from apps.events.services import with_every_fact
        from apps.sprints.services.ledger import follow

        with_every_fact(follow)
