"""Who may ask for what: keys of programs, sessions of people, scopes."""
