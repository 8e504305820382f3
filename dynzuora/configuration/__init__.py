"""Configuration: dynzuora's folders, profiles, and a client's environment and credentials."""
