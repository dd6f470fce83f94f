"""FlowBoard on one port: pages through a pool of threads, sockets on the event loop (docs/adr/0003-serving.md)."""

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings

# Sets Django up and verifies the database role, so it comes before everything that knows a model.
from flowboard.wsgi import application as pages

from apps.core.bridge import Bridge  # isort: skip
from apps.core.outside import refuse  # isort: skip
from apps.realtime.lifespan import Lifespan  # isort: skip
from apps.realtime.origins import OwnPagesOnly  # isort: skip
from apps.realtime.routing import websocket_urlpatterns  # isort: skip
from apps.realtime.waiting import Waiting  # isort: skip

waiting = Waiting()
bridge = Bridge(
    pages,
    threads=settings.WEB_THREADS,
    queue=settings.WEB_QUEUE,
    largest_body=settings.WEB_LARGEST_BODY,
    refuse=refuse,
    hold=waiting.hold,
)

application = ProtocolTypeRouter(
    {
        "http": bridge,
        "websocket": OwnPagesOnly(URLRouter(websocket_urlpatterns)),
        "lifespan": Lifespan(at_signal=waiting.let_go, at_end=bridge.stop),
    }
)
