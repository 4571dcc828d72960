"""Whisper through CTranslate2, as a streaming recogniser."""
