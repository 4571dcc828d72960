"""Cards: what somebody wants to say better, asked again when they are about to forget it."""
