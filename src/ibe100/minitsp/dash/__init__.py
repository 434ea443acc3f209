"""DASH: manifests read for their events and for where their segments are."""
