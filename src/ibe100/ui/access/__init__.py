"""Person at the window: sign-in in the place of the cues, lock, hand-over, and what they may press."""
