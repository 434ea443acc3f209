"""Values that cross boundaries: frozen, checked when built."""
