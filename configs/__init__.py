"""The settings that every job reads, as commented YAML."""

from pathlib import Path

SHIPPED = Path(__file__).with_name("scrubwatch.yaml")
"""What every job reads when it is given nothing else."""
