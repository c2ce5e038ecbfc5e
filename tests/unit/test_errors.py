from __future__ import annotations

import re

import pytest

from bot import errors
from bot.errors import BotError, NotAllowed, Overtaken, Refused, StartupError, Unavailable
from bot.words import Words


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    drawn = set(re.findall(r"^(?:│   )?(?:[├└]── )?(\w+) {2,}", errors.__doc__ or "", re.MULTILINE))
    defined = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)}
    assert drawn == defined


@pytest.mark.parametrize("kind", [Refused, NotAllowed, Unavailable])
def test_an_error_for_a_person_is_a_message_with_values_to_be_escaped_where_it_is_said(
    kind: type[BotError], words: Words
) -> None:
    error = kind("I know no {thing}.", thing="<b>&")
    assert isinstance(error, BotError)
    assert words(error.message, **error.values) == "I know no &lt;b&gt;&amp;."
    assert words.plain(error.message, **error.values) == "I know no <b>&."


def test_who_overtook_is_on_record() -> None:
    error = Overtaken("Too late.", keys=("welcome",), revision=7, changed_by=None)
    assert isinstance(error, BotError)
    assert (error.keys, error.revision, error.changed_by) == (("welcome",), 7, None)


def test_an_error_for_the_operator_is_none_for_a_person() -> None:
    assert not issubclass(StartupError, BotError)
