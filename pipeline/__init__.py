"""The streaming loop. Imports the standard library and numpy only; engines and servers come to it."""
