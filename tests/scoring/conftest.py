"""Settings that every test of the scoring may ask for."""

from tests.features.conftest import configuration

__all__ = ["configuration"]
