"""How well is a sentence understood that somebody says after a model?"""
