"""What happens to issues after something happened to them."""

from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.events.registry import handles
from apps.issues import services
from apps.issues.facts import FileAttached


@handles(FileAttached)
def draw_preview(actor: Actor, event: Event) -> None:
    """Make a small picture of a picture. One that cannot be read is marked as such, and that is the end of it."""
    services.draw_preview(actor=actor, attachment_id=event.data["attachment_id"])
