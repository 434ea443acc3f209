"""Pace of packets by their PCRs."""
