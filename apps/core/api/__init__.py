"""What every endpoint for scripts shares: operations and their checks, what JSON may hold, refusals and pages.

A view reads through selectors and writes through one service call, like its twin for browsers. What stands in an
organization builds on `apps.orgs.api.base`.
"""

from .fields import BIGGEST_ID, Fields, IdField, JSONParser, NoFields, PageQuery
from .operations import ApiView, Operation, operation
from .paging import Cursor
from .problems import PROBLEM, InvalidItem, problem_details

__all__ = [
    "BIGGEST_ID",
    "PROBLEM",
    "ApiView",
    "Cursor",
    "Fields",
    "IdField",
    "InvalidItem",
    "JSONParser",
    "NoFields",
    "Operation",
    "PageQuery",
    "operation",
    "problem_details",
]
