"""A secret doesn't show itself, whoever asks."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass

import pytest

from idp.accounts.secret import Secret

SHOWN = "34mij1"


@dataclass(frozen=True)
class Holder:
    secret: Secret


@pytest.mark.parametrize(
    "show", [str, repr, "{}".format, lambda secret: f"{secret!r} {secret}", lambda s: repr(Holder(s))]
)
def test_a_secret_prints_nothing(show: object) -> None:
    assert callable(show)
    assert SHOWN not in show(Secret(SHOWN))


def test_a_secret_is_not_pickled_nor_made_into_json() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(SHOWN))
    with pytest.raises(TypeError):
        json.dumps(Secret(SHOWN))


def test_a_secret_reveals_what_was_typed_and_hashes_it_composed() -> None:
    assert Secret("e\u0301").reveal() == "e\u0301"
    assert Secret("e\u0301") == Secret("\u00e9")
    assert not Secret("")
