"""What happens after something happened to imports."""

from functools import partial

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.mail import send
from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.events.registry import handles
from apps.events.relay import ring_worker
from apps.imports import services
from apps.imports.facts import (
    ImportConfirmed,
    ImportEnded,
    ImportReread,
    ImportStarted,
    ImportTakingBack,
    PlaceholderClaimed,
)
from apps.imports.jobs import work
from apps.imports.selectors import ended_import


@handles(ImportStarted, ImportReread, ImportConfirmed, ImportTakingBack)
def ring(actor: Actor, event: Event) -> None:
    """Ring a worker. The run waits in the database, so a lost ring delays it a little."""
    transaction.on_commit(partial(ring_worker, work, actor.org_id, event.data["run_id"]))


@handles(PlaceholderClaimed)
def hand_over_names(actor: Actor, event: Event) -> None:
    """Let everything that names the placeholder name the member, in projects that the claimer does not see as well."""
    services.hand_over_names(actor=actor, placeholder_id=event.data["placeholder_id"])


@handles(ImportEnded)
def mail_summary(actor: Actor, event: Event) -> None:
    """Tell whoever started an import how it ended, once: nobody is told of what it wrote."""
    run = ended_import(actor=actor, pk=event.data["run_id"])
    if run is None or run.started_by is None or not run.started_by.is_active:
        return
    send(
        to=run.started_by.email,
        subject=_("Your import into %(where)s has ended")
        % {"where": run.project.name if run.project is not None else run.org.name},
        template="imports/mail/ended",
        context={
            "run": run,
            "counts": event.data,
            "read": sum(event.data[name] for name in ("imported", "updated", "skipped", "failed")),
            "link": settings.BASE_URL + reverse("import_run", args=[run.org.slug, run.pk]),
        },
        message_id=f"import-{event.pk}",
    )
