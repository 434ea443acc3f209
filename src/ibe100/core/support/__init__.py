"""Support: checks of the machine, versions and licences, and the bundle that is sent to who helps."""
