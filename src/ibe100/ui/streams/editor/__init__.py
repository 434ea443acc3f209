"""Editor of a stream: its fields, addresses, contract, probe and the ways to save."""
