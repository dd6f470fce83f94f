"""What happens after something happened to imports."""

from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.events.registry import handles
from apps.imports import services
from apps.imports.facts import PlaceholderClaimed


@handles(PlaceholderClaimed)
def hand_over_names(actor: Actor, event: Event) -> None:
    """Let everything that names the placeholder name the member, in projects that the claimer does not see as well."""
    services.hand_over_names(actor=actor, placeholder_id=event.data["placeholder_id"])
