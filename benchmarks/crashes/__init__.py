"""Kills every job at each of its write points, and looks at what a second run makes of it."""
