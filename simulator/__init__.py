"""Invents marketplaces whose culprits are known; the only code that reads a truth."""
