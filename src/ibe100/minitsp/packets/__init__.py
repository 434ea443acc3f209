"""Packets in files and in streams of bytes."""
