"""The frame's parts: bars, docks, actions and keys, layouts, dialogs, and the wiring of all pages."""
