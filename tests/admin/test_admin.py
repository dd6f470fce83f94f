"""The admin site: for operators alone, across organizations, read-only, and on record.

The staff role reads over a connection of its own, so what these tests look at has to be committed.
"""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connections
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.mails import note
from apps.accounts.models import AccountMail, RefusedAddress, User
from apps.audit.models import LogEntry
from apps.boards.models import Board
from apps.boards.selectors import get_board
from apps.boards.selectors.across import get_across
from apps.boards.services import Asked, Limit, add_quick_filter, choose_grouping, limit_lanes
from apps.boards.services.across import create_across
from apps.boards.services.across_quick_filters import AskedAcross, add_across_quick_filter
from apps.core.admin import SECRET_FIELDS, BoundedPaginator, site
from apps.core.tenancy import enter_person, run_as_system, unit_of_work
from apps.core.tenancy.routers import as_staff
from apps.events.models import Delivery, Event
from apps.issues.models import Issue
from apps.issues.services import (
    NewIssue,
    add_comment,
    create_issues,
    link_issues,
    log_work,
    move_to_project,
    note_visit,
    set_issue_starred,
    set_reaction,
)
from apps.notifications.models import Habits, IssueMute, Mail, MailPart, Preference, ProjectInterest
from apps.notifications.services import tell
from apps.orgs import admin as orgs_admin
from apps.orgs.models import Organization
from apps.orgs.services import begin_answer, change_limits, create_api_token, invite
from apps.projects.models import Project
from apps.projects.services import (
    create_field,
    create_label,
    create_version,
    set_project_starred,
    set_time_tracking,
)
from apps.sprints.services import make_calendar_link
from tests import factories
from tests.recurring.world import make_templates
from tests.webhooks.world import make_webhook

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = sorted(site._registry, key=lambda model: model._meta.label)
# Made by other features than those a test of the admin needs; their lists are opened empty.
MAY_BE_EMPTY = {
    "imports.ClaimedPerson",
    "exports.ExportRun",
    "imports.ExternalRef",
    "imports.ImportFile",
    "imports.ImportProblem",
    "imports.ImportRun",
    "imports.MappingProfile",
    "imports.PendingReference",
    "sprints.Sprint",
    "sprints.ScopeEntry",
    "sprints.Cadence",
    "sprints.Capacity",
    "account.EmailAddress",
    "events.Delivery",
}
MAY_BE_EMPTY |= {"recurring.Occurrence", "recurring.TemplateLabel"}
MAY_BE_EMPTY |= {"accounts.Server", "ops.DemoMark", "orgs.FormerSlug", "projects.FormerKey"}


@pytest.fixture
def operator(transactional_db: None) -> Client:
    """Olga's browser; she runs the server and is no member of anything."""
    client = Client()
    client.force_login(factories.make_user("Olga Operator", email="olga@example.test", is_staff=True))
    return client


def tell_somebody(org: Organization) -> None:
    """Somebody was assigned, told so, and chose what else to hear of."""
    mateo = factories.make_member(org)
    with run_as_system(org_id=org.pk) as actor:
        project = Project.objects.get(key="FLOW")
        [issue] = create_issues(actor=actor, project=project, batch=[NewIssue(title="Oil it", assignee=mateo)])
        here = {"org_id": org.pk, "project": project, "user": mateo}
        IssueMute.objects.create(issue=issue, **here)
        ProjectInterest.objects.create(level="muted", **here)
        Preference.objects.create(kind="edited", channels=0, **here)
        Habits.objects.create(org_id=org.pk, user=mateo)
        mail = Mail.objects.create(org_id=org.pk, user=mateo, state="dead", attempts=14, last_error="451 Busy")
        MailPart.objects.create(issue=issue, mail=mail, first_at=mail.created_at, due_at=mail.created_at, **here)
    RefusedAddress.objects.create(user=mateo, email=mateo.email, answer="550 5.1.1 No such user")
    with run_as_system(org_id=org.pk) as actor:
        tell(actor=actor, event=Event.objects.filter(kind="issue.created").latest("id"))


@pytest.fixture
def world(ada: User, acme: Organization, flow: Project, secret: Project) -> Organization:
    """Something of everything, in a private project as well."""
    with factories.acting(ada, acme) as actor:
        label = create_label(actor=actor, project=flow, name="wheels")
        version = create_version(actor=actor, project=flow, name="2.4")
        bug = flow.issue_types.get(name="Bug")
        create_field(actor=actor, project=flow, name="Customer", kind="text", type_ids=[bug.pk])
        create_api_token(actor=actor, name="nightly", scopes=["read"])
        begin_answer(actor=actor, key="k-1", digest="d")
        change_limits(actor=actor, rates={"api-read": 500})
        make_calendar_link(actor=actor, project=flow, whose="mine")
        make_templates(actor=actor, project=flow)
        make_webhook(actor=actor, project=flow)
        invite(actor=actor, email="new@example.test", role="member")
    issues = factories.make_issues(
        acme, flow, ada, "Dock the rover", labels=[label], fix_versions=[version], assignee=ada
    )
    (canary,) = factories.make_issues(acme, secret, ada, "Canary in a private project")
    with factories.acting(ada, acme) as actor:
        issue = Issue.objects.select_related("project").get(pk=issues[0].pk)
        add_comment(actor=actor, issue=issue, body="Slowly")
        set_reaction(actor=actor, issue=issue, emoji="heart", is_on=True)
        canary.project = set_time_tracking(actor=actor, project=Project.objects.get(pk=secret.pk), is_on=True)
        log_work(actor=actor, issue=canary, minutes=30)
        factories.attach_one(actor, issue, "rover.txt", b"How it docks")
        set_issue_starred(actor=actor, issue=issue, is_starred=True)
        set_project_starred(actor=actor, project=flow, is_starred=True)
        note_visit(actor=actor, issue=issue)
        batch = [NewIssue(title="Grease the wheels"), NewIssue(title="Paint the rover")]
        [other, away] = create_issues(actor=actor, project=issue.project, batch=batch)
        move_to_project(actor=actor, project=issue.project, issue_ids=[away.pk], target=secret)
        link_issues(actor=actor, source=issue, target=other, kind="relates")
        board = Board.objects.select_related("project").get(project=flow)
        add_quick_filter(actor=actor, board=board, name="My work", asked=Asked(is_mine=True))
        limit_lanes(actor=actor, board=board, by="epic", limit=Limit(at=9))
        both = create_across(actor=actor, name="Everything", by="status", project_ids=[flow.pk, secret.pk])
        seen = get_across(actor=actor, across_id=both.pk)
        choose_grouping(actor=actor, board=seen, grouping="epic")
        mine = AskedAcross(is_mine=True)
        add_across_quick_filter(actor=actor, board=both, view=seen, name="My work", asked=mine)
        choose_grouping(actor=actor, board=get_board(actor=actor, key=flow.key), grouping="epic")
    tell_somebody(acme)
    note(kind="account/email/account_already_exists", email=ada.email, context={})
    return acme


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def first_row(model: type[Model]) -> Model | None:
    with unit_of_work(), as_staff():
        return model._default_manager.order_by("-pk").first()


def make_dead(org: Organization, count: int = 1) -> list[int]:
    """Dead letters, as the outbox leaves them."""
    with run_as_system(org_id=org.pk):
        event = Event.objects.order_by("id").first()
        made = [
            Delivery.objects.create(
                org=org,
                event=event,
                handler=f"apps.mail.handlers.tell_{n}",
                state="dead",
                attempts=8,
                last_error="Boom",
            )
            for n in range(count)
        ]
    return [delivery.pk for delivery in made]


def visits(client: Client) -> list[LogEntry]:
    """What the operator's own history says."""
    user = get_user_model().objects.get(email="olga@example.test")
    with unit_of_work():
        enter_person(user_id=user.pk)
        return list(LogEntry.objects.filter(actor=user, event_kind__startswith="admin.").order_by("id"))


class TestTheDoor:
    def test_strangers_are_asked_to_sign_in_where_everybody_does(self, transactional_db: None) -> None:
        for path in ("/admin/", "/admin/issues/issue/", "/admin/orgs/organization/1/change/"):
            answer = Client().get(path)
            assert answer.status_code == 302
            assert answer["Location"] == f"{reverse('account_login')}?next={path}"
        assert Client().get("/admin/login/")["Location"].startswith(reverse("account_login"))
        assert Client().post("/admin/login/", {"username": "a", "password": "b"}).status_code == 302

    def test_people_who_run_nothing_find_nothing(self, ada: User, world: Organization) -> None:
        browser = Client()
        browser.force_login(ada)
        for path in ("/admin/", "/admin/issues/issue/", "/admin/login/", "/admin/jsi18n/"):
            answer = browser.get(path)
            assert answer.status_code == 404
            assert b"operations" not in answer.content

    def test_a_suspended_operator_is_a_stranger(self, operator: Client) -> None:
        get_user_model().objects.filter(email="olga@example.test").update(is_active=False)
        assert operator.get("/admin/").status_code == 302

    def test_signing_out_and_passwords_are_where_they_always_are(self, operator: Client) -> None:
        assert operator.post("/admin/logout/")["Location"] == reverse("account_logout")
        assert operator.get("/admin/password_change/")["Location"] == reverse("account_change_password")


class TestEveryModel:
    def test_of_ours_is_there(self) -> None:
        ours = {model for model in apps.get_models() if model.__module__.startswith("apps.")}
        assert ours <= set(MODELS)

    def test_has_a_list_that_finds_and_a_page_that_shows(self, operator: Client, world: Organization) -> None:
        for model in MODELS:
            label = model._meta.label
            lists = address(model, "changelist")
            assert operator.get(lists).status_code == 200, label
            for word in ("12345678901234567890", "a'b\"%_ wheels"):
                answer = operator.get(lists, {"q": word})
                assert answer.status_code == 200, (label, word)
            row = first_row(model)
            if row is None:
                assert label in MAY_BE_EMPTY, label
                continue
            assert operator.get(lists, {"q": str(row.pk)}).context["cl"].result_count >= 1, label
            shown = operator.get(address(model, "change", row.pk))
            assert shown.status_code == 200, label
            assert "This page is for reading." in shown.content.decode(), label
            assert b'name="_save"' not in shown.content, label

    def test_of_limits_shows_who_is_near_one_anywhere(
        self, operator: Client, world: Organization, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lists = reverse("admin:orgs_changedlimit_changelist")
        browser = Client()
        browser.force_login(ada)
        browser.get(f"/api/v1/orgs/{world.slug}/projects/")
        other = factories.make_org(ada, "Harbour Freight")
        with factories.acting(ada, other) as actor:
            token, secret = create_api_token(actor=actor, name="private name", scopes=["read"])
            change_limits(actor=actor, rates={"api-read": 4}, token_id=token.pk)
        Client().get(f"/api/v1/orgs/{other.slug}/projects/", headers={"authorization": f"Bearer {secret}"})
        page = operator.get(lists).content.decode()
        assert "1 / 500 (0 %)" in page
        assert "1 / 4 (25 %)" in page
        assert page.index("1 / 4") < page.index("1 / 500")
        assert "private name" not in page.partition("</table>")[0]
        monkeypatch.setattr(orgs_admin, "list_callers_everywhere", lambda: None)
        assert "The counters cannot be read" in operator.get(lists).content.decode()

    def test_refuses_every_write(self, operator: Client, world: Organization) -> None:
        for model in MODELS:
            label = model._meta.label
            row = first_row(model)
            assert operator.get(address(model, "add")).status_code == 403, label
            assert operator.post(address(model, "add"), {}).status_code == 403, label
            if row is None:
                continue
            assert operator.post(address(model, "change", row.pk), {"name": "X"}).status_code == 403, label
            assert operator.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403, label
            answer = operator.post(
                address(model, "changelist"), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
            )
            assert answer.status_code in {302, 200}, label
            again = first_row(model)
            assert again is not None, label
            if model is not LogEntry:  # the attempts above are on record
                assert again.pk == row.pk, label

    def test_keeps_its_secrets(self, operator: Client, world: Organization) -> None:
        for model in MODELS:
            fields = {field.name for field in model._meta.get_fields()} & SECRET_FIELDS
            row = first_row(model)
            if not fields or row is None:
                continue
            page = operator.get(address(model, "change", row.pk)).content.decode()
            for field in fields:
                assert str(getattr(row, field)) not in page
                answer = operator.get(address(model, "changelist"), {f"{field}__startswith": "a"})
                assert answer.status_code == 400

    def test_tells_a_row_that_is_not_there(self, operator: Client) -> None:
        answer = operator.get(address(Issue, "change", 999), follow=True)
        assert "doesn’t exist" in answer.content.decode()


class TestReading:
    def test_crosses_organizations_and_private_projects(self, operator: Client, world: Organization) -> None:
        page = operator.get(address(Issue, "changelist")).content.decode()
        assert "Canary in a private project" in page
        assert "Dock the rover" in page

    def test_an_issue_is_found_by_its_key(self, operator: Client, world: Organization) -> None:
        found = operator.get(address(Issue, "changelist"), {"q": "secret-1"}).context["cl"].result_list
        assert [issue.title for issue in found] == ["Canary in a private project"]

    def test_a_list_costs_the_same_whatever_its_length(
        self, operator: Client, ada: User, world: Organization, flow: Project
    ) -> None:
        with factories.acting(ada, world):
            flow.refresh_from_db()
            label = flow.labels.get()

        def queries() -> dict[str, int]:
            spent = {}
            for model in MODELS:
                with (
                    CaptureQueriesContext(connections["staff"]) as staff,
                    CaptureQueriesContext(connections["default"]) as own,
                ):
                    operator.get(address(model, "changelist"))
                own_reads = [query for query in own if query["sql"].startswith("SELECT")]
                spent[model._meta.label] = len(staff) + len(own_reads)
            return spent

        queries()
        few = queries()
        for n in range(4):
            user = factories.make_member(world, name=f"Person {n}")
            factories.make_project(world, user, f"P{n}X", visibility="private")
            factories.make_issues(world, flow, ada, f"More {n}", assignee=user, labels=[label])
            with factories.acting(user, world) as actor:
                issue = Issue.objects.select_related("project").order_by("-pk").first()
                add_comment(actor=actor, issue=issue, body="Yes")
                create_api_token(actor=actor, name="t", scopes=["read"])
        make_dead(world, 3)
        assert queries() == few

    def test_counts_no_further_than_anybody_pages(
        self, operator: Client, ada: User, world: Organization, flow: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.core.admin.MOST_COUNTED", 3)
        factories.make_issues(world, flow, ada, *"abcdef")
        with CaptureQueriesContext(connections["staff"]) as captured:
            assert operator.get(address(Issue, "changelist")).context["cl"].result_count == 3
        counts = [query["sql"] for query in captured if "COUNT" in query["sql"]]
        assert counts
        assert all("LIMIT 3" in sql for sql in counts)
        assert BoundedPaginator([1, 2], 10).count == 2

    def test_an_objects_history_is_the_audit_trail(self, operator: Client, world: Organization, flow: Project) -> None:
        page = operator.get(address(Project, "change", flow.pk))
        listed = operator.get(page.context["audit_url"]).context["cl"].result_list
        assert [entry.event_kind for entry in listed] == ["project.created"]
        assert operator.get(address(Project, "history", flow.pk))["Location"] == page.context["audit_url"]

    def test_the_staff_role_cannot_write(self, world: Organization) -> None:
        from django.db import ProgrammingError

        with pytest.raises(ProgrammingError, match="permission denied"):
            Issue.objects.using("staff").update(title="X")


class TestTheRecord:
    def test_has_every_visit_once(self, operator: Client, world: Organization) -> None:
        operator.get("/admin/", headers={"X-Request-ID": "request-one"})
        operator.get("/admin/jsi18n/")
        operator.get(address(Issue, "changelist"), {"q": "rover"})
        operator.get(address(User, "changelist"), {"password__startswith": "a"})
        noted = visits(operator)
        assert [entry.object_repr for entry in noted] == [
            "GET /admin/",
            "GET /admin/issues/issue/?q=rover",
        ]
        assert {entry.action for entry in noted} == {LogEntry.Action.ACCESS}
        assert noted[0].cid == "request-one"
        assert noted[0].remote_addr == "127.0.0.1"
        assert {entry.org_id for entry in noted} == {None}


class TestOrganizations:
    def act(self, operator: Client, action: str, *ids: int, reason: str = "They asked") -> str:
        answer = operator.post(
            address(Organization, "changelist"),
            {"action": action, "_selected_action": ids, "reason": reason},
            follow=True,
        )
        assert answer.status_code == 200
        return answer.content.decode()

    def test_are_suspended_and_let_in_again(self, operator: Client, ada: User, acme: Organization) -> None:
        other = factories.make_org(ada, "Harbour Freight")
        member = Client()
        member.force_login(ada)
        assert "2 objects were changed" in self.act(operator, "suspend", acme.pk, other.pk)
        for org in (acme, other):
            assert member.get(f"/{org.slug}/").status_code == 403
        assert "1 object was changed" in self.act(operator, "lift_suspension", acme.pk)
        assert member.get(f"/{acme.slug}/").status_code == 200
        assert member.get(f"/{other.slug}/").status_code == 403

    def test_remember_who_suspended_them_and_why(self, operator: Client, acme: Organization) -> None:
        other = factories.make_org(factories.make_user("Noor Haddad"), "Harbour Freight")
        self.act(operator, "suspend", acme.pk, other.pk, reason="Unpaid since May")
        for org in (acme, other):
            with run_as_system(org_id=org.pk):
                event = Event.objects.order_by("-id").first()
                entry = LogEntry.objects.order_by("-id").first()
            assert event is not None
            assert entry is not None
            assert (event.kind, event.reason) == (
                "organization.suspension_changed",
                "olga@example.test: Unpaid since May",
            )
            assert entry.reason == event.reason
            assert entry.remote_addr == "127.0.0.1"
        acted = [entry for entry in visits(operator) if entry.event_kind == "admin.acted"]
        assert [entry.additional_data["action"] for entry in acted] == ["suspend"]
        assert acted[0].additional_data["chosen"] == [str(acme.pk), str(other.pk)]

    def test_are_left_alone_without_a_reason(self, operator: Client, ada: User, acme: Organization) -> None:
        assert "Write down why" in self.act(operator, "suspend", acme.pk, reason="  ")
        member = Client()
        member.force_login(ada)
        assert member.get(f"/{acme.slug}/").status_code == 200

    def test_are_not_suspended_without_the_forms_token(self, ada: User, acme: Organization, operator: Client) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(get_user_model().objects.get(email="olga@example.test"))
        data = {"action": "suspend", "_selected_action": [acme.pk], "reason": "x"}
        assert strict.post(address(Organization, "changelist"), data).status_code == 403


class TestPeople:
    def act(self, operator: Client, action: str, *ids: int) -> str:
        data = {"action": action, "_selected_action": ids, "reason": "Left the company"}
        return operator.post(address(User, "changelist"), data, follow=True).content.decode()

    def test_are_signed_out_for_good_when_suspended(self, operator: Client, ada: User, acme: Organization) -> None:
        browser = Client()
        browser.force_login(ada)
        assert browser.get(f"/{acme.slug}/").status_code == 200
        assert "1 object was changed" in self.act(operator, "suspend", ada.pk)
        assert browser.get(f"/{acme.slug}/").status_code == 302
        assert "1 object was changed" in self.act(operator, "reinstate", ada.pk)
        assert browser.get(f"/{acme.slug}/").status_code == 302, "The old session came back to life."
        again = Client()
        again.force_login(User.objects.get(pk=ada.pk))
        assert again.get(f"/{acme.slug}/").status_code == 200

    def test_have_it_in_their_history(self, operator: Client, ada: User) -> None:
        self.act(operator, "suspend", ada.pk)
        olga = get_user_model().objects.get(email="olga@example.test")
        with unit_of_work():
            enter_person(user_id=olga.pk)
            entry = LogEntry.objects.get(actor=olga, object_id=ada.pk, action=LogEntry.Action.UPDATE)
        assert entry.changes["is_active"] == ["True", "False"]
        assert entry.reason == "olga@example.test: Left the company"

    def test_cannot_suspend_themselves(self, operator: Client) -> None:
        olga = get_user_model().objects.get(email="olga@example.test")
        page = self.act(operator, "suspend", olga.pk)
        assert "Ask another operator" in page
        assert get_user_model().objects.get(pk=olga.pk).is_active


class TestTheOutbox:
    def test_is_counted_on_the_first_page(self, operator: Client, world: Organization) -> None:
        make_dead(world, 3)
        page = operator.get("/admin/").content.decode()
        assert "Dead letters" in page
        assert "<strong>3</strong>" in page
        with run_as_system(org_id=world.pk):
            waiting = Delivery.objects.filter(state="waiting").first()
            Delivery.objects.filter(pk=waiting.pk).update(created_at=waiting.created_at - timedelta(minutes=73))
        assert "<strong>73</strong>" in operator.get("/admin/").content.decode(), "how long the oldest waits"
        listed = operator.get(address(Delivery, "changelist"), {"state__exact": "dead"})
        assert listed.context["cl"].result_count == 3

    def test_gives_dead_letters_another_chance(self, operator: Client, ada: User, world: Organization) -> None:
        other = factories.make_org(factories.make_user("Noor Haddad"), "Harbour Freight")
        ours, theirs = make_dead(world, 2), make_dead(other)
        with run_as_system(org_id=world.pk):
            Delivery.objects.filter(pk=ours[1]).update(state="done")
        data = {"action": "retry", "_selected_action": [*ours, *theirs], "reason": "Mail is back"}
        page = operator.post(address(Delivery, "changelist"), data, follow=True).content.decode()
        assert "2 objects were changed" in page
        for org, pk, state in ((world, ours[0], "waiting"), (world, ours[1], "done"), (other, theirs[0], "waiting")):
            with run_as_system(org_id=org.pk):
                delivery = Delivery.objects.get(pk=pk)
            assert (delivery.state, delivery.attempts) == (state, 8 if state == "done" else 0)

    def test_gives_mails_of_what_happened_another_chance(self, operator: Client, world: Organization) -> None:
        page = operator.get("/admin/").content.decode()
        assert "Mails given up" in page
        with run_as_system(org_id=world.pk):
            dead = Mail.objects.get()
            late = Mail.objects.create(org=world, user=dead.user, created_at=dead.created_at - timedelta(minutes=40))
        assert "<strong>40</strong>" in operator.get("/admin/").content.decode(), "how long the oldest waits"
        data = {"action": "retry", "_selected_action": [dead.pk, late.pk], "reason": "Mail is back"}
        page = operator.post(address(Mail, "changelist"), data, follow=True).content.decode()
        assert "1 object was changed" in page
        with run_as_system(org_id=world.pk):
            dead.refresh_from_db()
        assert (dead.state, dead.attempts, dead.last_error) == ("waiting", 0, "")

    def test_gives_mails_that_were_given_up_another_chance(self, operator: Client, world: Organization) -> None:
        AccountMail.objects.update(attempts=8, due_at=None)
        data = {"action": "retry", "_selected_action": [AccountMail.objects.get().pk], "reason": "Mail is back"}
        page = operator.post(address(AccountMail, "changelist"), data, follow=True).content.decode()
        assert "1 object was changed" in page
        mail = AccountMail.objects.get()
        assert mail.attempts == 0
        assert mail.due_at is not None
