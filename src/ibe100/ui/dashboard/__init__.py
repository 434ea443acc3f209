"""Dashboard: a card per stream, and the time line of breaks."""
