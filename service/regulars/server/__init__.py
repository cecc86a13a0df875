"""The server, and the client for a running one."""
