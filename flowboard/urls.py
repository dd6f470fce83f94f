"""Every address of the product; each app keeps its own."""

from django.urls import include, path

from apps.core.admin import site

urlpatterns = [
    path("", include("apps.ops.urls")),
    path("admin/", site.urls),
    path("api/v1/", include("flowboard.api_urls", namespace="api")),
    path("", include("apps.notifications.mail_urls")),
    path("", include("apps.accounts.urls")),
    path("", include("apps.orgs.urls")),
    path("", include("apps.notifications.urls")),
    path("", include("apps.webhooks.urls")),
    path("", include("apps.projects.urls")),
    path("", include("apps.boards.urls")),
    path("", include("apps.recurring.urls")),
    path("", include("apps.sprints.urls")),
    path("", include("apps.issues.urls")),
    path("", include("apps.imports.urls")),
    path("", include("apps.exports.urls")),
    path("", include("apps.realtime.urls")),
    path("", include("apps.pages.urls")),
]

handler400 = "apps.core.views.bad_request"
handler403 = "apps.core.views.permission_denied"
handler404 = "apps.core.views.page_not_found"
handler500 = "apps.core.views.server_error"
