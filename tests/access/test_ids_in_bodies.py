"""Every field of every operation's body that holds an id: foreign, of what is gone, and of nothing.

Which fields these are is read from the operations' declarations, nested ones and the changes of a batch included. A
foreign id is answered like one that was never given to anything: nothing says that it exists.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.urls import resolve
from django.utils import timezone
from rest_framework import serializers

from apps.core.api import IdField, Operation
from apps.core.tenancy import run_as_system
from apps.issues.api.serializers import many
from apps.issues.models import Comment, Issue
from apps.projects.models import CustomField, IssueType, Label, Status, Version
from apps.recurring.models import IssueTemplate
from tests.access.conftest import World, path_of
from tests.access.routes import API, ROUTES
from tests.access.test_foreign_ids import FOREIGN, REFUSALS, SWAP_NAMES, SWAPS, WITH_IDS, WITHOUT_IDS, Ids, Swap, ids
from tests.access.test_matrix import ask
from tests.pictures import undone

__all__ = ["ids"]  # a fixture

NOWHERE = 2**40
BATCH = (API + "projects/<slug:project_key>/batch/", "POST")
OURS = [(way, swap) for way, swap in SWAPS if way[0].startswith(API)]
OUR_NAMES = [name for (way, _swap), name in zip(SWAPS, SWAP_NAMES, strict=True) if way[0].startswith(API)]
# Fields of forms that several operations share, which these never take, whoever's the id is; and what comes back and is
# compared, nothing else.
NEVER = {
    (API + "webhooks/", "POST"): {"types"},
    (API + "projects/<slug:project_key>/webhooks/", "POST"): {"projects"},
    (API + "webhooks/<int:webhook_id>/", "PATCH"): {"projects"},
    (API + "issues/<slug:issue_key>/undo/", "POST"): {"seen"},
}
# What makes what an id names gone.
ENDS: dict[str, tuple[Any, str]] = {
    "status_id": (Status, "retired_at"),
    "todo_id": (Status, "retired_at"),
    "type_id": (IssueType, "retired_at"),
    "bug_id": (IssueType, "retired_at"),
    "step_type_id": (IssueType, "retired_at"),
    "label_id": (Label, "retired_at"),
    "next_label_id": (Label, "retired_at"),
    "version_id": (Version, "retired_at"),
    "next_version_id": (Version, "retired_at"),
    "field_id": (CustomField, "retired_at"),
    "template_id": (IssueTemplate, "retired_at"),
    "issue_id": (Issue, "deleted_at"),
    "epic_id": (Issue, "deleted_at"),
    "linked_id": (Issue, "deleted_at"),
    "comment_id": (Comment, "deleted_at"),
}


class Anything(dict[str, Any]):
    """Names by which a body can be made, whatever it asks for."""

    def __missing__(self, name: str) -> Any:
        return Anything() if name == "own" else [1] if name.endswith("_ids") else 1


def id_fields(form: Any) -> Iterator[str]:
    """The names of a form's fields that hold ids, nested ones included."""
    for name, field in form.fields.items():
        inner = getattr(field, "child", field)
        if isinstance(inner, IdField):
            yield name
        elif isinstance(inner, serializers.BaseSerializer):
            yield from id_fields(inner)


def operation_of(way: tuple[str, str]) -> Operation:
    """The operation at an address of the API."""
    names = Anything(org="acme", project_key="FLOW", issue_key="FLOW-1")
    view: Any = resolve(path_of(way[0], names)).func
    found: Operation = getattr(view.view_class, way[1].lower()).operation
    return found


def test_every_field_of_every_operation_is_swapped() -> None:
    missing = {}
    for way in sorted(WITH_IDS.keys() | WITHOUT_IDS):
        if way[0].startswith(API):
            declared = set(id_fields(operation_of(way).body()))
            if lost := declared - {swap.field for swap in WITH_IDS.get(way, ())}:
                missing[way] = lost
    assert missing == NEVER


def test_every_field_of_every_change_of_a_batch_is_swapped() -> None:
    declared = {(do, name) for do, form in many.CHANGES.items() if form for name in id_fields(form())}
    swapped = set()
    for swap in WITH_IDS[BATCH]:
        for change in swap.body(Anything())["changes"]:
            swapped.add((change["do"], swap.field))
    assert declared <= swapped, sorted(declared - swapped)


def said(answer: Any, *replaced: Any) -> tuple[int, str]:
    """An answer without what tells requests apart, and without the ids that were sent."""
    text = answer.content.decode()
    body = json.loads(text) if text else {}
    for name in ("request_id", "status"):
        body.pop(name, None)
    words = json.dumps(body, sort_keys=True)
    for each in replaced:
        words = re.sub(rf"(?<!\d){re.escape(str(each))}(?!\d)", "ID", words)
    return answer.status_code, words


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize(("way", "swap"), OURS, ids=OUR_NAMES)
def test_a_foreign_id_is_answered_like_one_of_nothing(
    world: World, ids: Ids, way: tuple[str, str], swap: Swap, kind: str
) -> None:
    foreign = ids.foreign(kind)
    if swap.id not in foreign:
        assert (kind, swap.id) in {("private", "user_id"), ("private", "heir_id")}
        return
    if foreign[swap.id] == ids.own[swap.id]:
        assert swap.id == "project_key", "what is called the same in both organizations names one's own"
        return
    before = world.picture()
    answers = []
    for pk in (foreign[swap.id], "NOWHERE" if swap.id == "project_key" else NOWHERE):
        names: Mapping[str, Any] = ids.own | {swap.id: pk, "own": ids.own}
        with undone():
            answer = ask(world.visitor("owner"), *way, ids.own, swap.body(names))
            assert answer.status_code in REFUSALS
            assert world.picture() == before
        answers.append(said(answer, pk))
    assert answers[0] == answers[1]


# A filter finds what still has a retired type or label.
FILTERS = API + "projects/<slug:project_key>/boards/<int:board_id>/quick-filters/"
GONE = [
    (case, name)
    for case, name in zip(OURS, OUR_NAMES, strict=True)
    if case[1].id in ENDS and case[0] != (FILTERS, "POST")
]


@pytest.mark.parametrize(("way", "swap"), [case for case, _name in GONE], ids=[name for _case, name in GONE])
def test_an_id_of_what_is_gone_is_refused(world: World, ids: Ids, way: tuple[str, str], swap: Swap) -> None:
    model, column = ENDS[swap.id]
    with undone():
        with run_as_system(org_id=world.acme.org.pk):
            # Long enough ago that nobody takes it back.
            ended = timezone.now() - timedelta(days=2)
            rows = model._default_manager.filter(pk=ids.own[swap.id])
            if model is Status and (status := rows.get()).is_initial:
                # New issues begin in another status than one that is retired.
                rows.update(is_initial=False)
                others = Status.objects.filter(project_id=status.project_id, name="In progress")
                assert others.update(is_initial=True) == 1
            assert rows.update(**{column: ended}) == 1
        before = world.picture()
        answer = ask(world.visitor("owner"), *way, ids.own, swap.body(ids.own | {"own": ids.own}))
        assert answer.status_code in REFUSALS | {409}
        assert world.picture() == before


NUMBERED = sorted(route for route in ROUTES if "<int:" in route)


@pytest.mark.parametrize("route", NUMBERED, ids=[f"/{route}" for route in NUMBERED])
def test_a_number_beyond_all_ids_names_nothing(world: World, route: str) -> None:
    """It does not even fit into the column of an id."""
    names = world.acme.names
    before = world.picture()
    for name in re.findall(r"<int:(\w+)>", route):
        for method, way in ROUTES[route].methods.items():
            with undone():
                answer = ask(world.visitor("owner"), route, method, names | {name: 2**63}, way.body(names))
                assert answer.status_code == 404, (method, name)
                assert world.picture() == before
