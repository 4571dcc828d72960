"""How is the server run: the loop that it runs on."""
