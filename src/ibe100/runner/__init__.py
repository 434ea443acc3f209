"""The process that keeps one stream on air and outlives the console. Standard library only."""
