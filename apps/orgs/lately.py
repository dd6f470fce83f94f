"""In which organization somebody was last: where pages that belong to no organization lead on to."""

from django.http import HttpRequest

from apps.core.requests import user_id_of
from apps.orgs.selectors import organizations_of

LAST_ORGANIZATION = "last_organization"


def organization_of_last_visit(request: HttpRequest) -> str | None:
    """The address of the organization that somebody saw last, or of the first that they can enter; None for none."""
    seats = organizations_of(user_id=user_id_of(request))
    slugs = [seat.org.slug for seat in seats if seat.org.suspended_at is None]
    last = request.session.get(LAST_ORGANIZATION)
    return last if last in slugs else next(iter(slugs), None)
