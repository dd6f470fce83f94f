"""Routes of templates and schedules."""

from django.urls import path

from apps.recurring import schedule_views, template_views

_TEMPLATES = "<slug:org>/<slug:project_key>/settings/templates/"
_SCHEDULES = "<slug:org>/<slug:project_key>/settings/schedules/"

urlpatterns = [
    path(_TEMPLATES, template_views.templates, name="templates"),
    path(_TEMPLATES + "new/", template_views.template_new, name="template_new"),
    path(_TEMPLATES + "<int:template_id>/", template_views.template, name="template"),
    path(_TEMPLATES + "<int:template_id>/shift/", template_views.template_shift, name="template_shift"),
    path(_TEMPLATES + "<int:template_id>/delete/", template_views.template_delete, name="template_delete"),
    path(_TEMPLATES + "<int:retired_template_id>/restore/", template_views.template_restore, name="template_restore"),
    path(_SCHEDULES + "new/", schedule_views.schedule_new, name="schedule_new"),
    path(_SCHEDULES + "preview/", schedule_views.schedule_preview, name="schedule_preview"),
    path(_SCHEDULES + "<int:schedule_id>/", schedule_views.schedule, name="schedule"),
    path(_SCHEDULES + "<int:schedule_id>/pause/", schedule_views.schedule_pause, name="schedule_pause"),
    path(_SCHEDULES + "<int:schedule_id>/resume/", schedule_views.schedule_resume, name="schedule_resume"),
    path(_SCHEDULES + "<int:schedule_id>/delete/", schedule_views.schedule_delete, name="schedule_delete"),
    path(_SCHEDULES + "<int:retired_schedule_id>/restore/", schedule_views.schedule_restore, name="schedule_restore"),
]
