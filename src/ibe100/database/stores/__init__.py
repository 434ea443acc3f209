"""Stores: one per subject on record."""
