"""Previews: picture, sound meter, multiview."""
