"""Which names hold a secret."""

from forge_doctor.redaction.names import NONE, STRONG, strength


def test_a_word_of_a_secret_is_known_in_each_language_and_where_it_ends_a_name() -> None:
    assert strength("senha") == strength("hsec") == strength("bypass_userpass") == STRONG
    assert strength("traffic_bypass") == strength("compass") == NONE
