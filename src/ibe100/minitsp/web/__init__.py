"""HTTP for the inputs."""
