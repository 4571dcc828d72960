"""How is the server run and watched? Its event loop; its health, its metrics, what it runs, its latest turns."""
