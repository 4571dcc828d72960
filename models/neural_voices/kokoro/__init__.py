"""How does Kokoro speak: its alphabet, its voices, its network in halves, and the engine over them?"""
