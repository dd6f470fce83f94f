"""Routes of templates and schedules, under `/api/v1/orgs/{org}/`."""

from django.urls import path

from apps.recurring.api import schedules, templates

_PROJECT = "projects/<slug:project_key>/"
_TEMPLATES = _PROJECT + "templates/"
_SCHEDULES = _PROJECT + "schedules/"

urlpatterns = [
    path(_TEMPLATES, templates.TemplateListView.as_view(), name="templates"),
    path(_TEMPLATES + "<int:template_id>/", templates.TemplateView.as_view(), name="template"),
    path(
        _TEMPLATES + "<int:retired_template_id>/restore/",
        templates.TemplateReturnView.as_view(),
        name="template_return",
    ),
    path(_PROJECT + "issues/from-template/", templates.FromTemplateView.as_view(), name="from_template"),
    path(_SCHEDULES, schedules.ScheduleListView.as_view(), name="schedules"),
    path(_SCHEDULES + "<int:schedule_id>/", schedules.ScheduleView.as_view(), name="schedule"),
    path(
        _SCHEDULES + "<int:retired_schedule_id>/restore/",
        schedules.ScheduleReturnView.as_view(),
        name="schedule_return",
    ),
]
