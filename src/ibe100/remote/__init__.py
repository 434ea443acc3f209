"""Services of a server on another machine, as a window has them."""
