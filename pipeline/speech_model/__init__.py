"""How does one speech model hear and answer, in place of recogniser, language model and synthesiser?"""
