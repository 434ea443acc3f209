"""Contracts with distributors: the options that follow from them, and linters of streams, media and cues."""
