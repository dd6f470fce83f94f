"""What mails of what happened say: read just before they go, for many of them in a fixed number of queries.

Each is read for its own person: what they may not see at this moment is not in it, nor what they read in the meantime.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from apps.accounts.addresses import addresses_of
from apps.accounts.models import User
from apps.core.tenancy import Actor
from apps.events.models import Change
from apps.issues.differences import Difference, Differences
from apps.issues.facts import CommentAdded, CommentEdited, IssueCreated
from apps.issues.models import Comment, Issue
from apps.notifications.models import Kind, Mail, MailPart, Notification
from apps.notifications.policies import BY_NAME, INBOX
from apps.orgs.models import Organization

_COMMENTS = frozenset({CommentAdded.kind, CommentEdited.kind})
_WHOLE = {
    "issue.archived": lambda: _("archived this issue"),
    "issue.restored": lambda: _("brought this issue back"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happened: who did it, when, a few words for it, what was written where, and what changed."""

    who: str
    at: datetime
    words: str
    text: str
    differences: Sequence[Difference]
    comment_id: int | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """What happened to one issue, and as what it reached the person: `kind` if it names them, else `why`."""

    issue: Issue
    key: str
    kind: str
    why: str
    items: Sequence[Item]

    @property
    def leads_to(self) -> int | None:
        """The comment with which reading begins, if there is one among the news."""
        return next((item.comment_id for item in self.items if item.comment_id is not None), None)


@dataclass(slots=True)
class Letter:
    """One mail, as it would be at this moment. `trouble` is the reason why it does not go, or empty."""

    mail: Mail
    user: User
    email: str
    org: Organization
    trouble: str = ""
    sections: list[Section] = field(default_factory=list)


def letters_of(*, actor: Actor, mail_ids: Sequence[int]) -> list[Letter]:
    """The mails with these ids that still wait, each read under the rights of its person.

    :param actor: FlowBoard itself; of an organization that is suspended nobody has any rights
    """
    mails = list(
        Mail.objects.filter(org_id=actor.org_id, pk__in=mail_ids, state=Mail.State.WAITING)
        .select_related("user", "org")
        .order_by("due_at", "pk")
    )
    addresses = addresses_of({mail.user_id: mail.user for mail in mails}.values())
    hidden = _hidden(actor, {mail.user_id for mail in mails})
    told = _told(actor, [mail.pk for mail in mails], hidden)
    letters = []
    for mail in mails:
        address = addresses[mail.user_id]
        letter = Letter(mail, mail.user, address.email, mail.org, address.trouble)
        letters.append(letter)
        if mail.user_id not in hidden:
            letter.trouble = letter.trouble or _("They have no seat in the organization, or it is suspended.")
        if letter.trouble:
            continue
        letter.sections = told.get(mail.pk, [])
        if not letter.sections:
            letter.trouble = _("Nothing is left to tell: it was read, is gone, or is not for them any more.")
    return letters


def _hidden(actor: Actor, people: Iterable[int]) -> dict[int, frozenset[int]]:
    """From whom which projects are hidden now; who has no seat now, is not in it."""
    ids = list(people)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT user_id, hidden FROM flowboard_rights(%s::bigint[], %s::bigint[])", [[actor.org_id] * len(ids), ids]
        )
        return {user_id: frozenset(projects) for user_id, projects in cursor.fetchall()}


def may_still_go(*, letter: Letter) -> bool:
    """Whether its person may see every issue in it at this very moment: one query."""
    issues = [section.issue.pk for section in letter.sections]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM flowboard_rights(ARRAY[%s]::bigint[], ARRAY[%s]::bigint[]) r "
            "JOIN issues_issue i ON i.id = ANY(%s) AND i.deleted_at IS NULL AND NOT i.project_id = ANY(r.hidden)",
            [letter.mail.org_id, letter.mail.user_id, issues],
        )
        return bool(cursor.fetchone()[0] == len(issues))


def _told(actor: Actor, mail_ids: Sequence[int], hidden: Mapping[int, frozenset[int]]) -> dict[int, list[Section]]:
    """The sections of each mail, by its id."""
    parts = {
        part.pk: part
        for part in MailPart.objects.filter(
            org_id=actor.org_id, mail__in=mail_ids, user__in=hidden, issue__deleted_at__isnull=True
        )
        .select_related("issue__project")
        .order_by("first_at", "pk")
        if part.issue.project_id not in hidden[part.user_id]
    }
    rows = list(
        Notification.objects.filter(org_id=actor.org_id, part__in=parts)
        .exclude(pk__in=_read(list(parts)))
        .select_related("event__actor")
        .order_by("pk")
    )
    events = {row.event_id: row.event for row in rows}
    changes = Change.objects.filter(event__in=events, issue__in={row.issue_id for row in rows}).order_by("id")
    differences = Differences(actor=actor, changes=list(changes))
    comment_ids = {event.data["comment_id"] for event in events.values() if event.kind in _COMMENTS}
    said = dict(
        Comment.objects.filter(org_id=actor.org_id, pk__in=comment_ids, deleted_at__isnull=True).values_list(
            "pk", "body"
        )
    )
    by_part: dict[int, list[Notification]] = {}
    for row in rows:
        if row.event.kind not in _COMMENTS or row.event.data["comment_id"] in said:
            by_part.setdefault(row.part_id or 0, []).append(row)
    sections: dict[int, list[Section]] = {}
    for pk, part in parts.items():
        if pk in by_part:
            section = _section(part, by_part[pk], said, differences, hidden[part.user_id])
            sections.setdefault(part.mail_id or 0, []).append(section)
    return sections


def _read(parts: Sequence[int]) -> list[int]:
    """Which notifications of these parts their people have read in the inbox: all but the newest that count there."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT n.id FROM notifications_mailpart p
              JOIN notifications_inboxentry e ON e.user_id = p.user_id AND e.issue_id = p.issue_id
              JOIN LATERAL (SELECT x.id, x.part_id, row_number() OVER (ORDER BY x.id DESC) AS place
                              FROM notifications_notification x
                             WHERE x.user_id = p.user_id AND x.issue_id = p.issue_id AND x.channels & {INBOX} > 0) n
                ON n.part_id = p.id AND (n.place > e.unread_count OR e.done_at IS NOT NULL)
             WHERE p.id = ANY(%s)
            """,  # noqa: S608 (a constant of ours)
            [list(parts)],
        )
        return [row[0] for row in cursor.fetchall()]


def _section(
    part: MailPart,
    rows: Sequence[Notification],
    said: Mapping[int, str],
    differences: Differences,
    hidden: frozenset[int],
) -> Section:
    items = []
    for row in rows:
        event, text, comment_id = row.event, "", None
        if event.kind in _COMMENTS:
            comment_id = event.data["comment_id"]
            text = said[comment_id]
        elif event.kind == IssueCreated.kind or row.kind == Kind.MENTIONED:
            text = part.issue.description
        changed = differences.of(event_id=event.pk, issue_id=part.issue_id, hidden=hidden)
        who = event.actor.name if event.actor else "FlowBoard"
        items.append(Item(who, event.occurred_at, _words(row), text, changed, comment_id))
    names = [row.kind for row in rows if row.kind in BY_NAME]
    kind = Kind.MENTIONED.value if Kind.MENTIONED in names else names[0] if names else ""
    return Section(part.issue, f"{part.issue.project.key}-{part.issue.number}", kind, rows[-1].why, items)


def _words(row: Notification) -> str:
    event = row.event
    if event.kind in _COMMENTS:
        if row.kind == Kind.MENTIONED:
            return _("mentioned you in a comment")
        return _("replied") if event.data.get("thread_id") else _("commented")
    if row.kind == Kind.MENTIONED:
        return _("mentioned you in the description")
    if row.kind == Kind.ASSIGNED:
        return _("created this for you") if event.kind == IssueCreated.kind else _("gave this to you")
    if event.kind == IssueCreated.kind:
        return _("created this issue")
    return _WHOLE[event.kind]() if event.kind in _WHOLE else _("changed this issue")
