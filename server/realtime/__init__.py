"""The OpenAI Realtime API: its protocol, and the doors that speak it."""
