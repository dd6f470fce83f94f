"""The doors: the only ways into an organization. Each checks membership inside the database (`doors.sql`).

A door sets `app.user`, `app.org` and `app.hidden` for the running transaction, in one round trip, and answers with the
`Actor`. Nothing else in FlowBoard sets them.
"""

import json
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import DomainError, NotFound

from .actor import Actor, OrgRole
from .unit import Unit, current_unit, unit_of_work


class NoSuchOrganization(NotFound):
    """There is no such organization, or not for this person."""

    title = gettext_lazy("There is no such organization")
    detail = gettext_lazy("Check the address, or ask somebody in the organization to invite you.")


class OrganizationSuspended(DomainError):
    """Ops staff have suspended the organization."""

    status = 403
    title = gettext_lazy("This organization is suspended")
    detail = gettext_lazy(
        "Its data is safe, but nobody can work in it until the operator of this server lifts the suspension."
    )


class NoSuchInvitation(NotFound):
    """The link is unknown, used, revoked or expired."""

    title = gettext_lazy("This invitation does not work any more")
    detail = gettext_lazy("It was used, revoked, or has expired. Ask the person who invited you to send it again.")


class NoSuchToken(DomainError):
    """The API token is unknown, revoked or expired, or its owner is gone."""

    status = 401
    title = gettext_lazy("This token does not work")
    detail = gettext_lazy("It is unknown, revoked or expired. Make a new one under “Access tokens” in your menu.")


class NoSuchCalendar(NotFound):
    """The address is unknown or was revoked, or its owner may no longer see the project."""

    title = gettext_lazy("There is no calendar at this address")
    detail = gettext_lazy("It was revoked, or its owner left. Make a new one on the timeline of the project.")


def _open_unit() -> Unit:
    unit = current_unit()
    if unit is None:
        raise RuntimeError("A door opens only inside a unit of work.")
    return unit


def _call(function: str, *arguments: Any) -> tuple[Any, ...] | None:
    placeholders = ", ".join(["%s"] * len(arguments))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {function}({placeholders})", arguments)  # noqa: S608 (constant names)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _call_with_rates(function: str, *arguments: Any, by: str = "NULL") -> tuple[Any, ...] | None:
    """As `_call`, with a last column more: the limits of the API that were changed for whoever enters.

    :param by: the column in which the function says which token asks
    """
    placeholders = ", ".join(["%s"] * len(arguments))
    call = f"{function}({placeholders})"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT e.*, flowboard_rates(e.org_id, {by}) FROM {call} e", arguments)  # noqa: S608 (constant names)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _admit(
    row: tuple[Any, ...],
    *,
    user_id: int | None,
    scopes: frozenset[str] | None = None,
    token_id: int | None = None,
    rates: str = "{}",
) -> Actor:
    org_id, slug, is_suspended, role, hidden, project_roles = row
    if is_suspended:
        raise OrganizationSuspended
    actor = Actor(
        user_id=user_id,
        org_id=org_id,
        org_slug=slug,
        org_role=OrgRole(role) if role else None,
        project_roles={int(key): value for key, value in json.loads(project_roles).items()},
        hidden_project_ids=frozenset(hidden or ()),
        scopes=scopes,
        token_id=token_id,
        rates=json.loads(rates),
    )
    unit = _open_unit()
    unit.actor = actor
    unit.user_id = user_id
    return actor


def enter_organization(*, user_id: int, slug: str, scopes: frozenset[str] | None = None) -> Actor:
    """Enter as a member.

    :param scopes: what the caller's token is for; None for somebody at a browser
    :raises NoSuchOrganization: if the person is no member, or there is no such organization
    :raises OrganizationSuspended: if ops staff have suspended it
    """
    _open_unit()
    row = _call_with_rates("flowboard_enter", user_id, slug)
    if row is None:
        raise NoSuchOrganization
    *entered, rates = row
    return _admit(tuple(entered), user_id=user_id, scopes=scopes, rates=rates)


def enter_deleted_organization(*, user_id: int, slug: str) -> Actor:
    """Enter a deleted organization as one of its owners, to bring it back.

    :raises NoSuchOrganization: if there is none, it is too late, or the person does not own it
    """
    _open_unit()
    row = _call("flowboard_enter_deleted", user_id, slug)
    if row is None:
        raise NoSuchOrganization
    return _admit(row, user_id=user_id)


def uncover_project(actor: Actor, *, project_id: int) -> Actor:
    """The actor with one deleted project in sight that they may bring back.

    :raises NotFound: if there is none with this id, it is too late, or it is not for them
    """
    # What does not even fit into an id is no mistake of ours.
    row = _call("flowboard_uncover_project", project_id) if project_id <= BigIntegerField.MAX_BIGINT else None
    if row is None:
        raise NotFound
    actor = replace(actor, hidden_project_ids=frozenset(row[0]))
    _open_unit().actor = actor
    return actor


def follow_issues(issue_ids: list[int]) -> None:
    """Let everything that hangs on these issues belong to the project that they are in now."""
    _call("flowboard_follow_issues", issue_ids)


def remove_imported(*, run_id: int, kind: str, ids: list[int]) -> int:
    """Delete for good what an import made, with all that hangs on it; how many went. For FlowBoard itself alone."""
    row = _call("flowboard_remove_imported", run_id, kind, ids)
    return row[0] if row else 0


def remove_history(*, run_id: int, issue_ids: list[int]) -> int:
    """Delete what an import told of the past of issues; how many facts went. For FlowBoard itself alone."""
    row = _call("flowboard_remove_history", run_id, issue_ids)
    return row[0] if row else 0


def remove_ledger(*, run_id: int, kept: dict[int, int]) -> int:
    """Delete the lines that an import added to ledgers, behind so many of each sprint; how many went. For FlowBoard
    itself alone."""
    row = _call("flowboard_remove_ledger", run_id, list(kept), list(kept.values()))
    return row[0] if row else 0


def claim_slug(slug: str, *, org_id: int) -> bool:
    """Whether an organization may take an address; nobody else is told so until the transaction ends."""
    row = _call("flowboard_claim_slug", slug, org_id)
    return bool(row and row[0])


def enter_as_system(*, org_id: int) -> Actor:
    """Enter as FlowBoard itself. Suspension does not stop what is already under way.

    :raises NoSuchOrganization: if there is none with this id
    """
    _open_unit()
    row = _call("flowboard_enter_system", org_id)
    if row is None:
        raise NoSuchOrganization
    org_id, slug = row
    actor = Actor(user_id=None, org_id=org_id, org_slug=slug, org_role=None)
    _open_unit().actor = actor
    return actor


def organization_named(slug: str) -> int:
    """The id to enter as the system, for a command that names an organization by its address.

    :raises NoSuchOrganization: if there is none
    """
    row = _call("flowboard_organization_named", slug)
    if row is None:
        raise NoSuchOrganization(_("There is no organization “%(slug)s”.") % {"slug": slug})
    org_id: int = row[0]
    return org_id


def enter_person(*, user_id: int) -> None:
    """Enter no organization, only what is the person's own: their memberships and account."""
    unit = _open_unit()
    _call("flowboard_enter_person", user_id)
    unit.user_id = user_id


def enter_invitation(*, token_hash: str, user_id: int | None) -> Actor:
    """Enter an organization by an open invitation: its members and invitations are visible, no project is.

    :raises NoSuchInvitation: if the link is unknown, used, revoked or expired
    :raises OrganizationSuspended: if ops staff have suspended the organization
    """
    _open_unit()
    row = _call("flowboard_enter_invitation", token_hash, user_id)
    if row is None:
        raise NoSuchInvitation
    return _admit(row, user_id=user_id)


def enter_api_token(*, token_hash: str, slug: str | None, address: str | None = None) -> Actor:
    """Enter by an API token, with the rights of its owner narrowed to what the token was made for.

    One for chosen projects sees no other: there its owner has the role they have, and elsewhere none.

    :param slug: the organization that the address names; None where it names none, which is the token's own
    :param address: where the request comes from, for the list in which its owner finds it
    :raises NoSuchToken: if it is unknown, revoked or expired
    :raises NoSuchOrganization: if it is another organization's
    :raises OrganizationSuspended: if ops staff have suspended the organization
    """
    _open_unit()
    row = _call_with_rates("flowboard_enter_token", token_hash, slug, address, by="e.token_id")
    if row is None:
        raise NoSuchToken
    if row[0] is None:
        raise NoSuchOrganization
    *entered, user_id, scopes, token_id, rates = row
    return _admit(tuple(entered), user_id=user_id, scopes=frozenset(scopes), token_id=token_id, rates=rates)


def enter_calendar(*, token_hash: str) -> tuple[Actor, int]:
    """Enter by the secret address of somebody's calendar, to read only; the actor, and the id of the link.

    :raises NoSuchCalendar: if it is unknown or revoked, or its owner has no seat any more
    :raises OrganizationSuspended: if ops staff have suspended the organization
    """
    _open_unit()
    row = _call("flowboard_enter_calendar", token_hash)
    if row is None:
        raise NoSuchCalendar
    *entered, user_id, link_id = row
    return _admit(tuple(entered), user_id=user_id, scopes=frozenset({"read"})), link_id


def found_organization(*, user_id: int, slug: str) -> Actor:
    """Reserve the id of a new organization and enter it as its first owner.

    Nothing exists under the new id yet, so entering it shows nothing of anybody else.
    """
    unit = _open_unit()
    row = _call("flowboard_found_organization", user_id)
    assert row is not None  # noqa: S101 (the function always answers)
    actor = Actor(user_id=user_id, org_id=row[0], org_slug=slug, org_role=OrgRole.OWNER)
    unit.actor = actor
    unit.user_id = user_id
    return actor


def refresh(actor: Actor) -> Actor:
    """The actor as the database sees them now, after a service changed their own rights."""
    if actor.user_id is None:
        return enter_as_system(org_id=actor.org_id)
    row = _call("flowboard_enter", actor.user_id, actor.org_slug)
    if row is None:
        raise NoSuchOrganization
    again = _admit(row, user_id=actor.user_id, scopes=actor.scopes, token_id=actor.token_id)
    return replace(again, rates=actor.rates)


@dataclass(frozen=True, slots=True)
class DueSchedule:
    """A schedule of which a slot has come, and whoever it creates issues for."""

    org_id: int
    org_slug: str
    user_id: int
    project_id: int
    schedule_id: int


def due_schedules(*, limit: int = 500) -> list[DueSchedule]:
    """Schedules of which a slot has come, those that wait longest first. Archived and deleted projects have none."""
    _open_unit()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT org_id, org_slug, user_id, project_id, schedule_id FROM flowboard_due_schedules(%s)", [limit]
        )
        return [DueSchedule(*row) for row in cursor.fetchall()]


def organization_ids() -> list[int]:
    """Every organization that jobs visit, one after the other: ids and nothing else, in a unit of work of its own."""
    with unit_of_work(), connection.cursor() as cursor:
        cursor.execute("SELECT org_id FROM flowboard_organization_ids()")
        return [row[0] for row in cursor.fetchall()]
