"""Engines: one file each, behind the protocols of `pipeline.engines.protocols`."""
