"""Planned breaks: kept, held against each other, aired in time, imported and exported."""
