"""Pictures at which a splicer can cut: where a splice goes, and where it really fell."""
