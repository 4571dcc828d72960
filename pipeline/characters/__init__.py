"""Who is talked to? A character as a frozen value."""
