"""Operations that are written as SQL: the statements of a text, and what each of them changes."""
