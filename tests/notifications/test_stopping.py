"""The link at the end of a mail: it stops exactly what the mail came for, without signing in, and is no key to more."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from apps.core.tenancy import run_as_system
from apps.issues.models import Watcher
from apps.issues.services import add_comment, delete_issue, set_watching
from apps.notifications.models import Habits, IssueMute, Preference, ProjectInterest
from apps.notifications.stopping import Reason, token_of
from apps.orgs.models import Membership
from tests.mailbox import Mailbox, text_of
from tests.notifications.conftest import Team

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=5)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def path_of(mail: object) -> str:
    """Where the header of a mail leads."""
    found = re.search(r"/accounts/mail/[^>]+", str(mail["List-Unsubscribe"]))  # type: ignore[index]
    assert found
    return found.group()


@pytest.fixture
def stranger(db: None) -> Client:
    """A browser without any cookie, which has to pass the check for forged requests."""
    return Client(enforce_csrf_checks=True)


class TestStop:
    def test_reading_the_page_changes_nothing_and_the_button_stops_that_and_can_be_taken_back(
        self, mailed: Team, mailbox: Mailbox, stranger: Client
    ) -> None:
        issue = mailed.issue()
        mailed.do(mailed.yuki, set_watching, issue=issue, is_watching=True)
        mailed.do(mailed.ada, add_comment, issue=issue, body="One.")
        mailed.post(LATER)
        [mail] = mailbox.mails
        assert "You get this because you are watching it." in text_of(mail)
        assert "Stop watching FLOW-1" in text_of(mail)
        path = path_of(mail)
        page = stranger.get(path)
        assert b"news of FLOW-1 because you watch it" in page.content

        def is_watching() -> bool:
            with run_as_system(org_id=mailed.org.pk):
                return Watcher.objects.filter(issue=issue, user=mailed.yuki).exists()

        assert is_watching(), "programs that look for dangerous links open it too"
        assert b"It is stopped" in stranger.post(path, {"stop": "1"}).content
        assert not is_watching()
        assert b"It is stopped" in stranger.post(path, ONE_CLICK).content, "and again, which changes nothing"
        assert not is_watching()
        assert b"It comes again" in stranger.post(path, {"back": "1"}).content
        assert is_watching()
        stranger.post(path, ONE_CLICK)
        mailed.do(mailed.ada, add_comment, issue=issue, body="Two.")
        mailed.post(LATER)
        assert len(mailbox.mails) == 1

    def test_what_names_somebody_is_stopped_by_kind_wherever_it_was_chosen(
        self, mailed: Team, mailbox: Mailbox, stranger: Client
    ) -> None:
        issue = mailed.issue(assignee=mailed.mateo)
        with run_as_system(org_id=mailed.org.pk):
            here = {"org": mailed.org, "user": mailed.yuki, "kind": "mentioned"}
            Preference.objects.create(project=mailed.project, channels=3, **here)
        mailed.do(mailed.ada, add_comment, issue=issue, body="@yuki @gus")
        mailed.post()
        by_person = {mail["To"]: mail for mail in mailbox.mails}
        assert "You get this because you were mentioned." in text_of(by_person[mailed.yuki.email])
        assert "You get this because it was given to you." in text_of(by_person[mailed.mateo.email])
        for person in (mailed.yuki, mailed.mateo):
            assert b"It is stopped" in stranger.post(path_of(by_person[person.email]), ONE_CLICK).content

        def chosen() -> set[tuple[str, str, bool, int]]:
            with run_as_system(org_id=mailed.org.pk):
                rows = Preference.objects.values_list("user__name", "kind", "project", "channels")
                return {(name.split()[0], kind, project is None, channels) for name, kind, project, channels in rows}

        assert chosen() == {
            ("Yuki", "mentioned", False, 1),
            ("Yuki", "mentioned", True, 5),
            ("Mateo", "assigned", True, 5),
        }
        stranger.post(path_of(by_person[mailed.yuki.email]), {"back": "1"})
        assert ("Yuki", "mentioned", False, 3) in chosen()
        assert ("Yuki", "mentioned", True, 7) in chosen()

    def test_an_issue_is_muted_a_project_left_alone_and_everything_stopped(
        self, mailed: Team, mailbox: Mailbox, stranger: Client
    ) -> None:
        issue = mailed.issue()
        paths = {
            what: f"/accounts/mail/{token_of(Reason(mailed.mateo.pk, mailed.org.slug, what, about))}/"
            for what, about in (("mute", issue.pk), ("following", mailed.project.pk), ("all", 0))
        }

        def rows() -> list[int]:
            with run_as_system(org_id=mailed.org.pk):
                mine = {"user": mailed.mateo}
                return [
                    IssueMute.objects.filter(**mine).count(),
                    ProjectInterest.objects.filter(level="followed", **mine).count(),
                    Habits.objects.filter(rhythm="never", **mine).count(),
                ]

        with run_as_system(org_id=mailed.org.pk):
            here = {"org": mailed.org, "project": mailed.project, "user": mailed.mateo}
            ProjectInterest.objects.create(level="followed", **here)
        assert rows() == [0, 1, 0]
        for path in paths.values():
            assert stranger.post(path, ONE_CLICK).status_code == 200
        assert rows() == [1, 0, 1]
        for path in paths.values():
            assert b"It comes again" in stranger.post(path, {"back": "1"}).content
        assert rows() == [0, 1, 0]
        with run_as_system(org_id=mailed.org.pk):
            Habits.objects.filter(user=mailed.mateo).update(rhythm="weekly")
        assert b'value="weekly"' in stranger.post(paths["all"], {"stop": "1"}).content
        assert rows() == [0, 1, 1]
        stranger.post(paths["all"], {"back": "weekly"})
        with run_as_system(org_id=mailed.org.pk):
            assert Habits.objects.get(user=mailed.mateo).rhythm == "weekly", "as it was before"
        for what, words in (
            ("mute", b"news of FLOW-1 that does not name you"),
            ("following", b"news of everything in FLOW"),
            ("all", b"mail from Acme Robotics"),
        ):
            assert words in stranger.get(paths[what]).content

    def test_a_link_that_was_cut_or_made_up_says_so(self, mailed: Team, stranger: Client) -> None:
        token = token_of(Reason(mailed.mateo.pk, mailed.org.slug, "all"))
        for wrong in (token[:-3], "x", token.replace(".", ".x")):
            answer = stranger.post(f"/accounts/mail/{wrong}/", ONE_CLICK)
            assert answer.status_code == 404
            assert b"This link does not work" in answer.content
        with run_as_system(org_id=mailed.org.pk):
            assert not Habits.objects.exists()

    def test_names_nothing_that_its_person_lost(self, mailed: Team, stranger: Client) -> None:
        issue = mailed.issue()
        tokens = [token_of(Reason(mailed.mateo.pk, mailed.org.slug, what, issue.pk)) for what in ("mute", "watching")]
        mailed.do(mailed.ada, delete_issue, issue=issue)
        for token in tokens:
            answer = stranger.post(f"/accounts/mail/{token}/", ONE_CLICK)
            assert b"It is stopped" in answer.content
            assert b"FLOW-1" not in answer.content
        with run_as_system(org_id=mailed.org.pk):
            assert not IssueMute.objects.exists()
            Membership.objects.filter(user=mailed.mateo).update(ended_at=issue.created_at)
        answer = stranger.post(f"/accounts/mail/{tokens[0]}/", ONE_CLICK)
        assert (answer.status_code, b"No more mail comes from there" in answer.content) == (200, True)
