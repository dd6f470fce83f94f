"""The keys that a project had in another FlowBoard, which lead on to it."""

from django.utils.translation import gettext as _

from apps.core.tenancy import Actor
from apps.events.services import service
from apps.imports.models import ExternalRef, ImportRun
from apps.imports.reconciliation import Reconciliation
from apps.imports.records import ProjectRecord
from apps.imports.services.taken import made_by
from apps.projects.models import Project
from apps.projects.selectors import former_keys
from apps.projects.services import import_former_keys


@service
def write_former_keys(
    *, actor: Actor, project: Project, row: str, about: ProjectRecord, run: ImportRun
) -> Reconciliation:
    """Let the former keys that an archive tells lead to a project that the run made. Those that do not are told."""
    account = Reconciliation()
    if not about.former_keys:
        return account
    is_made = made_by(run, ExternalRef.Kind.PROJECT).filter(project=project, fingerprint="made").exists()
    if is_made:
        import_former_keys(actor=actor, project=project, keys=about.former_keys)
    own = {project.key, *former_keys(actor=actor, project=project)}
    lost = [key for key in dict.fromkeys(about.former_keys) if key not in own]
    if lost and is_made:
        sentence = _("Another project has or had these keys here, so they do not lead to this one: %(keys)s.")
    else:
        sentence = _("The project was here before, so these keys that it had there do not lead to it: %(keys)s.")
    if lost:
        account.note(row, "former_keys", sentence % {"keys": ", ".join(lost)})
    return account
