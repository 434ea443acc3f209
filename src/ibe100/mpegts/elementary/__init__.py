"""Headers of video and audio streams."""
