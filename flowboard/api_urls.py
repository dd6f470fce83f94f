"""Every address for scripts; each app keeps its own. Names are in the namespace `api`."""

from django.urls import URLPattern, URLResolver, include, path

from apps.orgs.api.anywhere import MeView, SeatListView

_APPS = (
    "apps.orgs",
    "apps.pages",
    "apps.projects",
    "apps.recurring",
    "apps.issues",
    "apps.sprints",
    "apps.boards",
    "apps.notifications",
    "apps.webhooks",
    "apps.imports",
    "apps.exports",
)
_in_organization: list[URLPattern | URLResolver] = [path("", include(f"{app}.api.urls")) for app in _APPS]

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("auth/", include("apps.accounts.api.urls")),
    path("me/", MeView.as_view(), name="me"),
    path("orgs/", SeatListView.as_view(), name="organizations"),
    path("orgs/<slug:org>/", include(_in_organization)),
]
