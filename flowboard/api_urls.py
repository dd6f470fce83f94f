"""Every address for scripts; each app keeps its own. Names are in the namespace `api`."""

from django.urls import URLPattern, URLResolver, include, path

_APPS = ("apps.orgs", "apps.projects", "apps.issues", "apps.boards", "apps.notifications")
_in_organization: list[URLPattern | URLResolver] = [path("", include(f"{app}.api.urls")) for app in _APPS]

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("auth/", include("apps.accounts.api.urls")),
    path("orgs/<slug:org>/", include(_in_organization)),
]
