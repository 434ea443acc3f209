"""As-run logs and reports as PDF documents that are handed over."""
