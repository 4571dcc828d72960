"""What does `run.py` do beside serving? `models` and `doctor`."""
