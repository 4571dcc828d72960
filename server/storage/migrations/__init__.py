"""How does the schema of one version become that of the next, and back? Alembic's scripts; `migrate` runs them."""
