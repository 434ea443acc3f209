"""UDP and RTP."""
