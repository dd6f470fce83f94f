"""The API's document: as it is committed, complete, and true of the forms that it is made of."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.serializers import FileField

from apps.core.api import Operation, PageQuery
from apps.core.api.openapi import REFUSALS, example_of
from apps.pages.api_views import DOCUMENT
from flowboard.api_urls import urlpatterns


def walk(patterns: Any) -> list[Any]:
    """Every address below."""
    return [
        leaf for each in patterns for leaf in (walk(each.url_patterns) if hasattr(each, "url_patterns") else [each])
    ]


OPERATIONS: dict[str, Operation] = {
    declared.name: declared
    for pattern in walk(urlpatterns)
    for method in ("get", "post", "put", "patch", "delete")
    if (declared := getattr(getattr(pattern.callback.view_class, method, None), "operation", None))
}
committed = json.loads(DOCUMENT.read_text())


def told() -> dict[str, Any]:
    """Each operation as the committed document has it, by its name."""
    methods = [each for address in committed["paths"].values() for each in address.values()]
    return {each["operationId"]: each for each in methods}


def test_is_what_the_code_says() -> None:
    written = StringIO()
    call_command("spectacular", format="openapi-json", fail_on_warn=True, validate=True, stdout=written)
    assert json.loads(written.getvalue()) == committed, "Write it anew with `make openapi`, if the API shall change."


def test_every_operation_is_in_it() -> None:
    assert committed["openapi"].startswith("3.1")
    assert told().keys() == OPERATIONS.keys()


def test_says_of_each_what_it_is_what_it_needs_and_what_it_refuses() -> None:
    known = {"200", "201", "202", "204", "304", *map(str, REFUSALS)}
    wrong = []
    for name, operation in told().items():
        if not operation.get("summary") or "`" in operation["summary"] or not operation.get("tags"):
            wrong.append((name, "summary"))
        if not {"400", "401", "429", "503"} <= operation["responses"].keys() <= known:
            wrong.append((name, "responses"))
        wrong += [(name, each["name"]) for each in operation.get("parameters", ()) if not each.get("description")]
    assert not wrong, "Say it in a docstring, a field's `help_text`, or in `apps.core.api.openapi.WORDS`."


def test_has_a_true_example_of_each_body_and_answer() -> None:
    wrong = []
    for name, declared in OPERATIONS.items():
        fields = declared.body().fields
        # A file has no text that stands for it.
        if fields and not any(isinstance(getattr(each, "child", None), FileField) for each in fields.values()):
            example = example_of(declared.body)
            form = declared.body(data=example or {})
            if not form.is_valid() or example is None:
                wrong.append((name, form.errors or declared.body))
        for answer in filter(None, declared.answers.values()):
            example = example_of(answer)
            if not example or not set(example) <= set(answer().fields):
                wrong.append((name, answer))
    assert not wrong, "Write it into `Meta.example` of the form."


@pytest.mark.django_db
def test_everybody_may_read_it() -> None:
    answer = Client().get("/api/v1/schema/")
    assert answer.json() == committed
    assert answer["Content-Type"].startswith("application/vnd.oai.openapi+json")
    again = Client().get("/api/v1/schema/", headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_every_list_is_read_in_pages_or_says_why_not() -> None:
    for name, declared in OPERATIONS.items():
        if declared.is_page and not issubclass(declared.query, PageQuery):
            assert "all at once" in told()[name]["description"], name
