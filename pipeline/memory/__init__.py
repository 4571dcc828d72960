"""What did a person tell about themselves, what do they want kept or forgotten, by rules in both languages? Pure."""
