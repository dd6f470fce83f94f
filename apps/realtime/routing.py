"""Where sockets connect."""

from django.urls import re_path

from apps.realtime.consumers import SocketConsumer

websocket_urlpatterns = [re_path(r"^ws/(?P<org>[a-z0-9-]{1,48})/$", SocketConsumer.as_asgi())]
