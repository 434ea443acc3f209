"""Inputs and outputs as text and URL, and the types of their fields."""
