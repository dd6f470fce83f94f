"""What an issue is linked to, what belongs to it, and who watches it."""

from functools import partial
from typing import Any, ClassVar

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import operation
from apps.core.errors import NotFound
from apps.issues import services
from apps.issues.api.serializers.issues import EXPANDS, ChildrenFields, ChildrenQuery, IssueSerializer
from apps.issues.api.serializers.many import ChangedIssuesSerializer, changed_issues
from apps.issues.api.serializers.relations import KINDS, LinkFields, LinkSerializer
from apps.issues.api.views.base import IssueScopeView, chosen
from apps.issues.beside import beside_issues
from apps.issues.selectors import (
    Archived,
    Filters,
    child_types,
    get_issue_by_id,
    get_link,
    issue_page_across,
    list_links,
)
from apps.orgs.api.serializers import PersonSerializer


class LinkListView(IssueScopeView):
    """The links of an issue."""

    counts: ClassVar[dict[str, str]] = {"POST": "api-create"}

    @operation("list_links", answer=LinkSerializer, is_page=True)
    def get(self, request: Request, org: str, issue_key: str) -> Response:
        """Its links to issues that the caller sees, all at once, blockers first: an issue has 100 at most."""
        links = list_links(actor=self.actor, issue=self.issue(issue_key))
        return self.whole(LinkSerializer, links)

    @operation("add_link", body=LinkFields, answer=LinkSerializer, status=201)
    def post(self, request: Request, org: str, issue_key: str) -> Response:
        """Say what it is to another issue of the organization. A second time changes nothing."""
        issue = self.issue(issue_key)
        other = get_issue_by_id(actor=self.actor, issue_id=self.body["issue"])
        kind, is_turned = KINDS[self.body["kind"]]
        source, target = (other, issue) if is_turned else (issue, other)
        made = services.link_issues(actor=self.actor, source=source, target=target, kind=kind)
        link = next(each for each in list_links(actor=self.actor, issue=issue) if each.id == made.pk)
        return Response(LinkSerializer(link).data, status.HTTP_201_CREATED)


class LinkView(IssueScopeView):
    """One link."""

    @operation("remove_link", status=204)
    def delete(self, request: Request, org: str, issue_key: str, link_id: int) -> Response:
        """Take it away."""
        issue = self.issue(issue_key)
        link = get_link(actor=self.actor, link_id=link_id)
        if issue.pk not in {link.source_id, link.target_id}:
            raise NotFound
        services.unlink_issues(actor=self.actor, link=link)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChildListView(IssueScopeView):
    """What belongs to an issue: an epic's issues, an issue's sub-tasks."""

    counts: ClassVar[dict[str, str]] = {"POST": "api-create"}

    @operation("list_children", query=ChildrenQuery, answer=IssueSerializer, is_page=True, expands=EXPANDS)
    def get(self, request: Request, org: str, issue_key: str) -> Response:
        """A page of them in their order, of all projects that the caller sees, those in the archive too."""
        issue = self.issue(issue_key)
        filters = Filters(parent=issue.pk)
        read = partial(issue_page_across, actor=self.actor, filters=filters, sort="rank", archived=Archived.INCLUDE)
        return self.issues(read, order="rank")

    @operation("add_children", body=ChildrenFields, answer=ChangedIssuesSerializer, status=201)
    def post(self, request: Request, org: str, issue_key: str) -> Response:
        """Create an issue inside of it for each title. Sub-tasks join its sprint."""
        issue = self.issue(issue_key)
        types = child_types(actor=self.actor, issue=issue)
        made = services.add_children(
            actor=self.actor,
            parent=issue,
            titles=self.body["titles"],
            issue_type=chosen(types, self.body.get("type"), field="type"),
        )
        return Response({"results": changed_issues(made)}, status.HTTP_201_CREATED)


class WatcherListView(IssueScopeView):
    """Who watches an issue."""

    @operation("list_watchers", answer=PersonSerializer, is_page=True)
    def get(self, request: Request, org: str, issue_key: str) -> Response:
        """Everybody who hears of what happens to it, all at once, by name."""
        issue = self.issue(issue_key)
        found: Any = beside_issues(actor=self.actor, issue_ids=[issue.pk], names=["watchers"])["watchers"]
        return self.whole(PersonSerializer, found.get(issue.pk, ()))


class WatchView(IssueScopeView):
    """Whether the caller watches an issue. Others decide that for themselves."""

    @operation("watch_issue", status=204)
    def put(self, request: Request, org: str, issue_key: str) -> Response:
        """Watch it from now on."""
        return self._watch(issue_key, is_watching=True)

    @operation("unwatch_issue", status=204)
    def delete(self, request: Request, org: str, issue_key: str) -> Response:
        """Stop watching it."""
        return self._watch(issue_key, is_watching=False)

    def _watch(self, issue_key: str, *, is_watching: bool) -> Response:
        services.set_watching(actor=self.actor, issue=self.issue(issue_key), is_watching=is_watching)
        return Response(status=status.HTTP_204_NO_CONTENT)


class StarView(IssueScopeView):
    """Whether an issue is among the caller's favourites."""

    @operation("star_issue", status=204)
    def put(self, request: Request, org: str, issue_key: str) -> Response:
        """Take it among them."""
        return self._star(issue_key, is_starred=True)

    @operation("unstar_issue", status=204)
    def delete(self, request: Request, org: str, issue_key: str) -> Response:
        """Take it out of them."""
        return self._star(issue_key, is_starred=False)

    def _star(self, issue_key: str, *, is_starred: bool) -> Response:
        services.set_issue_starred(actor=self.actor, issue=self.issue(issue_key), is_starred=is_starred)
        return Response(status=status.HTTP_204_NO_CONTENT)
