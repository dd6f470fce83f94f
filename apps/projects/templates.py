"""What a new project begins with, for each template."""

from apps.projects.models import IssueType, Project, Status, Transition

_TYPES = (
    ("Epic", "zap", 270, IssueType.Level.EPIC),
    ("Story", "bookmark", 150, IssueType.Level.STANDARD),
    ("Task", "square-check", 210, IssueType.Level.STANDARD),
    ("Bug", "bug", 30, IssueType.Level.STANDARD),
    ("Sub-task", "list-tree", 240, IssueType.Level.SUBTASK),
)

_STATUSES = {
    Project.Template.SCRUM: (
        ("To do", Status.Category.TODO),
        ("In progress", Status.Category.IN_PROGRESS),
        ("In review", Status.Category.IN_PROGRESS),
        ("Done", Status.Category.DONE),
    ),
    Project.Template.KANBAN: (
        ("Backlog", Status.Category.BACKLOG),
        ("To do", Status.Category.TODO),
        ("In progress", Status.Category.IN_PROGRESS),
        ("In review", Status.Category.IN_PROGRESS),
        ("Done", Status.Category.DONE),
    ),
}
_CANCELLED = ("Cancelled", Status.Category.CANCELLED)


def outline(project: Project) -> tuple[list[IssueType], list[Status]]:
    """The types and statuses that a new project begins with; nothing is stored."""
    types = [
        IssueType(org_id=project.org_id, project=project, name=name, icon=icon, hue=hue, level=level, position=position)
        for position, (name, icon, hue, level) in enumerate(_TYPES)
    ]
    steps = (*_STATUSES[Project.Template(project.template)], _CANCELLED)
    initial = next(name for name, category in steps if category == Status.Category.TODO)
    statuses = [
        Status(
            org_id=project.org_id,
            project=project,
            name=name,
            category=category,
            position=position,
            is_initial=name == initial,
        )
        for position, (name, category) in enumerate(steps)
    ]
    return types, statuses


def set_up(project: Project) -> None:
    """Give a new project its types and statuses. Any status leads to any other until somebody narrows it."""
    types, outlined = outline(project)
    IssueType.objects.bulk_create(types)
    statuses = Status.objects.bulk_create(outlined)
    Transition.objects.bulk_create(from_anywhere(status) for status in statuses)
    _set_up_board(project)


def from_anywhere(status: Status) -> Transition:
    """The edge that a status begins with: from any other, for everybody, without rules."""
    return Transition(org_id=status.org_id, project_id=status.project_id, name=status.name, target=status)


def _set_up_board(project: Project) -> None:
    """The default board: a column for each step of the work. Backlog and cancelled issues are reached elsewhere."""
    board = project.boards.create(org_id=project.org_id, name="Board")
    shown = project.statuses.exclude(category__in=[Status.Category.BACKLOG, Status.Category.CANCELLED])
    for position, status in enumerate(shown.order_by("position")):
        column = board.columns.create(org_id=project.org_id, project=project, name=status.name, position=position)
        column.column_statuses.create(org_id=project.org_id, project=project, board=board, status=status)
