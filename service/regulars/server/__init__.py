"""The running server, and how to talk to it."""
