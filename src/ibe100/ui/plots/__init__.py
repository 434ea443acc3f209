"""Curves over time, the only importer of pyqtgraph."""
