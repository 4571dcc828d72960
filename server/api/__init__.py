"""What do all routes of `/api` share: declaration, validation, envelope, OpenAPI, cursors, ETags, idempotency, rates?"""
