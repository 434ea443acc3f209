"""SRT through the system's libsrt."""
