"""What does sherpa-onnx do, on a CPU with downloaded weights? Recognition and voices."""
