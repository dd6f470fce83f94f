"""What happens in projects after something happened elsewhere."""

from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.events.registry import handles
from apps.orgs.facts import MemberRemoved
from apps.projects import services


@handles(MemberRemoved)
def end_roles(actor: Actor, event: Event) -> None:
    """Take the roles in projects away from somebody whose seat ended: a seat given anew begins without them."""
    services.end_project_roles(actor=actor, user_id=event.data["user_id"], given_before=event.created_at)
