"""`ibe100 cluster`: hosts that Pacemaker places streams on."""
