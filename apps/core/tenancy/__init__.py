"""Who is acting in which organization, and the one transaction in which they do.

Wall one of the tenancy are the selectors, which filter by `Actor`. Wall two is PostgreSQL's row-level security: every
query of the application role sees only the rows of the organization that was entered through one of the doors
(`doors.sql`). Both need the context that this package opens; it ends with its transaction.
"""

from .actor import Actor, OrgRole
from .doors import (
    enter_api_token,
    enter_as_system,
    enter_invitation,
    enter_organization,
    enter_person,
    found_organization,
)
from .unit import Origin, Unit, at_moment, current_unit, happening_at, run_as, run_as_system, unit_of_work

__all__ = [
    "Actor",
    "OrgRole",
    "Origin",
    "Unit",
    "at_moment",
    "current_unit",
    "enter_api_token",
    "enter_as_system",
    "enter_invitation",
    "enter_organization",
    "enter_person",
    "found_organization",
    "happening_at",
    "run_as",
    "run_as_system",
    "unit_of_work",
]
