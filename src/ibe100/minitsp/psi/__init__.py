"""Tables edited, and packed into packets again."""
