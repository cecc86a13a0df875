"""From settings to a connector that may be trusted."""
