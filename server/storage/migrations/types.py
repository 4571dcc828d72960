"""The types of columns as the migrations write them; once released, a migration keeps its meaning."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SEARCH_TOKENS = sa.Text().with_variant(TSVECTOR(), "postgresql")
