"""Turns signal rows into probabilities, reasons and alerts; pure but for the bundle and the registry."""
