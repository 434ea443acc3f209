"""REST API and WebSocket over the ports of the services."""
