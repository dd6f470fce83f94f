"""Routes of imports."""

from django.urls import path

from apps.imports import views

_IMPORTS = "<slug:org>/imports/"
_IMPORT = _IMPORTS + "<int:import_id>/"
_ENDED = _IMPORTS + "<int:ended_import_id>/"

urlpatterns = [
    path(_IMPORTS, views.imports, name="imports"),
    path(_IMPORTS + "people/", views.placeholders, name="placeholders"),
    path(_IMPORTS + "people/<int:placeholder_id>/", views.placeholder, name="placeholder"),
    path(_IMPORT, views.import_run, name="import_run"),
    path(_IMPORT + "progress/", views.import_progress, name="import_progress"),
    path(_IMPORT + "choices/", views.import_choices, name="import_choices"),
    path(_IMPORT + "profile/", views.import_profile, name="import_profile"),
    path(_IMPORT + "start/", views.import_start, name="import_start"),
    path(_IMPORT + "cancel/", views.import_cancel, name="import_cancel"),
    path(_ENDED + "take-back/", views.import_take_back, name="import_take_back"),
    path(_ENDED + "problems.csv", views.import_problems, name="import_problems"),
    path(_IMPORTS + "profiles/<int:profile_id>/delete/", views.profile_delete, name="import_profile_delete"),
]
