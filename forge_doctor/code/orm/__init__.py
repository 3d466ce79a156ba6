"""Models, engines and statements as written in code; builds no SQL and connects to nothing."""
