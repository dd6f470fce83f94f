"""Which statuses an issue may go to, and why not to the others: the one place that decides.

Boards and pages ask what to offer (edges and their conditions: no query per issue); the service asks again before it
writes, validators included; the explanation is what it refuses with.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.errors import DomainError
from apps.core.tenancy import Actor
from apps.issues.models import Issue, IssueLabel, IssueLink
from apps.projects import policies
from apps.projects.models import Project, Status, Transition

# As many keys as a refusal names; the rest is counted.
_NAMED = 3


class TransitionRefused(DomainError):
    """The project's workflow has no such edge for this actor, or one of its validators said no."""

    title = gettext_lazy("The workflow does not allow this")


class Workflow:
    """The edges of a project, asked by the statuses they join."""

    def __init__(self, transitions: Iterable[Transition]) -> None:
        self._edges: dict[tuple[int | None, int], Transition] = {
            (edge.source_id, edge.target_id): edge for edge in transitions
        }

    def edge(self, source_id: int, target_id: int) -> Transition | None:
        """The edge from one status to another. Its own goes before one from anywhere."""
        return self._edges.get((source_id, target_id)) or self._edges.get((None, target_id))

    def way(self, source_id: int, target_id: int, parties: Collection[str]) -> Transition | None:
        """The edge from one status to another, if somebody who is these parties may take it. Everything asks this."""
        edge = self.edge(source_id, target_id)
        return edge if edge is not None and policies.may_take(edge, parties) else None

    def is_free(self, status_ids: Iterable[int]) -> bool:
        """Whether everybody who edits issues may take them from any of these statuses to any other."""
        from_anywhere = {target for source, target in self._edges if source is None}
        return from_anywhere.issuperset(status_ids) and not any(edge.allowed_parties for edge in self._edges.values())

    def allows(self, actor: Actor, project: Project, issue: "Movable", target_id: int) -> bool:
        """Whether to offer a status: it is the issue's own, or there is a way for the actor."""
        parties = _parties(actor, project, issue)
        return target_id == issue.status_id or self.way(issue.status_id, target_id, parties) is not None


class Movable(Protocol):
    """What the conditions ask of an issue: an issue has it, and so has a card."""

    @property
    def status_id(self) -> int: ...
    @property
    def assignee_id(self) -> int | None: ...
    @property
    def reporter_id(self) -> int | None: ...


def _parties(actor: Actor, project: Project, issue: Movable) -> set[policies.Party]:
    return policies.parties_of(actor, project, assignee_id=issue.assignee_id, reporter_id=issue.reporter_id)


def get_workflow(*, project: Project) -> Workflow:
    """The edges of a project that the actor has fetched already: one query."""
    return Workflow(Transition.objects.filter(org_id=project.org_id, project=project))


def passage(*, actor: Actor, issue: Issue, to: Status, workflow: Workflow) -> Transition:
    """The edge that leads an issue to a status, if the actor may take it.

    :raises TransitionRefused: with the rule that says no
    """
    edge = workflow.way(issue.status_id, to.pk, _parties(actor, issue.project, issue))
    if edge is not None:
        return edge
    statuses = Status.objects.filter(project_id=issue.project_id).order_by("position", "id")
    raise TransitionRefused(_why_not(issue, to, workflow, list(statuses)), field="status")


def landing(*, actor: Actor, issue: Issue, statuses: Sequence[Status], workflow: Workflow) -> Status:
    """Where an issue lands among the statuses of a column: its own stays, else the first that the workflow offers.

    Where it offers none the first, for `passage` to refuse with the reason.
    """
    if issue.status_id in {status.pk for status in statuses}:
        return next(status for status in statuses if status.pk == issue.status_id)
    offered = (status for status in statuses if workflow.allows(actor, issue.project, issue, status.pk))
    return next(offered, statuses[0])


def _why_not(issue: Issue, to: Status, workflow: Workflow, statuses: Sequence[Status]) -> str:
    edge = workflow.edge(issue.status_id, to.pk)
    if edge is not None:
        return _("“%(name)s” may be taken only by: %(parties)s.") % {
            "name": edge.name,
            "parties": ", ".join(edge.party_names),
        }
    here = next((status.name for status in statuses if status.pk == issue.status_id), "")
    reachable = [
        status.name
        for status in statuses
        if status.pk != issue.status_id and workflow.edge(issue.status_id, status.pk) is not None
    ]
    if not reachable:
        return _("The workflow has no way on from “%(here)s”.") % {"here": here}
    return _("The workflow has no way from “%(here)s” to “%(there)s”. From here it goes to: %(reachable)s.") % {
        "here": here,
        "there": to.name,
        "reachable": ", ".join(reachable),
    }


def refuse_unmet(*, actor: Actor, issues: Sequence[Issue], edges: Mapping[int, Transition]) -> None:
    """Check the validators of the edges that issues (their ids are the keys) are about to take: three queries at most.

    :raises TransitionRefused: for the first that is not met; where there are several issues, it names the one
    """
    subtasks = _open_subtasks(issues, edges)
    blockers = _open_blockers(actor, issues, edges)
    labelled = _labelled(issues, edges)
    for issue in issues:
        edge = edges[issue.pk]
        missing = [
            str(Transition.Required(name).label)
            for name in edge.required_fields
            if (issue.pk not in labelled if name == Transition.Required.LABELS else _is_empty(issue, name))
        ]
        if missing:
            why, field = _missing(edge, missing), edge.required_fields[0]
        elif subtasks[issue.pk]:
            why, field = _("Finish its sub-tasks first: %(keys)s.") % {"keys": _keys(subtasks[issue.pk])}, "status"
        elif blockers[issue.pk]:
            keys = _keys(blockers[issue.pk])
            why, field = _("It is blocked by work that is not done: %(keys)s.") % {"keys": keys}, "status"
        else:
            continue
        raise TransitionRefused(naming(issue, why) if len(issues) > 1 else why, field=field)


def naming(issue: Issue, why: str) -> str:
    """A refusal among several issues: which of them it is about, and why."""
    return _("%(key)s: %(why)s") % {"key": f"{issue.project.key}-{issue.number}", "why": why}


def _missing(edge: Transition, fields: list[str]) -> str:
    return ngettext(
        "“%(name)s” needs this field first: %(fields)s.",
        "“%(name)s” needs these fields first: %(fields)s.",
        len(fields),
    ) % {"name": edge.name, "fields": ", ".join(fields)}


def _is_empty(issue: Issue, name: str) -> bool:
    value = getattr(issue, f"{name}_id" if name in {"assignee", "parent", "sprint"} else name)
    return value is None or value == ""


def _those(issues: Sequence[Issue], edges: Mapping[int, Transition], rule: str) -> list[int]:
    return [issue.pk for issue in issues if getattr(edges[issue.pk], rule)]


def _open_subtasks(issues: Sequence[Issue], edges: Mapping[int, Transition]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    asking = _those(issues, edges, "needs_finished_subtasks")
    if asking:
        # Whoever may move the parent sees its project, and sub-tasks live there.
        rows = Issue.objects.alive().filter(parent_id__in=asking).exclude(status__category__in=Status.CLOSED)
        for parent_id, key, number in rows.order_by("number").values_list("parent_id", "project__key", "number"):
            if parent_id is not None:
                found[parent_id].append(f"{key}-{number}")
    return found


def _open_blockers(actor: Actor, issues: Sequence[Issue], edges: Mapping[int, Transition]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    asking = _those(issues, edges, "needs_no_open_blocker")
    if asking:
        # Only what the actor may know of: a refusal names what it waits for.
        blockers = (
            IssueLink.objects.filter(
                org_id=actor.org_id,
                kind=IssueLink.Kind.BLOCKS,
                target_id__in=asking,
                source__deleted_at__isnull=True,
                source__archived_at__isnull=True,
            )
            .exclude(source__status__category__in=Status.CLOSED)
            .exclude(project_id__in=actor.hidden_project_ids)
            .order_by("source__project__key", "source__number")
        )
        for target_id, key, number in blockers.values_list("target_id", "source__project__key", "source__number"):
            found[target_id].append(f"{key}-{number}")
    return found


def _labelled(issues: Sequence[Issue], edges: Mapping[int, Transition]) -> set[int]:
    asking = [issue.pk for issue in issues if Transition.Required.LABELS in edges[issue.pk].required_fields]
    return set(IssueLabel.objects.filter(issue_id__in=asking).values_list("issue_id", flat=True)) if asking else set()


def _keys(keys: list[str]) -> str:
    more = len(keys) - _NAMED
    shown = ", ".join(keys[:_NAMED])
    return _("%(keys)s and %(count)s more") % {"keys": shown, "count": more} if more > 0 else shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A status that an issue could have next: `refused` is why not, empty where it may."""

    status: Status
    refused: str = ""


def ways_from(*, actor: Actor, issue: Issue, statuses: Sequence[Status], workflow: Workflow) -> list[Way]:
    """Every status, and for those that the workflow does not offer this actor, which rule says no. No query."""
    return [
        Way(
            status=status,
            refused=""
            if workflow.allows(actor, issue.project, issue, status.pk)
            else _why_not(issue, status, workflow, statuses),
        )
        for status in statuses
    ]
