"""People are told what happened to issues."""

from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.events.registry import handles
from apps.issues import facts
from apps.notifications import services


@handles(
    facts.IssueCreated,
    facts.IssueEdited,
    facts.IssuesEdited,
    facts.IssuesArrived,
    facts.IssueMoved,
    facts.IssueArchived,
    facts.IssueRestored,
    facts.IssueLinked,
    facts.IssueTriaged,
    facts.CommentAdded,
    facts.CommentEdited,
)
def tell_people(actor: Actor, event: Event) -> None:
    """Put it into the inboxes of those whom it concerns and who may see it at this moment."""
    services.tell(actor=actor, event=event)
