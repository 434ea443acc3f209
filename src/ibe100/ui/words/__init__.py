"""Values of the field as text: TR 101 290, SRT, return feed."""
