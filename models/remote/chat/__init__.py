"""Language models as people have them: how they are asked, and what of their answers is words, thought or a call."""
