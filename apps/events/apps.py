from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "apps.events"

    def ready(self) -> None:
        from apps.events.relay import ring
        from apps.events.services import after_every_commit

        after_every_commit(ring)
