"""What an archive tells of a project itself: its workflow, fields, boards, templates and people's roles."""

from typing import Any

from django.utils.translation import gettext as _

from apps.boards.models import Board, Column, QuickFilter
from apps.boards.services import (
    Foreseen,
    Imported,
    foresee_configuration,
    import_configuration,
    remove_imported_parts,
    take_configuration_back,
)
from apps.core.tenancy import Actor, OrgRole
from apps.events.services import service
from apps.imports.mapping import Mapping, People
from apps.imports.models import ExternalRef, ImportRun
from apps.imports.reconciliation import Reconciliation
from apps.imports.records import Person, ProjectRecord, fingerprint_of
from apps.imports.services.options import note_options
from apps.imports.services.taken import TakenBack, forget, made_by
from apps.orgs.models import Membership
from apps.projects.models import CustomField, IssueType, Label, Project, ProjectMember, Status
from apps.projects.services import give_roles
from apps.recurring.models import IssueTemplate

Kind = ExternalRef.Kind
Role = ProjectMember.Role
# What a project that keeps its own is noted to have got, each so that it can be taken back alone.
_KINDS: dict[Any, ExternalRef.Kind] = {
    IssueType: Kind.TYPE,
    Status: Kind.STATUS,
    Label: Kind.LABEL,
    CustomField: Kind.FIELD,
    IssueTemplate: Kind.TEMPLATE,
    QuickFilter: Kind.FILTER,
    Column: Kind.COLUMN,
    Board: Kind.BOARD,
}
_PARTS = (Kind.TEMPLATE, Kind.FILTER, Kind.COLUMN, Kind.BOARD)


@service
def take_over_configuration(
    *, actor: Actor, mapping: Mapping, source: str, row: str, about: ProjectRecord, run: ImportRun
) -> Reconciliation:
    """Give a project what an archive tells of it, once: what was read before is not read again.

    A project that has issues keeps its own and gets what it lacks. What was not taken over is told.
    """
    account = Reconciliation()
    if about.configuration is None:
        return account
    project = mapping.project
    told = fingerprint_of(about.configuration)
    known = {"project": project, "source": source, "kind": Kind.CONFIGURATION, "external_id": about.key}
    ref = ExternalRef.objects.filter(**known).first()
    if ref is not None and ref.fingerprint == told:
        return account
    is_made = made_by(run, Kind.PROJECT).filter(project=project, fingerprint="made").exists()
    members = mapping.people.members(actor=actor, named=_named(about))
    roles = {members[person.handle].pk: role for person, role in about.members if person.handle in members}
    if is_made and project.is_private:
        _let_in(actor, project, run, roles)
    lead = members.get(about.lead.handle) if about.lead is not None else None
    imported = import_configuration(
        actor=actor,
        project=project,
        words=_with_ids(about.configuration, {handle: user.pk for handle, user in members.items()}),
        roles=roles,
        lead_id=lead.pk if lead is not None else None,
        keeps_own=mapping.names_own,
        known=ref.fields if ref is not None else None,
    )
    mapping.forget()
    if ref is not None:
        ref.updated_by = run
    ref = ref or ExternalRef(org_id=project.org_id, object_id=project.pk, run=run, **known)
    ref.fingerprint, ref.fields = told, imported.names
    if imported.is_replaced:
        # A project that the import made goes as a whole.
        ref.run, ref.before = run, None if is_made else imported.before
    else:
        _note_parts(source, project, run, imported)
        note_options(project=project, source=source, run=run, offered=imported.options)
    ref.save()
    _account(account, row, about, imported)
    return account


def foresee_project(*, actor: Actor, project: Project | None, about: ProjectRecord, people: People) -> Foreseen | None:
    """What `take_over_configuration` would do now; None where the export tells nothing of the project.

    :param project: None for one that is to be made
    """
    if about.configuration is None:
        return None
    members = people.members(actor=actor, named=_named(about))
    words = _with_ids(about.configuration, {handle: user.pk for handle, user in members.items()})
    return foresee_configuration(actor=actor, project=project, words=words)


def _named(about: ProjectRecord) -> list[Person]:
    templates = (about.configuration or {}).get("issue_templates")
    assignees = [each.get("assignee") for each in templates if isinstance(each, dict)] if templates else []
    named = [about.lead, *(person for person, _role in about.members), *assignees]
    return [each for each in named if isinstance(each, Person)]


def _with_ids(words: dict[str, Any], ids: dict[str, int]) -> dict[str, Any]:
    """The words with people by their ids; those who are no members here are nobody."""
    templates = words.get("issue_templates")
    if not isinstance(templates, list):
        return words
    known = [
        {**each, "assignee": ids.get(each["assignee"].handle)}
        if isinstance(each, dict) and isinstance(each.get("assignee"), Person)
        else each
        for each in templates
    ]
    return {**words, "issue_templates": known}


def _let_in(actor: Actor, project: Project, run: ImportRun, roles: dict[int, str]) -> None:
    """See to it that somebody administers a private project: whoever let it be made, else the owners."""
    if run.started_by_id is not None:
        give_roles(actor=actor, project=project, roles={run.started_by_id: Role.ADMIN})
    elif Role.ADMIN not in roles.values():
        owners = Membership.objects.filter(org_id=actor.org_id, role=OrgRole.OWNER, ended_at__isnull=True)
        owning = dict.fromkeys(owners.values_list("user_id", flat=True), Role.ADMIN.value)
        give_roles(actor=actor, project=project, roles=owning)


def _note_parts(source: str, project: Project, run: ImportRun, imported: Imported) -> None:
    ExternalRef.objects.bulk_create(
        [
            ExternalRef(
                org_id=project.org_id,
                project=project,
                source=source,
                kind=kind,
                external_id=row.name if kind not in _PARTS else f"{row.name} ({row.pk})",
                object_id=row.pk,
                run=run,
            )
            for model, kind in _KINDS.items()
            for row in imported.plan.added[model]
        ],
        update_conflicts=True,
        unique_fields=["project", "source", "kind", "external_id"],
        update_fields=["object_id", "run"],
    )


def _account(account: Reconciliation, row: str, about: ProjectRecord, imported: Imported) -> None:
    summaries = imported.plan.summaries
    account.counts.update(configured=sum(len(each.added) for each in summaries), roles=imported.roles)
    for left in imported.left:
        account.note(row, left.name, left.why)
    if imported.is_replaced:
        strangers = len(about.members) - imported.roles
        if strangers > 0:
            sentence = _("%(count)s people who have a role there are no members here, or have one here already.")
            account.note(row, "members", sentence % {"count": strangers})
        return
    added = ", ".join(f"{each.name} ({len(each.added)})" for each in summaries if each.added) or _("nothing")
    account.note(
        row,
        "configuration",
        _(
            "The project is in use, so it keeps its workflow, boards, members and settings. "
            "Added, since it was missing: %(what)s."
        )
        % {"what": added},
    )


def take_back_configuration(actor: Actor, run: ImportRun, taken: TakenBack, _limit: int) -> bool:
    """Take back what a run gave one project of an archive's configuration; whether there was anything."""
    _forget_update(run)
    ref = made_by(run, Kind.CONFIGURATION).select_related("project").order_by("pk").first()
    if ref is not None:
        _take_back_whole(actor, run, taken, ref)
        return True
    first = made_by(run, *_PARTS).select_related("project").order_by("pk").first()
    if first is None:
        return False
    refs = list(made_by(run, *_PARTS).filter(project=first.project))
    ids = {kind: [ref.object_id for ref in refs if ref.kind == kind] for kind in _PARTS}
    gone, kept = remove_imported_parts(
        actor=actor,
        project=first.project,
        templates=ids[Kind.TEMPLATE],
        boards=ids[Kind.BOARD],
        columns=ids[Kind.COLUMN],
        quick_filters=ids[Kind.FILTER],
    )
    taken.counts["configuration"] += gone
    for name in kept:
        taken.keep(name, _("It was changed since the import."))
    made_by(run, *_PARTS).filter(project=first.project).delete()
    return True


def _forget_update(run: ImportRun) -> None:
    """Let what a run told anew of a configuration be asked again, and what it made for that come again."""
    for ref in ExternalRef.objects.filter(org_id=run.org_id, kind=Kind.CONFIGURATION, updated_by=run):
        made = set(made_by(run, *_KINDS.values()).filter(project=ref.project_id).values_list("kind", "object_id"))
        kinds = {model._meta.label_lower: kind.value for model, kind in _KINDS.items()}
        ref.fields = {
            label: {name: pk for name, pk in names.items() if (kinds[label], pk) not in made}
            for label, names in (ref.fields or {}).items()
        }
        ref.fingerprint, ref.updated_by = "", None
        ref.save(update_fields=["fields", "fingerprint", "updated_by"])


def _take_back_whole(actor: Actor, run: ImportRun, taken: TakenBack, ref: ExternalRef) -> None:
    if ref.before is None:
        ref.delete()
        return
    why = take_configuration_back(actor=actor, project=ref.project, before=ref.before)
    if why:
        taken.keep(str(ref.project), why)
        forget([ref])
        return
    taken.counts["configuration"] += 1
    # What the import made for its issues went with it.
    made_by(run, Kind.TYPE, Kind.STATUS, Kind.LABEL, Kind.FIELD).filter(project=ref.project).delete()
    ref.delete()
