"""What does FunASR do, on a GPU or a CPU with downloaded weights? Recognition."""
