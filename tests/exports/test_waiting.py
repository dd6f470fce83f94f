"""What waits in Triage waits again in another organization."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live_settings
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.core.tenancy import OrgRole, run_as_system
from apps.issues.models import Issue
from apps.issues.selectors import get_triage
from apps.issues.services import NewIssue, accept_issue, add_comment, archive_issue, create_issue, snooze_issue
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.projects.services import set_triage
from apps.sprints.services import create_sprint, plan_issues
from tests.exports.test_configuration import take_back
from tests.exports.test_past import history
from tests.exports.test_round_trip import content, taken_out
from tests.factories import acting, give_role, make_issues, make_member, make_org, make_project
from tests.imports.test_import_tracker import import_tracker

pytestmark = pytest.mark.django_db(transaction=True)

LATER = timezone.localdate() + timedelta(days=30)


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {**live_settings.STORAGES, "attachments": {"BACKEND": "apps.core.files.LocalFiles"}}


@pytest.fixture
def globex(ada: User) -> Organization:
    return make_org(ada, "Globex", "globex")


@pytest.fixture(autouse=True)
def _reported(ada: User, acme: Organization, flow: Project) -> None:
    """A guest has reported four issues: of one somebody decided, one is put off, and one is archived."""
    guest = make_member(acme, OrgRole.GUEST, "Gus Guest")
    with acting(ada, acme) as actor:
        set_triage(actor=actor, project=Project.objects.get(pk=flow.pk), is_on=True)
    give_role(acme, flow, guest, "member")
    make_issues(acme, flow, ada, "Ours")
    for title in ("It leaks", "It creaks", "It squeaks", "It reeks"):
        with acting(guest, acme) as actor:
            project = Project.objects.get(pk=flow.pk)
            create_issue(actor=actor, project=project, new=NewIssue(title=title))
    with acting(ada, acme) as actor:
        add_comment(actor=actor, issue=issue("It leaks"), body="Where?")
        accept_issue(actor=actor, issue=issue("It creaks"))
        snooze_issue(actor=actor, issue=issue("It squeaks"), until=LATER)
        archive_issue(actor=actor, issue=issue("It reeks"))


def issue(title: str) -> Issue:
    return Issue.objects.select_related("project", "type", "status").get(title=title)


def accept(ada: User, org: Organization, title: str) -> None:
    """Take an issue into a sprint."""
    with acting(ada, org) as actor:
        found = issue(title)
        sprint = create_sprint(actor=actor, project=found.project, name="Sprint 1")
        accept_issue(actor=actor, issue=found, sprint_id=sprint.pk)


def waiting(ada: User, org: Organization, key: str = "FLOW") -> list[tuple[str, date | None]]:
    with acting(ada, org) as actor:
        triage = get_triage(actor=actor, project=Project.objects.get(key=key))
        return [(each.title, each.snoozed_until) for each in (*triage.waiting, *triage.snoozed)]


def decided(path: Path) -> list[dict[str, Any]]:
    """The issues of an archive, without their places: those that were here keep theirs."""
    return [{**each, "place": None} for each in content(path)["issues"]]


def told(account: dict[str, Any]) -> list[str]:
    return [each["reason"] for each in account["problems"] if each["field"] == "triage"]


class TestTriage:
    def test_is_the_same_in_another_organization(
        self, ada: User, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        first = taken_out(acme, tmp_path / "first.zip")
        account = import_tracker(first, "--org", globex.slug)
        assert (account["imported"], account["failed"], told(account)) == (5, 0, [])
        assert waiting(ada, globex) == [("It leaks", None), ("It squeaks", LATER)]
        second = taken_out(globex, tmp_path / "second.zip")
        assert [bool(each["triage_since"]) for each in content(first)["issues"]] == [False, True, False, True, True]
        assert content(second) == content(first)
        assert history(second) == history(first)
        again = import_tracker(first, "--org", globex.slug)
        assert (again["imported"], again["updated"]) == (0, 0)
        assert take_back(globex, account)["kept"] == []
        with run_as_system(org_id=globex.pk):
            assert not Issue.objects.exists()

    def test_takes_in_what_a_newer_archive_has_decided(
        self, ada: User, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        import_tracker(taken_out(acme, tmp_path / "first.zip"), "--org", globex.slug)
        accept(ada, acme, "It squeaks")
        second = taken_out(acme, tmp_path / "second.zip")
        newer = import_tracker(second, "--org", globex.slug)
        assert (newer["updated"], newer["failed"]) == (1, 0)
        assert decided(taken_out(globex, tmp_path / "third.zip")) == decided(second)
        assert waiting(ada, globex) == [("It leaks", None)]
        assert take_back(globex, newer)["kept"] == []
        assert [title for title, _until in waiting(ada, globex)] == ["It leaks", "It squeaks"]
        import_tracker(second, "--org", globex.slug)
        assert waiting(ada, globex) == [("It leaks", None)]

    def test_does_not_wait_again_once_somebody_has_decided_here(
        self, ada: User, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        import_tracker(taken_out(acme, tmp_path / "first.zip"), "--org", globex.slug)
        accept(ada, globex, "It leaks")
        with acting(ada, acme) as actor:
            snooze_issue(actor=actor, issue=issue("It leaks"), until=LATER)
            add_comment(actor=actor, issue=issue("It leaks"), body="Here.")
        newer = import_tracker(taken_out(acme, tmp_path / "second.zip"), "--org", globex.slug)
        assert (newer["updated"], newer["failed"]) == (1, 0)
        assert waiting(ada, globex) == [("It squeaks", LATER)]

    def test_stays_out_of_sprints_while_it_waits_here_alone(
        self, ada: User, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        import_tracker(taken_out(acme, tmp_path / "first.zip"), "--org", globex.slug)
        with acting(ada, globex):
            Issue.objects.filter(title="It creaks").update(triage_since=timezone.now())
        with acting(ada, acme) as actor:
            sprint = create_sprint(actor=actor, project=issue("It creaks").project, name="Sprint 1")
            plan_issues(actor=actor, issues=[issue("It creaks")], sprint=sprint)
        newer = import_tracker(taken_out(acme, tmp_path / "second.zip"), "--org", globex.slug)
        assert (newer["updated"], newer["failed"]) == (1, 0)
        assert "It creaks" in [title for title, _until in waiting(ada, globex)]

    def test_is_told_where_the_project_has_none(
        self, ada: User, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        make_issues(globex, make_project(globex, ada, "OWN"), ada, "Something to do")
        account = import_tracker(taken_out(acme, tmp_path / "first.zip"), "--org", globex.slug, "--project", "OWN")
        assert told(account) == ["It waited in Triage and waits no more, since the project has none here."] * 3
        assert waiting(ada, globex, "OWN") == []
