"""Creating, commenting, watching, archive and bin."""

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import run_as_system
from apps.events.models import Event
from apps.issues import services
from apps.issues.models import Comment, Issue, Watcher
from apps.issues.selectors import NoSuchIssue, get_comment, get_issue, visible_issues
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project
from apps.projects.policies import Role
from apps.projects.services import create_label, set_project_archived
from tests.factories import acting, give_role, make_issues, make_member, make_org, make_project, make_user


@pytest.fixture
def issue(ada: User, acme: Organization, flow: Project) -> Issue:
    return make_issues(acme, flow, ada, "a")[0]


def reload(issue: Issue) -> Issue:
    return Issue.objects.select_related("project", "status", "type").get(pk=issue.pk)


class TestCreateIssues:
    def test_gives_numbers_ranks_and_watchers(self, ada: User, acme: Organization, flow: Project) -> None:
        member = make_member(acme)
        issues = make_issues(acme, flow, ada, "a", "b", assignee=member)
        assert [issue.number for issue in issues] == [1, 2]
        assert issues[0].rank < issues[1].rank
        with acting(ada, acme):
            assert set(Watcher.objects.values_list("user_id", flat=True)) == {ada.pk, member.pk}

    def test_creates_nothing_from_nothing(self, ada: User, acme: Organization, flow: Project) -> None:
        assert make_issues(acme, flow, ada) == []

    def test_refuses_an_archived_project(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            set_project_archived(actor=actor, project=Project.objects.get(pk=flow.pk), is_archived=True)
        with pytest.raises(Forbidden):
            make_issues(acme, flow, ada, "a")

    def test_refuses_a_parent_that_cannot_hold_it(self, ada: User, acme: Organization, flow: Project) -> None:
        [task] = make_issues(acme, flow, ada, "task")
        with acting(ada, acme) as actor:
            for name in ("Task", "Epic"):
                kind = IssueType.objects.get(project=flow, name=name)
                with pytest.raises(Invalid, match="An epic holds issues"):
                    services.create_issue(
                        actor=actor, project=flow, new=services.NewIssue(title="x", type=kind, parent=task)
                    )
            assert Issue.objects.count() == 1

    def test_refuses_what_belongs_elsewhere(self, ada: User, acme: Organization, flow: Project) -> None:
        other = make_project(acme, ada, "OTHER")
        eve = make_user("Eve")
        evil = make_org(eve, "Evil")
        (foreign,) = make_issues(evil, make_project(evil, eve, "EVIL"), eve, "x")
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=other.pk)
            label = create_label(actor=actor, project=project, name="x")
            status = project.statuses.first()
        for fields in (
            {"labels": [label]},
            {"status": status},
            {"assignee": eve},
            {"parent": foreign},
            {"priority": 9},
        ):
            with pytest.raises(Invalid):
                make_issues(acme, flow, ada, "a", **fields)
        with acting(ada, acme):
            assert Issue.objects.count() == 0

    def test_keeps_the_numbers_of_an_import_and_goes_on_after_them(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        with run_as_system(org_id=acme.pk) as actor:
            services.create_issues(
                actor=actor,
                project=Project.objects.get(pk=flow.pk),
                batch=[services.NewIssue(title="old", number=41, created_at=timezone.now())],
            )
        assert make_issues(acme, flow, ada, "new")[0].number == 42


class TestArchiveAndBin:
    def test_archiving_hides_from_lists_but_not_from_its_page(
        self, ada: User, acme: Organization, issue: Issue
    ) -> None:
        with acting(ada, acme) as actor:
            services.archive_issue(actor=actor, issue=reload(issue))
            services.archive_issue(actor=actor, issue=reload(issue))
            assert not visible_issues(actor=actor).alive().exists()
            assert get_issue(actor=actor, key="FLOW-1").archived_at is not None
            assert reload(issue).version == 2

    def test_deleting_and_restoring(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            services.delete_issue(actor=actor, issue=reload(issue))
            with pytest.raises(NoSuchIssue):
                get_issue(actor=actor, key="FLOW-1")
            binned = get_issue(actor=actor, key="flow-1", with_deleted=True)
            services.restore_issue(actor=actor, issue=binned)
            services.restore_issue(actor=actor, issue=binned)
            assert get_issue(actor=actor, key="FLOW-1").version == 3
        with acting(ada, acme):
            kinds = list(Event.objects.filter(issue=issue).order_by("id").values_list("kind", flat=True))
            assert kinds == ["issue.created", "issue.deleted", "issue.restored"]

    def test_the_bin_is_closed_to_readers(self, ada: User, acme: Organization, secret: Project) -> None:
        (issue,) = make_issues(acme, secret, ada, "a")
        viewer = make_member(acme)
        give_role(acme, secret, viewer, Role.VIEWER)
        with acting(ada, acme) as actor:
            services.delete_issue(actor=actor, issue=reload(issue))
        with acting(viewer, acme) as actor:
            with pytest.raises(NoSuchIssue):
                get_issue(actor=actor, key="SECRET-1", with_deleted=True)
            for verb in (services.archive_issue, services.delete_issue, services.restore_issue):
                with pytest.raises(Forbidden):
                    verb(actor=actor, issue=reload(issue))

    def test_restoring_what_never_was_is_refused(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            unknown = reload(issue)
            unknown.pk = 999_999_999
            with pytest.raises(NotFound):
                services.restore_issue(actor=actor, issue=unknown)


class TestWatching:
    def test_follows_and_stops(self, acme: Organization, issue: Issue) -> None:
        member = make_member(acme)
        with acting(member, acme) as actor:
            services.set_watching(actor=actor, issue=reload(issue), is_watching=True)
            services.set_watching(actor=actor, issue=reload(issue), is_watching=True)
            assert Watcher.objects.filter(user=member).count() == 1
            services.set_watching(actor=actor, issue=reload(issue), is_watching=False)
            assert Watcher.objects.filter(user=member).count() == 0
        with acting(member, acme):
            assert Event.objects.filter(kind="issue.watched").count() == 2

    def test_the_system_follows_nothing(self, acme: Organization, issue: Issue) -> None:
        with run_as_system(org_id=acme.pk) as actor, pytest.raises(Forbidden):
            services.set_watching(actor=actor, issue=reload(issue), is_watching=True)


class TestComments:
    def test_the_author_watches_from_then_on(self, acme: Organization, issue: Issue) -> None:
        member = make_member(acme)
        with acting(member, acme) as actor:
            services.add_comment(actor=actor, issue=reload(issue), body="  hello  ")
            assert Comment.objects.get().body == "hello"
            assert Watcher.objects.filter(user=member).exists()

    @pytest.mark.parametrize("body", ["", "   ", "nul\x00", "x" * 100_001])
    def test_refuses_what_cannot_be_stored(self, ada: User, acme: Organization, issue: Issue, body: str) -> None:
        with acting(ada, acme) as actor, pytest.raises(Invalid):
            services.add_comment(actor=actor, issue=reload(issue), body=body)

    def test_refuses_viewers(self, ada: User, acme: Organization, secret: Project) -> None:
        (issue,) = make_issues(acme, secret, ada, "a")
        viewer = make_member(acme)
        give_role(acme, secret, viewer, Role.VIEWER)
        with acting(viewer, acme) as actor, pytest.raises(Forbidden):
            services.add_comment(actor=actor, issue=reload(issue), body="hi")

    def test_only_its_author_edits_it(self, ada: User, acme: Organization, issue: Issue) -> None:
        member = make_member(acme)
        with acting(member, acme) as actor:
            comment = services.add_comment(actor=actor, issue=reload(issue), body="first")
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            services.edit_comment(actor=actor, comment=get_comment(actor=actor, comment_id=comment.pk), body="x")
        with acting(member, acme) as actor:
            found = get_comment(actor=actor, comment_id=comment.pk)
            assert services.edit_comment(actor=actor, comment=found, body="first").edited_at is None
            assert services.edit_comment(actor=actor, comment=found, body="second").edited_at is not None
        with acting(ada, acme):
            assert Event.objects.filter(kind="comment.edited").count() == 1

    def test_its_author_and_admins_delete_it(self, ada: User, acme: Organization, issue: Issue) -> None:
        member, other = make_member(acme), make_member(acme)
        with acting(member, acme) as actor:
            comments = [services.add_comment(actor=actor, issue=reload(issue), body=text) for text in "ab"]
        with acting(other, acme) as actor, pytest.raises(Forbidden):
            services.delete_comment(actor=actor, comment=get_comment(actor=actor, comment_id=comments[0].pk))
        for person, comment in ((member, comments[0]), (ada, comments[1])):
            with acting(person, acme) as actor:
                services.delete_comment(actor=actor, comment=get_comment(actor=actor, comment_id=comment.pk))
                with pytest.raises(NotFound):
                    get_comment(actor=actor, comment_id=comment.pk)

    def test_only_flowboard_itself_imports_comments(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            services.import_comments(actor=actor, project=flow, batch=[])
