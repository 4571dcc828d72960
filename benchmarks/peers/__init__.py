"""Other servers, made as small as their documentation shows, with engines whose delays are those of ours."""
