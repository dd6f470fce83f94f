"""Routes of the log over plain HTTP. Sockets have their own (routing.py)."""

from django.urls import path

from apps.realtime import views

urlpatterns = [path("<slug:org>/live/", views.log, name="live")]
