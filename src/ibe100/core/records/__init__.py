"""The keys of the records, and the heads of their chain outside the database."""
