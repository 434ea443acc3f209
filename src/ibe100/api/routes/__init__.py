"""Routes of the API, a file per subject."""
