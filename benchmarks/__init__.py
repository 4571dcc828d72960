"""What `python3 run.py bench` runs: figures about the running program, taken through its own doors."""
