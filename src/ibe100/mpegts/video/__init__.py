"""Pictures of video: where decoding can begin, and how far apart these are."""
