"""What people do with imports: hand files in, decide what they mean, let them be written, stop, take back, forget."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from django.core.files.base import File
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.tenancy import Actor
from apps.events.facts import Subject
from apps.events.services import record, service
from apps.imports import facts
from apps.imports.choices import Choices
from apps.imports.formats import format_named
from apps.imports.mapping.checking import check_choices
from apps.imports.models import ImportRun
from apps.imports.policies import can_import, can_take_back
from apps.imports.selectors import get_import
from apps.imports.services.keeping import drop_files, keeping, note_files
from apps.projects.models import PROJECT_KEY, Project
from apps.projects.selectors import visible_projects

State = ImportRun.State


class NotNow(Conflict):
    """The import is not at the point at which this can be done."""

    title = gettext_lazy("That is not possible at the moment")


@service
def start_import(
    *,
    actor: Actor,
    uploads: Sequence["File[Any]"],
    project: Project | None,
    project_key: str = "",
    file_format: str = "",
) -> ImportRun:
    """Take files in and let them be looked through; nothing is written before somebody has said so.

    :param project: takes all rows
    :param project_key: of the project that takes all rows and is made if there is none; without either, each row goes
        into the project of its own key
    :param file_format: what the files are; without it their content tells
    :raises Forbidden: for those who may not import there
    :raises Invalid: if there is no file, one is empty, or the key cannot be one
    :raises UnknownFormat: if a file is nothing that is read, or they are of different trackers
    :raises FilesTooLarge: if they are
    """
    key = project_key.strip().upper()
    if project is None and key:
        if not re.fullmatch(PROJECT_KEY, key):
            raise Invalid(
                _("A key is 2 to 10 capital letters or digits and begins with a letter, like FLOW."),
                field="project_key",
            )
        project = visible_projects(actor=actor).filter(key=key).first()
    if not can_import(actor, project):
        raise Forbidden
    with keeping(uploads, file_format) as kept:
        run = ImportRun.objects.create(
            org_id=actor.org_id,
            project=project,
            project_key=project.key if project is not None else key,
            started_by_id=actor.user_id,
            format=kept[0].format.name,
            source=kept[0].format.source,
        )
        note_files(run, kept)
        tell(facts.ImportStarted, actor, run, action="create")
    return run


def tell(fact: Callable[..., facts.ImportFact], actor: Actor, run: ImportRun, *, action: str, **more: Any) -> None:
    """Record that something happened to an import."""
    subject = Subject(model="imports.importrun", id=run.pk, name=name_of(run), action=action)
    record(fact(project_id=run.project_id, run_id=run.pk, source=run.source, subjects=(subject,), **more), actor=actor)


def name_of(run: ImportRun) -> str:
    """How people call an import."""
    return _("Import %(number)s from %(tracker)s") % {"number": run.pk, "tracker": format_named(run.format).label}


def _hold(actor: Actor, run: ImportRun, *states: str) -> ImportRun:
    """The import as it is now, and kept so until the commit.

    :raises Forbidden: for whoever may write nothing
    :raises NoSuchImport: if it is gone, or not for the actor
    :raises NotNow: if it is in none of these states
    """
    if not actor.may("write"):
        raise Forbidden
    ImportRun.objects.select_for_update(no_key=True).filter(pk=run.pk).first()
    fresh = get_import(actor=actor, pk=run.pk)
    if fresh.state not in states:
        raise NotNow(_("The import is in another state by now: %(state)s.") % {"state": fresh.get_state_display()})
    return fresh


def _hold_to_write(actor: Actor, run: ImportRun, *states: str) -> ImportRun:
    fresh = _hold(actor, run, *states)
    if not can_import(actor, fresh.project):
        raise Forbidden
    return fresh


@service
def choose(*, actor: Actor, run: ImportRun, choices: Choices) -> ImportRun:
    """Decide what the words of the other tracker mean. Other columns or another time zone: its files are read again.

    :raises NotNow: if it does not wait for that
    :raises Forbidden: for those who may not import there
    :raises Invalid: if something is chosen that is not there
    """
    return decide(actor=actor, run=run, rule=lambda _held: choices)


@service
def decide(*, actor: Actor, run: ImportRun, rule: Callable[[ImportRun], Choices]) -> ImportRun:
    """Decide about an import as a rule says that is shown it as it is: nobody else decides until the commit, so what
    was decided at the same moment is neither lost nor overwritten unseen.

    :raises NotNow: if it does not wait for that
    :raises Forbidden: for those who may not import there
    :raises Invalid: if something is chosen that is not there
    """
    fresh = _hold_to_write(actor, run, State.REVIEW)
    choices = rule(fresh)
    check_choices(actor=actor, project=fresh.project, choices=choices)
    before = Choices.from_json(fresh.choices)
    fresh.choices = choices.as_json()
    if (before.columns, before.time_zone) != (choices.columns, choices.time_zone):
        fresh.state, fresh.beat_at, fresh.tries = State.SURVEYING, None, 0
        tell(facts.ImportReread, actor, fresh, action="update")
    fresh.save(update_fields=["choices", "state", "beat_at", "tries"])
    return fresh


@service
def confirm_import(*, actor: Actor, run: ImportRun) -> ImportRun:
    """Let an import be written as it was decided.

    :raises NotNow: if it was not looked through, or is being written already
    :raises Forbidden: for those who may not import there
    """
    fresh = _hold_to_write(actor, run, State.REVIEW)
    check_choices(actor=actor, project=fresh.project, choices=Choices.from_json(fresh.choices))
    fresh.state, fresh.beat_at, fresh.tries = State.QUEUED, None, 0
    fresh.save(update_fields=["state", "beat_at", "tries"])
    tell(facts.ImportConfirmed, actor, fresh, action="update")
    return fresh


@service
def cancel_import(*, actor: Actor, run: ImportRun) -> ImportRun:
    """Stop an import: at once, or behind the batch that is being written. What was written stays, to be taken back.

    :raises NotNow: if it has ended
    """
    fresh = _hold(actor, run, State.SURVEYING, State.REVIEW, State.QUEUED, State.RUNNING)
    if fresh.cancelled_at is not None:
        return fresh
    fresh.cancelled_at = timezone.now()
    if fresh.state != State.RUNNING:
        fresh.state, fresh.ended_at = State.CANCELLED, fresh.cancelled_at
    fresh.save(update_fields=["cancelled_at", "state", "ended_at"])
    tell(facts.ImportCancelled, actor, fresh, action="update")
    return fresh


@service
def revert_import(*, actor: Actor, run: ImportRun) -> ImportRun:
    """Take back what an import wrote, except what people have changed since.

    :raises NotNow: if it is being written, or was taken back
    :raises Forbidden: for those who may not import there
    """
    fresh = _hold(actor, run, State.DONE, State.FAILED, State.CANCELLED)
    if not can_take_back(actor, fresh.project):
        raise Forbidden
    fresh.state, fresh.beat_at, fresh.tries, fresh.ended_at, fresh.fault = State.REVERTING, None, 0, None, ""
    fresh.save(update_fields=["state", "beat_at", "tries", "ended_at", "fault"])
    tell(facts.ImportTakingBack, actor, fresh, action="update")
    return fresh


@service
def forget_import(*, actor: Actor, run: ImportRun) -> None:
    """Let an import that has written nothing be gone, with its files.

    :raises NotNow: if it has written something, or is about to
    """
    fresh = _hold(actor, run, State.SURVEYING, State.REVIEW, State.FAILED, State.CANCELLED)
    if fresh.began_at is not None:
        raise NotNow(_("It has begun to write. Take it back instead; its account stays."))
    drop_files(fresh)
    tell(facts.ImportForgotten, actor, fresh, action="delete")
    fresh.delete()
