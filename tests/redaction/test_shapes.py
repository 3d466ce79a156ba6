"""What shows by itself that it is a secret: a word that was drawn, a key."""

import random
import string

import pytest

from forge_doctor.redaction import redact
from forge_doctor.redaction.shapes import is_random, mask_keys, mask_random


@pytest.mark.parametrize("seed", range(20))
def test_a_word_that_was_drawn_is_masked_and_one_that_was_made_up_is_not(seed: int) -> None:
    drawn = "".join(random.Random(seed).choices(string.ascii_letters + string.digits, k=40))
    assert mask_random(f"key {drawn}, then") == "key ***, then"
    for name in (
        "get_current_active_superuser_from_request2",
        "PaymentProviderConfigurationV2",
        "x" * 40,
        "A1" + "b" * 30,
    ):
        assert mask_random(name) == name


def test_two_changes_in_five_characters_are_drawn_and_fewer_are_a_name() -> None:
    # Eight of twenty: from small letter, capital or digit to another kind.
    assert is_random("aB1cD2eFF" + "g" * 11)
    assert not is_random("aB1cD2eFF" + "F" * 11)
    # Without one of the three kinds it is a number of another base, or a name.
    assert not is_random("aBcDeFgHiJkLmNoPqRsT")
    assert not is_random("a1b2c3d4e5f6a7b8c9d0")


def test_a_key_without_an_end_goes_to_the_end_of_the_text() -> None:
    begin, end = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"
    assert mask_keys(f"x {begin}\nabc\n{end} y {begin}\nabc") == f"x {begin}***{end} y {begin}***"
    assert mask_keys("nothing here") == "nothing here"


def test_a_key_of_a_service_is_known_by_its_length() -> None:
    assert redact("got " + "SK" + "0f" * 16 + " from it") == "got *** from it"
    assert redact("task" + "0f" * 16) == "task" + "0f" * 16
