"""Atlas -> a web app on the loopback address: the map's page with everything behind it, and a REST API."""

from pipeline.web.app import create_app
from pipeline.web.serve import serve

__all__ = ["create_app", "serve"]
