"""Facts on disk, and to followers on the control socket."""
