"""Previews: a process that decodes pictures and sound levels of one stream."""
