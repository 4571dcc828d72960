"""The server: HTTP and WebSocket doors to the pipeline."""

VERSION = "0.1.0"
