"""The built-in input switch: tsswitch's command line, and what a channel on air needs beyond it."""
