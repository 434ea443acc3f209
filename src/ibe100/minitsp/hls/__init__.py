"""HLS: playlists and segments, read and written."""
