"""The settings that every job reads, as commented YAML."""
