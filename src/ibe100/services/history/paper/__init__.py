"""As-run logs as PDF documents that are handed over."""
