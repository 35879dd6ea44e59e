"""The batch job and all that it writes."""
