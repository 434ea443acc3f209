"""The command line about itself: its commands as data, exit codes, completion, manual."""
