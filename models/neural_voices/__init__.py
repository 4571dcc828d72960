"""Piper and Kokoro through onnxruntime: the networks that speak on a CPU, cut so that the first sound comes soon."""
