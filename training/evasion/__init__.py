"""The price of evasion: what staying unseen costs a manipulator, searched and estimated against fixed models."""
