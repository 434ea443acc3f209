"""Files that streams read and write: in which folders, and to which stream an output belongs."""
