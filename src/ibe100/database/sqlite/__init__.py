"""SQLite: engines, tables, writer and reader threads, faults."""
