"""What people type, made comparable: one spelling for what keyboards, accents and scripts write in several ways."""

from __future__ import annotations

import re
import unicodedata

# A letter, a digit or a mark that belongs to a letter; Python's \w leaves out the vowel signs of Indian scripts.
WORD = r"\w\u0900-\u0963\u0971-\u0dff"

_ACCENTS = range(0x300, 0x370)
_ARABIC_MARKS = (*range(0x610, 0x61B), 0x640, *range(0x64B, 0x660), 0x670)
_NUKTA = 0x93C
# They join, part or direct letters and cannot be seen.
_INVISIBLE = (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF)
_SPELLED = {
    **dict.fromkeys((*_ACCENTS, *_ARABIC_MARKS, _NUKTA, *_INVISIBLE)),
    **str.maketrans("يىكةٱ،؛؟٫٬ँ", "ییکها,;?.,ं"),
}
_NATIVE_DIGIT = re.compile(r"[^\D0-9]")


def folded(text: str) -> str:
    """Return a text in small letters, without accents and invisible characters, with the digits 0 to 9.

    Letters that people type for one another become the same: Arabic and Persian yeh and kaf, ё and е.
    """
    if text.isascii():
        return text.casefold()
    letters = unicodedata.normalize("NFD", text.casefold()).translate(_SPELLED)
    digits = _NATIVE_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), letters)
    return unicodedata.normalize("NFC", digits)
