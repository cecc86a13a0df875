"""From the settings of a connection to a guarded connector."""
