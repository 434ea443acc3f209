"""The chain: blocks of packets, plugins and their options, rings between threads."""
