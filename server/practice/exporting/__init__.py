"""What somebody takes along: a report as Markdown or PDF, cards for Anki."""
