"""Watches: one file per thing watched on a stream; the feed brings their judgements to the alarm board."""
