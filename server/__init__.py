"""The server: HTTP and WebSocket access to the pipeline."""

VERSION = "0.1.0"
