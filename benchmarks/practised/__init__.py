"""Talks put together from recordings and voices, of which it is known how they were spoken, for `bench practice`."""
