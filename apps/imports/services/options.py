"""Options that imports add to fields of options that a project had before."""

from collections.abc import Iterable

from apps.core.tenancy import Actor
from apps.imports.models import ExternalRef, ImportRun
from apps.imports.services.taken import TakenBack, made_by
from apps.issues.services import remove_imported_options
from apps.projects.models import CustomField, FieldOption, Project

Kind = ExternalRef.Kind


def note_options(
    *, project: Project, source: str, run: ImportRun, offered: Iterable[tuple[CustomField, FieldOption]]
) -> None:
    """Remember options that a run added, apart from those of fields that it made: these go with their field."""
    offered = list(offered)
    own = set(made_by(run, Kind.FIELD).filter(project=project).values_list("object_id", flat=True)) if offered else ()
    ExternalRef.objects.bulk_create(
        [
            ExternalRef(
                org_id=project.org_id,
                project=project,
                source=source,
                kind=Kind.OPTION,
                external_id=f"{field.pk}/{option.id}",
                object_id=field.pk,
                fields={"id": option.id, "name": option.name},
                run=run,
            )
            for field, option in offered
            if field.pk not in own
        ],
        batch_size=1000,
    )


def take_back_options(actor: Actor, run: ImportRun, taken: TakenBack, _limit: int) -> bool:
    """Take back the options that a run added to one field; whether there were any."""
    first = made_by(run, Kind.OPTION).select_related("project").order_by("project_id", "object_id", "pk").first()
    if first is None:
        return False
    refs = made_by(run, Kind.OPTION).filter(project=first.project, object_id=first.object_id)
    options = {ref.fields["id"]: ref.fields["name"] for ref in refs if ref.fields}
    field = CustomField.objects.filter(pk=first.object_id).first()
    gone, kept = remove_imported_options(actor=actor, project=first.project, field_id=first.object_id, options=options)
    taken.counts["options"] += gone
    for name, why in kept.items():
        taken.keep(f"{field}: {name}", why)
    refs.delete()
    return True
