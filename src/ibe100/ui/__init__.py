"""The operator's console: the only importer of PyQt6. It knows the services by their ports alone."""
