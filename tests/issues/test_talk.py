"""What people do with what was said: they react to it, and change their own."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import run_as_system
from apps.events.models import Change, Event
from apps.issues import services
from apps.issues.activity import activity
from apps.issues.models import Comment, Issue, Reaction
from apps.issues.selectors import comment_history, former, get_comment, get_issue, reactions_of
from apps.issues.selectors.reactions import MOST_NAMED
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.projects.policies import Role
from tests.factories import acting, give_role, make_issues, make_member


@pytest.fixture
def issue(ada: User, acme: Organization, flow: Project) -> Issue:
    return make_issues(acme, flow, ada, "Catch up after a restart")[0]


@pytest.fixture
def comment(ada: User, acme: Organization, issue: Issue) -> Comment:
    with acting(ada, acme) as actor:
        return services.add_comment(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"), body="It hangs.")


@pytest.fixture
def client(ada: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client


def react(user: User, org: Organization, emoji: str, comment: Comment | None = None, *, is_on: bool = True) -> None:
    with acting(user, org) as actor:
        issue = get_issue(actor=actor, key="FLOW-1")
        about = get_comment(actor=actor, comment_id=comment.pk) if comment else None
        services.set_reaction(actor=actor, issue=issue, comment=about, emoji=emoji, is_on=is_on)


class TestReactions:
    def test_are_counted_with_names_in_one_query(self, ada: User, acme: Organization, comment: Comment) -> None:
        mateo = make_member(acme)
        react(mateo, acme, "heart")
        react(ada, acme, "heart", comment)
        react(mateo, acme, "heart", comment)
        react(mateo, acme, "up", comment)
        with acting(ada, acme) as actor, CaptureQueriesContext(connection) as queries:
            found = reactions_of(actor=actor, issue=comment.issue)
            assert len(queries) == 1
        drawn = {
            place: [(one.emoji, one.count, one.who, one.is_mine) for one in signs] for place, signs in found.items()
        }
        assert drawn == {
            None: [("heart", 1, "Mateo Ruiz", False)],
            comment.pk: [("up", 1, "Mateo Ruiz", False), ("heart", 2, "Ada Okafor and Mateo Ruiz", True)],
        }

    def test_of_many_people_name_some_and_count_the_others(self, ada: User, acme: Organization, issue: Issue) -> None:
        for number in range(MOST_NAMED + 2):
            react(make_member(acme, name=f"Person{number} Surname"), acme, "up")
        with acting(ada, acme) as actor:
            (found,) = reactions_of(actor=actor, issue=issue)[None]
        assert found.count == MOST_NAMED + 2
        assert found.who.startswith("Person0 Surname, Person1 Surname")
        assert found.who.endswith(f"Person{MOST_NAMED - 1} Surname and 2 others")

    def test_are_there_once_and_go_again_and_each_change_is_a_fact_that_tells_nobody(
        self, ada: User, acme: Organization, comment: Comment
    ) -> None:
        mateo = make_member(acme)
        for is_on in (True, True, False, False):
            react(mateo, acme, "party", comment, is_on=is_on)
        react(mateo, acme, "party")
        react(mateo, acme, "party")
        with acting(ada, acme):
            assert [(one.comment_id, one.user_id) for one in Reaction.objects.all()] == [(None, mateo.pk)]
            facts = Event.objects.filter(kind="reaction.changed").order_by("seq")
            assert [(fact.data["comment_id"], fact.data["is_on"]) for fact in facts] == [
                (comment.pk, True),
                (comment.pk, False),
                (None, True),
            ]
            assert not any(fact.deliveries.exists() for fact in facts)

    def test_are_for_people_who_may_comment_and_of_our_set(
        self, ada: User, acme: Organization, secret: Project
    ) -> None:
        (hidden,) = make_issues(acme, secret, ada, "s")
        viewer = make_member(acme)
        give_role(acme, secret, viewer, Role.VIEWER)
        with acting(viewer, acme) as actor:
            found = get_issue(actor=actor, key="SECRET-1")
            with pytest.raises(Forbidden):
                services.set_reaction(actor=actor, issue=found, emoji="up", is_on=True)
        with run_as_system(org_id=acme.pk) as actor:
            found = Issue.objects.select_related("project").get(pk=hidden.pk)
            with pytest.raises(Forbidden):
                services.set_reaction(actor=actor, issue=found, emoji="up", is_on=True)
        with acting(ada, acme) as actor:
            found = get_issue(actor=actor, key="SECRET-1")
            with pytest.raises(Invalid, match="offered"):
                services.set_reaction(actor=actor, issue=found, emoji="x\x00", is_on=True)
            assert not Reaction.objects.exists()

    def test_move_with_their_issue_to_another_project(
        self, ada: User, acme: Organization, flow: Project, secret: Project, comment: Comment
    ) -> None:
        react(ada, acme, "eyes", comment)
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=flow.pk)
            services.move_to_project(actor=actor, project=project, issue_ids=[comment.issue_id], target=secret)
            assert Reaction.objects.get().project_id == secret.pk
        with acting(make_member(acme), acme):
            assert not Reaction.objects.exists()

    def test_by_forms_alone(self, client: Client, acme: Organization, comment: Comment) -> None:
        issue_path = f"/{acme.slug}/issue/FLOW-1/"
        page = client.post(issue_path + "reactions/", {"add": "rocket"}, follow=True).content.decode()
        assert "Your reaction is added." in page
        assert 'aria-label="1 × Rocket: Ada Okafor"' in page
        path = f"/{acme.slug}/comments/{comment.pk}/reactions/"
        assert "1 × Heart" in client.post(path, {"add": "heart"}, follow=True).content.decode()
        page = client.post(path, {"remove": "heart"}, follow=True).content.decode()
        assert "Your reaction is gone." in page
        assert "1 × Heart" not in page
        assert client.post(path, {}).status_code == 422

    def test_are_read_by_those_who_may_only_read(
        self, ada: User, client: Client, acme: Organization, flow: Project, secret: Project
    ) -> None:
        make_issues(acme, secret, ada, "s")
        viewer = make_member(acme)
        give_role(acme, secret, viewer, Role.VIEWER)
        client.post(f"/{acme.slug}/issue/SECRET-1/reactions/", {"add": "up"})
        client.force_login(viewer)
        page = client.get(f"/{acme.slug}/issue/SECRET-1/").content.decode()
        assert "1 × Thumbs up: Ada Okafor" in page
        assert "Add a reaction" not in page


class TestCommentHistory:
    def test_shows_each_edit_with_who_and_when_and_the_first_words(
        self, ada: User, client: Client, acme: Organization, comment: Comment
    ) -> None:
        with acting(ada, acme) as actor:
            other = services.add_comment(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"), body="Mine too.")
            for body in ("It hangs <b>often</b>.", "It hangs <b>always</b>."):
                services.edit_comment(actor=actor, comment=comment, body=body)
            services.edit_comment(actor=actor, comment=other, body="Mine not.")
        with acting(ada, acme) as actor:
            last, first = comment_history(actor=actor, comment=comment).edits
            assert [(piece.kind, piece.text) for piece in last.pieces if piece.kind != "same"] == [
                ("gone", "often"),
                ("new", "always"),
            ]
            assert (last.author, first.author) == (ada, ada)
            assert last.at >= first.at
        path = f"/{acme.slug}/comments/{comment.pk}/history/"
        page = client.get(path).content.decode()
        assert "<html" in page
        assert "<del>often</del><ins>always</ins>&lt;/b&gt;" in page
        assert '<div class="compared">It hangs.</div>' in page
        assert "Mine" not in page
        assert "<html" not in client.get(path, headers={"HX-Request": "true"}).content.decode()

    def test_of_what_was_never_changed_is_what_it_says(
        self, ada: User, client: Client, acme: Organization, comment: Comment
    ) -> None:
        page = client.get(f"/{acme.slug}/comments/{comment.pk}/history/").content.decode()
        assert '<div class="compared">It hangs.</div>' in page

    def test_shows_the_newest_edits_for_the_same_price(
        self, ada: User, client: Client, acme: Organization, comment: Comment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(former, "MOST_EDITS", 6)

        def edit(times: int) -> int:
            with acting(ada, acme) as actor:
                for _time in range(times):
                    fresh = get_comment(actor=actor, comment_id=comment.pk)
                    services.edit_comment(actor=actor, comment=fresh, body=fresh.body + " More.")
            with acting(ada, acme) as actor, CaptureQueriesContext(connection) as queries:
                comment_history(actor=actor, comment=comment)
            return len(queries)

        assert edit(2) == edit(4)
        with acting(ada, acme) as actor:
            assert comment_history(actor=actor, comment=comment).original == "It hangs."
        edit(1)
        with acting(ada, acme) as actor:
            found = comment_history(actor=actor, comment=comment)
            assert (len(found.edits), found.original) == (6, None)
        page = client.get(f"/{acme.slug}/comments/{comment.pk}/history/").content.decode()
        assert "Older edits are not shown here." in page

    def test_goes_with_the_comment(self, ada: User, client: Client, acme: Organization, comment: Comment) -> None:
        with acting(ada, acme) as actor:
            services.delete_comment(actor=actor, comment=get_comment(actor=actor, comment_id=comment.pk))
        assert client.get(f"/{acme.slug}/comments/{comment.pk}/history/").status_code == 404


class TestPinnedComment:
    def test_is_one_and_its_history_says_so(self, ada: User, acme: Organization, comment: Comment) -> None:
        with acting(ada, acme) as actor:
            issue = get_issue(actor=actor, key="FLOW-1")
            other = services.add_comment(actor=actor, issue=issue, body="Restart it.")

        def pin(which: Comment, *, is_pinned: bool) -> list[int]:
            with acting(ada, acme) as actor:
                found = get_comment(actor=actor, comment_id=which.pk)
                services.set_pinned(actor=actor, comment=found, is_pinned=is_pinned)
            with acting(ada, acme) as actor:
                return [entry.id for entry in activity(actor=actor, issue=issue) if entry.is_pinned]

        assert pin(comment, is_pinned=True) == [comment.pk]
        assert pin(comment, is_pinned=True) == [comment.pk]
        assert pin(other, is_pinned=True) == [other.pk]
        assert pin(comment, is_pinned=False) == [other.pk]
        assert pin(other, is_pinned=False) == []
        with acting(ada, acme) as actor:
            changes = Change.objects.filter(field="pinned_comment").order_by("id").values_list("old", "new")
            assert list(changes) == [(None, comment.pk), (comment.pk, other.pk), (other.pk, None)]
            told = [entry.sentence_html.striptags() for entry in activity(actor=actor, issue=issue)]
            assert told.count("Ada Okafor pinned a comment") == 2
            assert told.count("Ada Okafor took the pinned comment down") == 1

    def test_is_for_those_who_may_edit_the_issue(
        self, ada: User, client: Client, acme: Organization, comment: Comment, secret: Project
    ) -> None:
        make_issues(acme, secret, ada, "s")
        commenter = make_member(acme)
        give_role(acme, secret, commenter, Role.COMMENTER)
        with acting(commenter, acme) as actor:
            issue = get_issue(actor=actor, key="SECRET-1")
            mine = services.add_comment(actor=actor, issue=issue, body="Mine.")
            with pytest.raises(Forbidden):
                services.set_pinned(actor=actor, comment=mine, is_pinned=True)
        client.post(f"/{acme.slug}/comments/{mine.pk}/pin/", {"pin": "1"})
        client.force_login(commenter)
        page = client.get(f"/{acme.slug}/issue/SECRET-1/").content.decode()
        assert 'class="pinned"' in page
        assert "Unpin" not in page

    def test_goes_when_it_is_deleted_and_another_one_can_be_pinned(
        self, ada: User, acme: Organization, comment: Comment
    ) -> None:
        with acting(ada, acme) as actor:
            found = get_comment(actor=actor, comment_id=comment.pk)
            other = services.add_comment(actor=actor, issue=found.issue, body="Restart it.")
            services.set_pinned(actor=actor, comment=found, is_pinned=True)
            services.delete_comment(actor=actor, comment=found)
            with pytest.raises(NotFound):
                services.set_pinned(actor=actor, comment=found, is_pinned=True)
            services.set_pinned(actor=actor, comment=other, is_pinned=True)
            shown = [entry.id for entry in activity(actor=actor, issue=found.issue) if entry.is_pinned]
            assert shown == [other.pk]

    def test_by_forms_alone(self, client: Client, acme: Organization, comment: Comment) -> None:
        path = f"/{acme.slug}/comments/{comment.pk}/pin/"
        page = client.post(path, {"pin": "1"}, follow=True).content.decode()
        assert "The comment is pinned." in page
        assert 'class="pinned"' in page
        page = client.post(path, {"pin": "0"}, follow=True).content.decode()
        assert "The comment is no longer pinned." in page
        assert 'class="pinned"' not in page
