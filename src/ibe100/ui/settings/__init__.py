"""Settings window: settings, users, backups, contracts, versions."""
