"""Alarms: active list, hidden ones, history, rules, notifications."""
