"""Alarms: the catalogue of conditions, rules as the house sets them, the board, shelving, notifications."""
