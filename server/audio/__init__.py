"""`/v1/audio`: texts that become audio files, and audio files that become text."""
