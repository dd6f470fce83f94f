"""Plays the demo's stories through the services, each step at the moment at which it would have happened.

An organization is one transaction and one seeded sequence of choices: it is there whole or not at all, and the same day
gives the same demo everywhere.
"""

from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from apps.accounts.models import User
from apps.boards.models import Column
from apps.boards.services import set_column_limit
from apps.core.tenancy import Actor, OrgRole, Origin, at_moment, unit_of_work
from apps.core.tenancy.doors import enter_as_system
from apps.events.models import Event
from apps.events.registry import leave_behind
from apps.events.services import recorded, write_down
from apps.issues.services import add_comment, bulk_edit, edit_issue, release_version
from apps.ops.demo.lives import Cast, plan_epic, plan_issue, plan_link
from apps.ops.demo.story import Story
from apps.ops.demo.timeline import Timeline, monday_in_the_middle, on
from apps.orgs.services import add_member, create_organization
from apps.projects.models import IssueType, Project, ProjectMember
from apps.projects.services import create_label, create_project, create_version, set_project_role
from apps.recurring.services import Content, Timing, create_schedule, create_template
from apps.sprints.services import complete_sprint, create_sprint, plan_issues, settle_facts, start_sprint

FOUNDED = timedelta(days=120)
SPRINT = timedelta(days=14)
# As many issues as come with one version.
MOST_HELD = 24
# Of so many facts people find something in their inboxes.
MOST_NEWS = 50


def tell(stories: list[Story], *, password: str, now: datetime) -> None:
    """Create what the stories say. Needs a database in which none of their people exist yet."""
    users: dict[str, User] = {}
    # Hashing is slow on purpose, and everybody has the same password here.
    password_hash = make_password(password)
    for story in stories:
        with unit_of_work(origin=Origin.IMPORT, reason="demo"):
            _Telling(story, users, password_hash, now).run()


class _Telling:
    """One organization on its way from the file into the database."""

    def __init__(self, story: Story, users: dict[str, User], password_hash: str, now: datetime) -> None:
        self.story = story
        self.users = users
        self.password_hash = password_hash
        self.timeline = Timeline(today=now, seed=f"flowboard {story.slug}")
        self.sprint_start = monday_in_the_middle(now.date())
        self.actors: dict[str, Actor] = {}
        # How many of the facts the ledger of the sprints knows.
        self.settled = 0

    def run(self) -> None:
        """Found the organization, start its projects, then let the weeks pass."""
        with at_moment(self.timeline.today - FOUNDED):
            org_id = self._found()
            projects = [self._start(spec) for spec in self.story.projects]
            # From here on the past is told in FlowBoard's own context, which sees every project.
            enter_as_system(org_id=org_id)
            self._learn_roles()
            casts = [self._cast(spec, project) for spec, project in zip(self.story.projects, projects, strict=True)]
        for spec, cast in zip(self.story.projects, casts, strict=True):
            self._plan_sprints(spec, cast)
            for place, epic in enumerate(spec["epics"]):
                plan_epic(cast, title=epic["title"], text=epic["text"].strip(), place=place)
            for line in self.story.lines(spec):
                plan_issue(cast, line)
            for blocker, blocked in spec.get("blocks", ()):
                plan_link(cast, blocker, blocked)
            for version in spec.get("versions", []):
                held = [line.title for line in self.story.lines(spec) if line.tense == version["holds"]]
                self._plan_version(cast, version, held[:MOST_HELD])
            self.timeline.at(self.timeline.today - timedelta(minutes=1), partial(_limit, cast, spec["limits"]))
            for template in spec.get("templates", []):
                self.timeline.at(self.timeline.today - timedelta(days=3), partial(_write_down, cast, template))
        for step in self.story.today:
            cast = next(cast for cast in casts if step["issue"] in cast.begun)
            moment = self.timeline.today - timedelta(hours=step["hours"])
            self.timeline.at(moment, partial(_happen, cast, step))
        self.timeline.play(after_each=partial(self._settle, org_id))
        self._fill_inboxes(org_id)

    def _settle(self, org_id: int) -> None:
        """Keep the ledger of the sprints. It all is one transaction, of which it would see no more than the end."""
        fresh = recorded(after=self.settled)
        self.settled += len(fresh)
        settle_facts(org_id, fresh)

    def _fill_inboxes(self, org_id: int) -> None:
        """Let the last days be what people find in their inboxes."""
        write_down()
        newest = Event.objects.filter(org_id=org_id, issue__isnull=False).order_by("-occurred_at", "-id")
        leave_behind(enter_as_system(org_id=org_id), list(newest[:MOST_NEWS])[::-1])

    def _found(self) -> int:
        for handle, person in self.story.people.items():
            if handle not in self.users:
                self.users[handle] = self._person(handle, person)
        owner = self.users[self.story.owner]
        _org, founder = create_organization(user_id=owner.pk, name=self.story.name, slug=self.story.slug)
        self.actors[self.story.owner] = founder
        system = enter_as_system(org_id=founder.org_id)
        for handle, person in self.story.people.items():
            if handle != self.story.owner:
                role = OrgRole(person.get("role", OrgRole.MEMBER))
                add_member(actor=system, user=self.users[handle], role=role)
                self.actors[handle] = replace(founder, user_id=self.users[handle].pk, org_role=role)
        return founder.org_id

    def _person(self, handle: str, person: dict[str, str]) -> User:
        email = f"{handle}@{self.story.slug}.test"
        user = User.objects.create(
            email=email,
            password=self.password_hash,
            name=person["name"],
            time_zone=person["time_zone"],
            is_time_zone_settled=True,
            # They have worked here for months; who tries the demo finds the first steps in the menu.
            tour_began_at=None,
        )
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
        return user

    def _start(self, spec: dict[str, Any]) -> Project:
        """Start a project in the name of its lead, who is entered for it."""
        project, lead = create_project(
            actor=self.actors[spec["lead"]],
            key=spec["key"],
            name=spec["name"],
            template=spec["template"],
            visibility=spec.get("visibility", Project.Visibility.ORGANIZATION),
            description=spec["description"],
        )
        for handle in spec["team"] if project.is_private else ():
            is_guest = self.actors[handle].org_role == OrgRole.GUEST
            role = ProjectMember.Role.COMMENTER if is_guest else ProjectMember.Role.MEMBER
            if handle != spec["lead"]:
                set_project_role(actor=lead, project=project, user=self.users[handle], role=role)
        return project

    def _learn_roles(self) -> None:
        """Give everybody's actor the roles that they were given in projects."""
        roles: dict[int, dict[int, str]] = {}
        for member in ProjectMember.objects.all():
            roles.setdefault(member.user_id, {})[member.project_id] = member.role
        for handle, actor in self.actors.items():
            self.actors[handle] = replace(actor, project_roles=roles.get(self.users[handle].pk, {}))

    def _cast(self, spec: dict[str, Any], project: Project) -> Cast:
        lead = self.actors[spec["lead"]]
        return Cast(
            timeline=self.timeline,
            project=project,
            opening=on(self.sprint_start, 9),
            lead=lead,
            team={handle: (self.users[handle], self.actors[handle]) for handle in spec["team"]},
            labels={name: create_label(actor=lead, project=project, name=name) for name in spec["labels"]},
            remarks=self.story.remarks,
        )

    def _plan_sprints(self, spec: dict[str, Any], cast: Cast) -> None:
        """The last sprint of the file is planned, the one before it is running, the others are over."""
        sprints = spec.get("sprints", [])
        for ahead, sprint in enumerate(sprints, start=2 - len(sprints)):
            starts = self.sprint_start + SPRINT * ahead
            opening = on(starts, 9)
            self.timeline.at(opening - timedelta(days=20), partial(self._create_sprint, cast, ahead, sprint))
            if ahead <= 0:
                self.timeline.at(opening, partial(_start_sprint, cast, ahead))
            if ahead < 0:
                self.timeline.at(opening + SPRINT - timedelta(minutes=30), partial(_complete_sprint, cast, ahead))

    def _plan_version(self, cast: Cast, version: dict[str, Any], held: list[str]) -> None:
        """Plan a version, say what comes with it, and release it if it is out."""
        today = self.timeline.today
        begins, ends = today + timedelta(days=version["begins"]), today + timedelta(days=version["ends"])

        def hold() -> None:
            made = create_version(
                actor=cast.lead,
                project=cast.project,
                name=version["name"],
                description=version["description"],
                start_date=begins.date(),
                release_date=ends.date(),
            )
            bulk_edit(
                actor=cast.lead,
                project=cast.project,
                issue_ids=[cast.issues[title].pk for title in held if title in cast.issues],
                values={"versions_add": [made.pk]},
            )
            if version.get("is_released"):
                release_version(actor=cast.lead, version=made)

        out = ends if version.get("is_released") else today
        self.timeline.at(out - timedelta(days=1), hold)

    def _create_sprint(self, cast: Cast, ahead: int, sprint: dict[str, str]) -> None:
        starts = self.sprint_start + SPRINT * ahead
        cast.sprints[ahead] = create_sprint(
            actor=cast.lead,
            project=cast.project,
            name=sprint["name"],
            goal=sprint["goal"],
            start_date=starts,
            end_date=starts + SPRINT - timedelta(days=3),
        )


def _happen(cast: Cast, step: dict[str, Any]) -> None:
    """Something of the last hours: somebody says something, gives an issue away, or takes it into the sprint."""
    _user, actor = cast.team[step["who"]]
    issue = cast.issues[step["issue"]]
    if "says" in step:
        add_comment(actor=actor, issue=issue, body=step["says"])
    elif "sprint" in step:
        plan_issues(actor=actor, issues=[issue], sprint=cast.sprints[step["sprint"]])
    else:
        edit_issue(actor=actor, issue=issue, values={"assignee": cast.team[step["gives"]][0].pk})


def _start_sprint(cast: Cast, ahead: int) -> None:
    start_sprint(actor=cast.lead, sprint=cast.sprints[ahead])


def _complete_sprint(cast: Cast, ahead: int) -> None:
    complete_sprint(actor=cast.lead, sprint=cast.sprints[ahead])


def _write_down(cast: Cast, spec: dict[str, Any]) -> None:
    """A template, and its schedule if it has one, by the clock of whoever leads the project."""
    content = {name: spec[name] for name in ("name", "title", "description", "is_default", "subtasks") if name in spec}
    template = create_template(
        actor=cast.lead,
        project=cast.project,
        content=Content(
            **content,
            type=IssueType.objects.get(project=cast.project, name=spec["type"]),
            labels=[cast.labels[name] for name in spec.get("labels", ())],
        ),
    )
    repeats = spec.get("repeats")
    if repeats is None:
        return
    lead = User.objects.get(pk=cast.lead.person_id)
    with timezone.override(lead.time_zone):
        timing = Timing(
            frequency="weekly",
            interval=repeats["weeks"],
            weekdays=[repeats["weekday"]],
            at=time.fromisoformat(repeats["at"]),
            due_days=repeats["due_days"],
            # What would have come before today is no news any more.
            start_date=cast.timeline.today.date() + timedelta(days=1),
        )
        create_schedule(actor=cast.lead, project=cast.project, template=template, timing=timing)


def _limit(cast: Cast, limits: dict[str, dict[str, Any]]) -> None:
    for name, rule in limits.items():
        column = Column.objects.get(project=cast.project, name=name)
        set_column_limit(
            actor=cast.lead,
            project=cast.project,
            column_id=column.pk,
            limit=rule["limit"],
            policy=rule["policy"],
        )
