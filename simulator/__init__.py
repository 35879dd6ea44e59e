"""Invents marketplaces whose culprits are known; the only code that reads a truth."""

from simulator.market import simulate

__all__ = ["simulate"]
