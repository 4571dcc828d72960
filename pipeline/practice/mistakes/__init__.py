"""Which slips are known by rules, in both languages, and which of them matter first? Pure."""
