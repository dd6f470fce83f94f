"""Every page, in both themes: readable for everybody, and no wider than a phone.

The few that differ most are looked at with every change, all of them by `make test-deep`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import permutations

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone
from playwright.sync_api import expect

from apps.accounts.models import User
from apps.boards.models import Column
from apps.boards.services import create_board
from apps.boards.services.across import create_across
from apps.core.tenancy import OrgRole
from apps.events.models import Change
from apps.events.services import record
from apps.issues.selectors import get_issue
from apps.issues.services import add_comment, edit_comment, edit_issue, log_work, set_reaction, set_thread_resolved
from apps.notifications.stopping import Reason, token_of
from apps.ops.management.commands.setup_link import fresh_setup_path
from apps.orgs.facts import WorkEnded
from apps.orgs.models import Invitation
from apps.orgs.services import create_api_token, create_service_account, invitation_secret, invite, revoke_invitation
from apps.projects.models import IssueType, Status, Transition
from apps.projects.services import (
    Rules,
    create_field,
    create_label,
    create_version,
    set_project_role,
    set_time_tracking,
    set_transition,
)
from apps.sprints.services import create_sprint, plan_issues, start_sprint
from tests.access.routes import ROUTES
from tests.exports import world as exports
from tests.factories import acting, make_issues, make_member, make_org, make_project, make_user
from tests.imports import world as imports
from tests.recurring.world import make_templates
from tests.webhooks.world import make_webhook

from .accessibility import violations
from .conftest import PHONE, Visitor
from .elsewhere import elsewhere
from .pages import FIRST, MEMBERS, NO_PAGES, OPERATORS, STRANGERS, filled

Visit = Callable[..., Visitor]


@dataclass
class World:
    """An organization with one of everything, and the names of the pages' addresses."""

    ada: User
    root: User
    names: dict[str, str]


def make_world() -> World:
    ada = make_user("Ada Okafor", email="ada@acme.test", tour_began_at=timezone.now())
    EmailAddress.objects.create(user=ada, email=ada.email, primary=True, verified=True)
    root = make_user("Root Operator", email="root@acme.test", is_staff=True)
    org = make_org(ada, "Acme Robotics", slug="acme")
    second = make_org(ada, "Harbour", slug="harbour")
    bob = make_member(org, OrgRole.GUEST, "Bob Reyes")
    project = make_project(org, ada, "FLOW", name="FlowBoard", template="kanban")
    two = make_project(org, ada, "TWO", name="Second")
    [first, *_rest] = make_issues(
        org, project, ada, "Catch up a board from the log", "Dates keep their day", assignee=ada
    )
    names = {"org": "acme", "project_key": "FLOW", "issue_key": "FLOW-1", "second_org": second.slug}
    with acting(ada, org) as actor:
        label = create_label(actor=actor, project=project, name="api", hue=120)
        today = timezone.localdate()
        days = {"start_date": today, "due_date": today + timedelta(days=4)}
        edit_issue(actor=actor, issue=first, values={"labels": [label.pk], **days})
        version = create_version(
            actor=actor, project=project, name="2.4", description="**Two** floors.", release_date=date(2026, 1, 30)
        )
        edit_issue(actor=actor, issue=first, values={"fix_versions": [version.pk]})
        set_project_role(actor=actor, project=project, user=bob, role="member")
        names |= {"label_id": str(label.pk), "version_id": str(version.pk), "user_id": str(bob.pk)}
        said = add_comment(actor=actor, issue=first, body="Said here, in haste.")
        edit_comment(actor=actor, comment=said, body="Said **here**, with `code`.")
        set_reaction(actor=actor, issue=first, comment=said, emoji="heart", is_on=True)
        add_comment(actor=actor, issue=first, body="And there.", reply_to=said)
        settled = add_comment(actor=actor, issue=first, body="Where else?")
        set_thread_resolved(actor=actor, comment=settled, is_resolved=True)
        names["comment_id"] = str(said.pk)
        first.project = set_time_tracking(actor=actor, project=project, is_on=True)
        edit_issue(actor=actor, issue=first, values={"time_estimate": "2h"})
        log_work(actor=actor, issue=first, minutes="3h", note="Up to the roof.")
        create_field(actor=actor, project=project, name="Contract", kind="url", on_cards=True, in_lists=True)
        field = create_field(
            actor=actor, project=project, name="Customer", kind="select", options=["Globex", "Initech"], on_cards=True
        )
        chosen = field.choices[0].id
        edit_issue(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"), values={field.key: chosen})
        names |= {"field_id": str(field.pk), "option_id": str(chosen)}
        token, _secret = create_api_token(actor=actor, name="nightly", scopes=["read"])
        names["token_id"] = str(token.pk)
        robot = create_service_account(actor=actor, name="Release notes", role=OrgRole.MEMBER)
        create_api_token(actor=actor, name="ci", scopes=["issues:write"], project_ids=[project.pk], account=robot)
        names["account_id"] = str(robot.user_id)
        # Of so many ways a table is drawn.
        steps = list(Status.objects.select_related("project").filter(project=two))
        for source, target in permutations(steps, 2):
            set_transition(actor=actor, source=source, target=target, name=f"To {target.name}", rules=Rules())
        names["column_id"] = str(Column.objects.filter(project=project).order_by("position")[0].pk)
        names["board_id"] = str(create_board(actor=actor, project=project, name="Testing").pk)
        board = create_across(actor=actor, name="Everything", by="status", project_ids=[project.pk])
        names["across_id"] = str(board.pk)
        names["across_column_id"] = str(Status.objects.get(project=project, name="To do").pk)
        edge = Transition.objects.filter(project=project, target__is_initial=False).order_by("pk")[0]
        names |= {"transition_id": str(edge.pk), "status_id": str(edge.target_id)}
        sprint = start_sprint(actor=actor, sprint=create_sprint(actor=actor, project=project, name="Sprint 1"))
        plan_issues(actor=actor, issues=[first], sprint=sprint)
        names["sprint_id"] = str(sprint.pk)
        webhook, message = make_webhook(actor=actor, project=project)
        names |= {"webhook_id": str(webhook.pk), "message_id": str(message.pk)}
        names["export_id"] = str(exports.make_archive(actor=actor, project=project).pk)
        made = make_templates(actor=actor, project=project)
        names |= {name: str(made[name]) for name in ("template_id", "schedule_id")}
        names |= {name: str(pk) for name, pk in imports.make_imports(actor=actor, project=project).items()}
        names |= {name: str(pk) for name, pk in imports.make_each_state(actor=actor, project=project).items()}
        exports.make_each_state(actor=actor, project=project)
        here, ended = {"project_id": project.pk}, {"page": "import_run", "page_id": int(names["ended_import_id"])}
        for told in (
            {"what": "archive", "page": "org_export", "is_done": False},
            {"what": "archive", "page": "project_export", "is_done": True, **here},
            {"what": "import", "is_done": True, **ended, **here},
            {"what": "import", "is_done": False, **ended},
        ):
            record(WorkEnded(person_id=ada.pk, **told), actor=actor)  # type: ignore[arg-type]  # of several types
        names["number"] = str(first.number)
        names |= {"issue_id": str(first.pk), "second_key": "TWO"}
        names["type_id"] = str(IssueType.objects.get(project=project, name="Bug").pk)
        names["stop_token"] = token_of(Reason(ada.pk, org.slug, "mute", first.pk))
        for state in ("open", "expired", "used", "revoked"):
            made = invite(actor=actor, email=f"{state}@example.test", role=OrgRole.MEMBER)
            names[f"{state}_invitation"] = invitation_secret(made.nonce)
            if state == "revoked":
                revoke_invitation(actor=actor, invitation=made)
        invitations = Invitation.objects
        invitations.filter(email="expired@example.test").update(expires_at=timezone.now() - timedelta(days=1))
        invitations.filter(email="used@example.test").update(accepted_at=timezone.now(), accepted_by=bob)
        edit_issue(actor=actor, issue=first, values={"description": "Two floors, and a **roof**."})
    with acting(ada, org):
        names["change_id"] = str(Change.objects.get(issue=first, field="description").pk)
    return World(ada, root, names)


@pytest.fixture
def world(transactional_db: None) -> World:
    return elsewhere(make_world)


SHORT = (
    "/setup/gone/",
    "/invitations/{open_invitation}/",
    "/invitations/{expired_invitation}/",
)
SHORT_MEMBERS = (
    "/?choose",
    "/{org}/projects/",
    "/{org}/settings/",
    "/{org}/issue/{issue_key}/labels/",
    "/accounts/sessions/",
    "/accounts/delete/",
)


def look(guest: Visitor, paths: list[str]) -> dict[str, list[str]]:
    """What axe finds on each page, and by how much it is too wide."""
    guest.allow("404|403")
    found = {}
    for path in paths:
        page = guest.open(path)
        found[path] = violations(page)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            found[path].append(f"{over} px too wide")
        page.close()
    return {path: problems for path, problems in found.items() if problems}


def test_every_route_is_among_the_pages_or_shows_none() -> None:
    reads = {route for route, found in ROUTES.items() if "GET" in found.methods and not route.startswith("api/")}
    pages = FIRST.keys() | STRANGERS.keys() | MEMBERS.keys() | OPERATORS.keys()
    assert pages | NO_PAGES.keys() == reads
    assert not pages & NO_PAGES.keys()


def test_the_pages_that_differ_most(visitor: Visit, world: World) -> None:
    found = {}
    for person, paths in (
        (None, [path.format_map(world.names) for path in SHORT]),
        (world.ada, [path.format_map(world.names) for path in SHORT_MEMBERS]),
        (world.root, ["/settings/server/"]),
    ):
        found |= look(visitor(person, viewport=PHONE), paths)
    assert not found


@pytest.mark.deep
@pytest.mark.parametrize("device", [{}, {"viewport": PHONE, "has_touch": True}], ids=["wide", "phone"])
class TestAllPages:
    def test_with_script(self, visitor: Visit, world: World, device: dict[str, object]) -> None:
        found = {}
        for person, pages in ((None, STRANGERS), (world.ada, MEMBERS), (world.root, OPERATORS)):
            found |= look(visitor(person, **device), filled(pages, world.names))
        assert not found

    def test_before_there_is_an_operator(self, visitor: Visit, device: dict[str, object]) -> None:
        setup = elsewhere(fresh_setup_path)
        assert setup is not None
        guest = visitor(**device)
        assert not look(guest, filled(FIRST, {"setup": setup.strip("/").rpartition("/")[2]}))


@pytest.mark.deep
def test_each_says_what_it_is(visitor: Visit, world: World) -> None:
    """One heading of the first level, and a title that is not that of another page."""
    titles: dict[str, str] = {}
    for person, pages in ((None, STRANGERS), (world.ada, MEMBERS), (world.root, OPERATORS)):
        guest = visitor(person)
        guest.allow("404|403")
        for path in filled(pages, world.names):
            page = guest.open(path)
            expect(page.locator("h1")).not_to_have_count(0)
            titles[path] = page.title()
            page.close()
    assert all(title != "FlowBoard" for title in titles.values())
