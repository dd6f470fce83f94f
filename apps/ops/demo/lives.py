"""The life of one issue: written, estimated, planned, worked on, talked about, finished, put away."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from apps.accounts.models import User
from apps.core.tenancy import Actor
from apps.issues.models import Comment, Issue, IssueLink, Priority
from apps.issues.services import (
    NewIssue,
    add_comment,
    archive_issue,
    create_issue,
    edit_issue,
    link_issues,
    move_issue,
)
from apps.ops.demo.story import Line
from apps.ops.demo.timeline import Timeline
from apps.projects.models import IssueType, Label, Project, Status
from apps.projects.policies import can_edit_issues
from apps.sprints.models import Sprint
from apps.sprints.services import plan_issues

PAST = timedelta(days=80)
SPRINT = timedelta(days=14)
# What was finished this long before the running sprint has left the board.
ARCHIVED_AFTER = timedelta(days=42)
FRIDAY = 4
# How far apart epics begin, how long they take, and from which estimate on work is planned to the day.
EPIC_EVERY, EPIC_TAKES = timedelta(days=21), timedelta(days=67)
LARGE = 5
WAY = ("To do", "In progress", "In review", "Done")


@dataclass(slots=True, kw_only=True)
class Cast:
    """Who works in a project, and what its words mean in the database. Sprints are counted from the running one."""

    timeline: Timeline
    project: Project
    opening: datetime
    lead: Actor
    team: dict[str, tuple[User, Actor]]
    labels: dict[str, Label]
    remarks: dict[str, list[str]]
    types: dict[str, IssueType] = field(init=False)
    statuses: dict[str, Status] = field(init=False)
    sprints: dict[int, Sprint] = field(default_factory=dict)
    issues: dict[str, Issue] = field(default_factory=dict)
    # When each issue is written.
    begun: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.types = {found.name: found for found in self.project.issue_types.all()}
        self.statuses = {found.name: found for found in self.project.statuses.all()}

    @property
    def is_scrum(self) -> bool:
        """Whether the project works in sprints."""
        return self.project.template == Project.Template.SCRUM

    def worker(self) -> tuple[User, Actor]:
        """Somebody who may change issues here."""
        return self.timeline.chance.choice(
            [(user, actor) for user, actor in self.team.values() if can_edit_issues(actor, self.project)]
        )


def plan_epic(cast: Cast, *, title: str, text: str, place: int) -> None:
    """An epic is there before everything that belongs to it. The project takes them up one after the other."""
    assignee, _actor = cast.worker()
    new = NewIssue(
        title=title,
        description=text,
        type=cast.types["Epic"],
        status=cast.statuses.get("Backlog"),
        priority=Priority.HIGH,
        assignee=assignee,
    )
    moment = cast.timeline.between(
        cast.timeline.today - PAST - timedelta(days=34), cast.timeline.today - PAST - timedelta(days=28)
    )
    cast.timeline.at(moment, partial(_create, cast, cast.lead, new, None))
    begins = cast.opening.date() - timedelta(days=56) + EPIC_EVERY * place
    dates = {"start_date": begins, "due_date": begins + EPIC_TAKES}
    cast.timeline.at(moment + timedelta(minutes=10), lambda: _edit(cast, cast.lead, title, **dates))


def plan_issue(cast: Cast, line: Line) -> None:
    """Lay out when what happens to one issue."""
    timeline, chance = cast.timeline, cast.timeline.chance
    _user, author = cast.worker()
    assignee, worker = cast.worker()
    started = finished = None
    if line.tense == "past":
        finished = timeline.between(timeline.today - PAST, cast.opening - timedelta(days=1))
        started = timeline.working_moment(finished - timedelta(days=(line.points or 2) * chance.uniform(0.5, 1.6)))
        created = timeline.working_moment(started - timedelta(days=chance.uniform(2, 25)))
    elif line.tense == "now":
        # Without sprints, some cards have been on their way for weeks.
        begin = cast.opening if cast.is_scrum else cast.opening - timedelta(days=12)
        created = timeline.between(begin - timedelta(days=30), begin)
        started = timeline.between(begin, timeline.today - timedelta(days=1))
        finished = timeline.between(started, timeline.today)
    else:
        created = timeline.between(timeline.today - timedelta(days=60), timeline.today)
    new = NewIssue(
        title=line.title,
        description=line.text,
        type=cast.types[line.type],
        status=cast.statuses.get("Backlog") if line.status == "Backlog" else cast.statuses["To do"],
        priority=line.priority,
        labels=[cast.labels[name] for name in line.labels],
        due_date=_due_date(cast, line),
        points=Decimal(line.points) if line.points is not None and line.tense == "past" else None,
    )
    cast.begun[line.title] = created
    timeline.at(created, partial(_create, cast, author, new, line))
    planned = _plan_sprint(cast, line, created=created, finished=finished)
    if line.points is not None and line.tense != "past":
        moment = timeline.between(created, planned or started or timeline.today)
        timeline.at(moment, partial(_edit, cast, cast.lead, line.title, points=Decimal(line.points)))
    last = created
    if started is not None and finished is not None:
        last = _plan_work(cast, line, worker, assignee, planned=planned, started=started, finished=finished)
    _plan_dates(cast, line)
    _plan_talk(cast, line, start=created, end=finished or timeline.today)
    if line.tense == "past" and last < cast.opening - ARCHIVED_AFTER:
        timeline.at(last + timedelta(days=21), lambda: archive_issue(actor=cast.lead, issue=cast.issues[line.title]))


def _due_date(cast: Cast, line: Line) -> date | None:
    """Promises to customers and urgent things have a date; one in four of these is a little late."""
    if line.tense == "past" or not (
        {"customer", "contract", "install"} & set(line.labels) or line.priority == Priority.URGENT
    ):
        return None
    due = (cast.timeline.today + timedelta(days=cast.timeline.chance.choice((-2, 3, 6, 11)))).date()
    return due - timedelta(days=max(due.weekday() - FRIDAY, 0))


def _plan_dates(cast: Cast, line: Line) -> None:
    """Large pieces of work have their days: what is under way in the running sprint, the rest in the weeks after it."""
    if (line.points or 0) < LARGE or line.tense == "past" or line.status == "Done":
        return
    weeks = 0 if line.tense == "now" else 1 + sum(map(ord, line.title)) % 6
    begins = cast.opening.date() + timedelta(weeks=weeks)
    ends = begins + timedelta(days=18 if weeks % 2 else 11)
    moment = cast.timeline.between(cast.begun[line.title], cast.timeline.today)
    cast.timeline.at(moment, lambda: _set_dates(cast, line.title, begins, ends))


def _set_dates(cast: Cast, title: str, begins: date, ends: date) -> None:
    promised = cast.issues[title].due_date
    _edit(cast, cast.lead, title, start_date=min(begins, promised or begins), due_date=promised or ends)


def plan_link(cast: Cast, blocker: str, blocked: str) -> None:
    """One issue waits for another."""

    def link() -> None:
        source, target = cast.issues[blocker], cast.issues[blocked]
        link_issues(actor=cast.lead, source=source, target=target, kind=IssueLink.Kind.BLOCKS)

    cast.timeline.at(max(cast.begun[blocker], cast.begun[blocked]) + timedelta(minutes=30), link)


def _plan_sprint(cast: Cast, line: Line, *, created: datetime, finished: datetime | None) -> datetime | None:
    """Put the issue into the sprint in which it was finished, is being worked on, or will be; when that was done."""
    timeline = cast.timeline
    if not cast.is_scrum or line.parent is not None:
        return None
    if line.tense == "later":
        if timeline.chance.random() > 0.3:
            return None
        ahead, opening = 1, timeline.untold_until
    elif line.tense == "now":
        ahead, opening = 0, cast.opening
    else:
        assert finished is not None  # noqa: S101 (the past is finished)
        ahead = (finished - cast.opening) // SPRINT
        opening = cast.opening + SPRINT * ahead
    # Most of a sprint is planned as it begins; what is written later joins it at once.
    planned = max(opening - timedelta(hours=1), created + timedelta(minutes=5))

    def plan() -> None:
        sprint = cast.sprints.get(ahead)
        if sprint is not None:
            plan_issues(actor=cast.lead, issues=[cast.issues[line.title]], sprint=sprint)

    timeline.at(planned, plan)
    return planned


def _plan_work(
    cast: Cast,
    line: Line,
    worker: Actor,
    assignee: User,
    *,
    planned: datetime | None,
    started: datetime,
    finished: datetime,
) -> datetime:
    """Take the issue as far as its status says; when it got there."""
    timeline = cast.timeline
    if line.status not in WAY:
        return started
    if planned is not None:
        started = max(started, planned + timedelta(minutes=5))
    finished = max(finished, started + timedelta(minutes=30))
    stations = WAY[1 : WAY.index(line.status) + 1]
    if not stations:
        if timeline.chance.random() < 0.5 and not line.is_given:
            timeline.at(started, partial(_edit, cast, worker, line.title, assignee=assignee.pk))
        return started
    timeline.at(started, partial(_edit, cast, worker, line.title, assignee=assignee.pk))
    moments = [started, *timeline.spread(started, finished, max(len(stations) - 2, 0)), finished][: len(stations)]
    for station, moment in zip(stations, moments, strict=True):
        timeline.at(moment, partial(_move, cast, worker, line, station))
    return moments[-1]


def _plan_talk(cast: Cast, line: Line, *, start: datetime, end: datetime) -> None:
    """The written thread, or a few of the things that colleagues say."""
    timeline, chance = cast.timeline, cast.timeline.chance
    thread = [(cast.team[who][1], words) for who, words in line.thread]
    # What is written answers what was said first; loose remarks answer nothing.
    talk: list[Comment] | None = [] if thread else None
    if not thread:
        likely = {"past": 0.5, "now": 0.7, "later": 0.2}[line.tense]
        count = chance.randrange(1, 4) if chance.random() < likely else 0
        remarks = chance.sample(cast.remarks[line.type[0]], min(count, len(cast.remarks[line.type[0]])))
        thread = [(cast.worker()[1], words) for words in remarks]
    for moment, (actor, words) in zip(timeline.spread(start, end, len(thread)), thread, strict=True):
        timeline.at(moment, partial(_say, cast, actor, line, words, talk))


def _create(cast: Cast, actor: Actor, new: NewIssue, line: Line | None) -> None:
    if line is not None:
        above = line.parent or line.epic
        new.parent = cast.issues.get(above) if above else None
    cast.issues[new.title] = create_issue(actor=actor, project=cast.project, new=new)


def _edit(cast: Cast, actor: Actor, title: str, **values: object) -> None:
    edit_issue(actor=actor, issue=cast.issues[title], values=values)


def _move(cast: Cast, actor: Actor, line: Line, station: str) -> None:
    move_issue(actor=actor, issue=cast.issues[line.title], to=cast.statuses[station])


def _say(cast: Cast, actor: Actor, line: Line, words: str, talk: list[Comment] | None) -> None:
    said = add_comment(actor=actor, issue=cast.issues[line.title], body=words, reply_to=talk[0] if talk else None)
    if talk is not None:
        talk.append(said)
