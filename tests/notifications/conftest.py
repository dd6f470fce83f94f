"""A team that talks about issues, and the worker that tells them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db.models import F

from apps.accounts.models import User
from apps.core.tenancy import run_as_system
from apps.events import deliveries
from apps.events.models import Delivery, Stream
from apps.issues.models import Issue, Watcher
from apps.notifications.mail_jobs import send_mails
from apps.notifications.models import InboxEntry, Mail, MailPart, Notification
from apps.orgs.models import Membership, Organization
from apps.projects.models import Project
from tests import factories
from tests.mailbox import Mailbox

HANDLER = "apps.notifications.handlers.tell_people"


@dataclass
class Team:
    """Ada owns everything, Mateo and Yuki are members, Gus is a guest who was added to nothing."""

    org: Organization
    project: Project
    ada: User
    mateo: User
    yuki: User
    gus: User

    def issue(self, title: str = "Dock the rover", by: User | None = None, **fields: Any) -> Issue:
        """A new issue of which everybody has been told."""
        [issue] = factories.make_issues(self.org, self.project, by or self.ada, title, **fields)
        self.work()
        return issue

    def work(self) -> int:
        """Let the worker tell what happened; how many facts there were."""
        with run_as_system(org_id=self.org.pk):
            waiting = Delivery.objects.filter(state="waiting", handler=HANDLER).order_by("id")
            ids = list(waiting.values_list("pk", flat=True))
        for pk in ids:
            assert deliveries.deliver(org_id=self.org.pk, delivery_id=pk)
        return len(ids)

    def do(self, who: User, what: Callable[..., Any], **values: Any) -> Any:
        """Let somebody do something, and the worker tell of it. An issue is fetched as it is now."""
        with factories.acting(who, self.org) as actor:
            if "issue" in values:
                values["issue"] = Issue.objects.select_related("project").get(pk=values["issue"].pk)
            done = what(actor=actor, **values)
        self.work()
        return done

    def told(self) -> set[tuple[str, str, str]]:
        """Everybody's notifications: (first name, kind, why)."""
        with run_as_system(org_id=self.org.pk):
            rows = Notification.objects.values_list("user__name", "kind", "why")
            return {(name.split()[0], kind, why) for name, kind, why in rows}

    def entries(self, who: User) -> list[InboxEntry]:
        """Somebody's inbox as it is stored, the newest first."""
        with run_as_system(org_id=self.org.pk):
            return list(InboxEntry.objects.filter(user=who).order_by("-newest_at", "-id"))

    def shift(self, by: timedelta) -> None:
        """Let so much time pass."""
        with run_as_system(org_id=self.org.pk):
            waiting = MailPart.objects.filter(mail__isnull=True)
            waiting.update(due_at=F("due_at") - by, first_at=F("first_at") - by)
            Mail.objects.filter(state="waiting").update(due_at=F("due_at") - by)
            Mail.objects.exclude(state="waiting").update(created_at=F("created_at") - by)

    def post(self, after: timedelta = timedelta()) -> None:
        """Let so much time pass, and then the worker send what is due."""
        self.shift(after)
        send_mails()

    def mails(self, who: User | None = None) -> list[Mail]:
        """The mails as they are stored, of one person or of all, the oldest first."""
        with run_as_system(org_id=self.org.pk):
            return list(Mail.objects.filter(**({"user": who} if who else {})).order_by("id"))

    def forget(self) -> None:
        """Begin with empty inboxes."""
        with run_as_system(org_id=self.org.pk):
            Notification.objects.all().delete()
            InboxEntry.objects.all().delete()
            MailPart.objects.all().delete()
            Mail.objects.all().delete()


def crowd(org: Organization, project: Project, issue: Issue, count: int) -> list[User]:
    """So many members with confirmed addresses, who watch the issue. Made by hand, for the sake of time."""
    people = User.objects.bulk_create(
        [User(email=f"{issue.pk}.{n}@example.test", name=f"Person {n}", password="!") for n in range(count)]
    )
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=person, email=person.email, primary=True, verified=True) for person in people]
    )
    with run_as_system(org_id=org.pk):
        Membership.objects.bulk_create([Membership(org=org, user=person, role="member") for person in people])
        Stream.objects.bulk_create([Stream(org=org, kind="person", user=person) for person in people])
        Watcher.objects.bulk_create(
            [Watcher(org_id=org.pk, project=project, issue=issue, user=person) for person in people]
        )
    return people


@pytest.fixture
def team(acme: Organization, ada: User, flow: Project) -> Team:
    mateo, yuki = (factories.make_member(acme, name=name) for name in ("Mateo Ruiz", "Yuki Tanaka"))
    return Team(acme, flow, ada, mateo, yuki, factories.make_member(acme, role="guest", name="Gus Guest"))


def confirm(*people: User) -> None:
    """They have confirmed their addresses."""
    for user in people:
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)


@pytest.fixture
def mailed(team: Team, mailbox: Mailbox) -> Team:
    """The same team with a mail server, and confirmed addresses."""
    confirm(team.ada, team.mateo, team.yuki, team.gus)
    return team
