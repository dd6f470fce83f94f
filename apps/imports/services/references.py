"""What rows say of other rows, once all of them are in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db.models import F, Q

from apps.core.tenancy import Actor
from apps.events.services import retold, service
from apps.imports.choices import Choices
from apps.imports.fingerprints import PLACE
from apps.imports.mapping import People
from apps.imports.models import ExternalRef, ImportRun, PendingReference
from apps.imports.reach import reachable_project_ids
from apps.imports.reconciliation import Reconciliation
from apps.imports.records import CommentRecord, CommentsRecord, IssueRecord, Person, Ref, Relation
from apps.imports.services.hanging import add_comments
from apps.imports.services.rhythm import begin
from apps.imports.services.work import Work
from apps.issues.models import Issue, IssueLink
from apps.issues.services import PastLink, import_links, link_parents, order_imported_issues
from apps.projects.models import Project

Kind = ExternalRef.Kind
_BATCH = 200
# What a relation says, and whether it is said from the other side.
_RELATIONS = {
    Relation.BLOCKS: (IssueLink.Kind.BLOCKS, False),
    Relation.BLOCKED_BY: (IssueLink.Kind.BLOCKS, True),
    Relation.DUPLICATES: (IssueLink.Kind.DUPLICATES, False),
    Relation.DUPLICATED_BY: (IssueLink.Kind.DUPLICATES, True),
    Relation.RELATES: (IssueLink.Kind.RELATES, False),
}


def pend(
    work: Work,
    run: ImportRun,
    records: Iterable[tuple[str, IssueRecord]],
    changed: Mapping[str, set[str]] | None = None,
) -> None:
    """Note what records say of others, to be followed once these are in.

    :param changed: by the ids of issues that were there already, which fields are new; nothing else is noted of them
    """
    pending = []
    for row, record in records:
        fields = {"parent", "links"} if changed is None else changed[record.external_id]
        if record.parent is not None and "parent" in fields:
            pending.append(_pending(work, run, row, record, PendingReference.Kind.PARENT, record.parent))
        if "links" in fields:
            pending += [
                _pending(
                    work, run, row, record, PendingReference.Kind.LINK, link.target, relation=Relation(link.relation)
                )
                for link in record.links
            ]
    PendingReference.objects.bulk_create(pending, batch_size=1000)


def _pending(
    work: Work, run: ImportRun, row: str, record: IssueRecord, kind: str, target: Ref, **content: Any
) -> PendingReference:
    return PendingReference(
        org_id=run.org_id,
        run=run,
        kind=kind,
        row=row[:300],
        external_id=record.external_id,
        target_id=target.external_id[:120],
        target_key=target.key[:120],
        content={"project": work.project.pk, "is_retold": record.is_retold, **content},
    )


@service
def keep_comments(*, actor: Actor, run: ImportRun, rows: Sequence[tuple[str, CommentsRecord]]) -> None:
    """Keep comments that an export has apart from their issues until all issues are in: each row with its name."""
    PendingReference.objects.bulk_create(
        [
            PendingReference(
                org_id=actor.org_id,
                run=run,
                kind=PendingReference.Kind.COMMENTS,
                row=row[:300],
                external_id="",
                target_id=record.issue.external_id[:120],
                target_key=record.issue.key[:120],
                content={"comments": [_as_json(comment) for comment in record.comments]},
            )
            for row, record in rows
        ],
        batch_size=500,
    )


def _as_json(comment: CommentRecord) -> dict[str, Any]:
    created_at = comment.created_at.isoformat() if comment.created_at is not None else None
    return {**asdict(comment), "created_at": created_at}


def _comment(stored: dict[str, Any]) -> CommentRecord:
    author, created_at = stored["author"], stored["created_at"]
    return CommentRecord(
        external_id=stored["external_id"],
        author=Person(**author) if author is not None else None,
        body=stored["body"],
        created_at=datetime.fromisoformat(created_at) if created_at is not None else None,
    )


@service
def follow_references(*, actor: Actor, run: ImportRun, batch_size: int = _BATCH) -> Reconciliation:
    """Follow the next references that a run has left: parents, links, comments kept apart. Each is done with then.

    Issues are found by their ids or keys among what came from the same tracker into the projects that whoever started
    the run may work in. What cannot be followed is told. A constant number of statements a batch.

    When none is left, the issues are put in the order of their tracker, and what goes on by itself begins.

    :returns: the account; as `read`, how many were followed: with none, all are
    :raises Forbidden: for anybody but FlowBoard itself
    """
    pending = list(PendingReference.objects.filter(run=run).order_by("pk")[:batch_size])
    account = Reconciliation(read=len(pending))
    if not pending:
        _put_in_order(actor, run)
        begin(actor=actor, run=run)
        return account
    found = _Found(actor, run, pending)
    by_kind = {kind: [each for each in pending if each.kind == kind] for kind in PendingReference.Kind.values}
    with retold(any(each.content.get("is_retold") for each in pending)):
        _follow_parents(actor, run, found, by_kind[PendingReference.Kind.PARENT], account)
        _follow_links(actor, run, found, by_kind[PendingReference.Kind.LINK], account)
    _follow_comments(actor, run, found, by_kind[PendingReference.Kind.COMMENTS], account)
    PendingReference.objects.filter(pk__in=[each.pk for each in pending]).delete()
    return account


def _put_in_order(actor: Actor, run: ImportRun) -> None:
    """Let the issues that a run made stand as they did in their tracker, as far as it says."""
    made = ExternalRef.objects.filter(org_id=run.org_id, run=run, kind=Kind.ISSUE, fields__has_key=PLACE)
    placed: dict[int, list[tuple[str, int]]] = {}
    for project_id, issue_id, place in made.values_list("project_id", "object_id", f"fields__{PLACE}"):
        placed.setdefault(project_id, []).append((place, issue_id))
    for project in Project.objects.filter(pk__in=placed):
        in_order = [issue_id for _place, issue_id in sorted(placed[project.pk])]
        order_imported_issues(actor=actor, project=project, issue_ids=in_order)


class _Found:
    """The issues that references are from and to, as the import knows them."""

    def __init__(self, actor: Actor, run: ImportRun, pending: Sequence[PendingReference]) -> None:
        own = {each.content["project"] for each in pending if "project" in each.content}
        self.projects = {*reachable_project_ids(actor=actor, run=run), *own}
        ids = {each.external_id for each in pending} | {each.target_id for each in pending}
        keys = {each.target_key for each in pending}
        rows = ExternalRef.objects.filter(
            Q(external_id__in=ids - {""}) | Q(key__in=keys - {""}),
            project_id__in=self.projects,
            source=run.source,
            kind=Kind.ISSUE,
        )
        self._by_id: dict[str, list[ExternalRef]] = {}
        self._by_key: dict[str, list[ExternalRef]] = {}
        for ref in rows.order_by("project_id", "pk"):
            self._by_id.setdefault(ref.external_id, []).append(ref)
            if ref.key:
                self._by_key.setdefault(ref.key, []).append(ref)

    def origin(self, each: PendingReference) -> ExternalRef | None:
        """The issue that says so."""
        mine = (ref for ref in self._by_id.get(each.external_id, ()) if ref.project_id == each.content["project"])
        return next(mine, None)

    def target(self, each: PendingReference) -> ExternalRef | None:
        """The issue that is meant: in the same project if it is there."""
        by_id = self._by_id.get(each.target_id, []) if each.target_id else []
        found = by_id or self._by_key.get(each.target_key, []) or self._by_id.get(each.target_key, [])
        home = each.content.get("project")
        return next((ref for ref in found if ref.project_id == home), next(iter(found), None))


def _name(each: PendingReference) -> str:
    return each.target_key or each.target_id


def _follow_parents(
    actor: Actor, run: ImportRun, found: _Found, pending: Sequence[PendingReference], account: Reconciliation
) -> None:
    wanted: dict[int, tuple[PendingReference, ExternalRef, ExternalRef]] = {}
    for each in pending:
        child, parent = found.origin(each), found.target(each)
        if parent is None:
            account.note(each.row, "parent", f"{_name(each)} was not imported, so the issue has no parent.")
        elif child is not None:
            wanted[child.object_id] = (each, child, parent)
    if not wanted:
        return
    done = {
        (ref.project_id, ref.external_id): ref
        for ref in ExternalRef.objects.filter(
            project_id__in={child.project_id for _each, child, _parent in wanted.values()},
            source=run.source,
            kind=Kind.PARENT,
            external_id__in=[child.external_id for _each, child, _parent in wanted.values()],
        )
    }
    now_under = dict(Issue.objects.filter(pk__in=wanted).values_list("pk", "parent_id"))
    pairs = {}
    for pk, (_each, child, parent) in wanted.items():
        known = done.get((child.project_id, child.external_id))
        # Whoever moved it elsewhere here has the last word.
        if known is None or (known.object_id != parent.object_id and now_under.get(pk) == known.object_id):
            pairs[pk] = parent.object_id
    refused = link_parents(actor=actor, parents=pairs)
    follow_versions([pk for pk in pairs if now_under.get(pk) != pairs[pk]])
    if refused:
        _link_instead(actor, run, found, [(*wanted[pk], reason) for pk, reason in refused.items()], account)
    put = [wanted[pk] for pk in pairs if pk not in refused]
    account.counts["parents"] += len(put)
    refs = [
        ExternalRef(
            org_id=child.org_id,
            project_id=child.project_id,
            source=run.source,
            kind=Kind.PARENT,
            external_id=child.external_id,
            object_id=parent.object_id,
            fingerprint=parent.external_id[:64],
            run=run,
        )
        for _each, child, parent in put
    ]
    ExternalRef.objects.bulk_create(
        refs,
        update_conflicts=True,
        unique_fields=["project", "source", "kind", "external_id"],
        update_fields=["object_id", "fingerprint", "run"],
    )


def _link_instead(
    actor: Actor,
    run: ImportRun,
    found: _Found,
    refused: Sequence[tuple[PendingReference, ExternalRef, ExternalRef, str]],
    account: Reconciliation,
) -> None:
    """Link those that cannot stand below each other in FlowBoard's three levels, so that it is not lost what belongs
    together: what says so, the issue, its parent there, and why it is none here."""
    told = []
    for each, child, parent, reason in refused:
        link = PastLink(child.object_id, parent.object_id, IssueLink.Kind.RELATES).stored
        told.append((_link_id(link), (each, child, link), reason))
    linked = _link(actor, run, found, {link_id: said for link_id, said, _reason in told}, account)
    for link_id, (each, _child, _link_there), reason in told:
        instead = f" It is linked to {_name(each)} instead." if link_id in linked else ""
        account.note(each.row, "parent", f"{reason}{instead}")


def follow_versions(issue_ids: Iterable[int]) -> None:
    """Note that the import itself has brought these issues one version further; what people did in between counts."""
    refs = ExternalRef.objects.filter(kind=Kind.ISSUE, object_id__in=list(issue_ids), version__isnull=False)
    present = dict(Issue.objects.filter(pk__in=refs.values("object_id")).values_list("pk", "version"))
    behind = [ref.object_id for ref in refs if present.get(ref.object_id, 0) - 1 == ref.version]
    ExternalRef.objects.filter(kind=Kind.ISSUE, object_id__in=behind).update(version=F("version") + 1)


def _follow_links(
    actor: Actor, run: ImportRun, found: _Found, pending: Sequence[PendingReference], account: Reconciliation
) -> None:
    wanted: dict[str, _Wanted] = {}
    for each in pending:
        origin, target = found.origin(each), found.target(each)
        if target is None:
            account.note(each.row, "links", f"{_name(each)} was not imported, so the issue is not linked to it.")
        elif origin is not None:
            kind, is_turned = _RELATIONS[Relation(each.content["relation"])]
            ends = (target, origin) if is_turned else (origin, target)
            link = PastLink(ends[0].object_id, ends[1].object_id, kind).stored
            # Both sides say the same: it is one link.
            wanted.setdefault(_link_id(link), (each, origin, link))
    if wanted:
        _link(actor, run, found, wanted, account)


# What says so, the issue that it is said of, and the link.
_Wanted = tuple[PendingReference, ExternalRef, PastLink]


def _link(
    actor: Actor, run: ImportRun, found: _Found, wanted: Mapping[str, _Wanted], account: Reconciliation
) -> set[str]:
    """Make links, by their ids, that no import of this tracker has made: once, so that people have the last word.

    :returns: the ids of those that are there, or were once
    """
    done = set(
        ExternalRef.objects.filter(
            project_id__in=found.projects, source=run.source, kind=Kind.LINK, external_id__in=wanted
        ).values_list("external_id", flat=True)
    )
    new = {link_id: each for link_id, each in wanted.items() if link_id not in done}
    before = set(
        IssueLink.objects.filter(source_id__in=[link.source_id for _each, _origin, link in new.values()]).values_list(
            "pk", flat=True
        )
    )
    refs = []
    outcomes = import_links(actor=actor, links=[link for _each, _origin, link in new.values()])
    made: list[IssueLink] = []
    for (link_id, (each, origin, _link)), outcome in zip(new.items(), outcomes, strict=True):
        if isinstance(outcome, str):
            account.note(each.row, "links", outcome)
            continue
        if outcome.pk not in before:
            made.append(outcome)
        refs.append(
            ExternalRef(
                org_id=origin.org_id,
                project_id=origin.project_id,
                source=run.source,
                kind=Kind.LINK,
                external_id=link_id,
                object_id=outcome.pk,
                # One that was there before is not the import's to take back.
                run=run if outcome.pk not in before else None,
            )
        )
    ExternalRef.objects.bulk_create(refs)
    account.counts["links"] += len(made)
    follow_versions({pk for link in made for pk in (link.source_id, link.target_id)})
    return {*done, *(ref.external_id for ref in refs)}


def _link_id(link: PastLink) -> str:
    return sha256(f"{link.source_id} {link.kind} {link.target_id}".encode()).hexdigest()


def _follow_comments(
    actor: Actor, run: ImportRun, found: _Found, pending: Sequence[PendingReference], account: Reconciliation
) -> None:
    said: dict[int, list[tuple[str, int, CommentRecord]]] = {}
    for each in pending:
        target = found.target(each)
        comments = [_comment(stored) for stored in each.content["comments"]]
        if target is None:
            account.note(
                each.row, "comment", f"{_name(each)} was not imported, so its {len(comments)} comment(s) are not."
            )
            continue
        said.setdefault(target.project_id, []).extend((each.row, target.object_id, comment) for comment in comments)
    if not said:
        return
    people = People(run.source, Choices.from_json(run.choices))
    named = [
        comment.author for several in said.values() for _row, _pk, comment in several if comment.author is not None
    ]
    people.learn(actor=actor, named=named)
    issues = (
        Issue.objects.undeleted()
        .select_related("project")
        .in_bulk({pk for several in said.values() for _row, pk, _comment in several})
    )
    projects = Project.objects.in_bulk(said)
    for project_id, several in said.items():
        work = Work(
            actor=actor, project=projects[project_id], people=people, source=run.source, run=run, account=account
        )
        add_comments(work, [(row, issues[pk], comment) for row, pk, comment in several if pk in issues], is_new=False)
