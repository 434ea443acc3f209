"""What connections and requests pass before a route sees them."""
