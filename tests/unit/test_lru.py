"""What is remembered is bounded; what was not used for longest is forgotten first."""

from bot.lru import LruCache, Once, Seldom


def test_the_entry_that_was_not_used_for_longest_is_forgotten() -> None:
    cache: LruCache[str, int] = LruCache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)


def test_a_peek_is_no_use() -> None:
    cache: LruCache[str, int] = LruCache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.peek("a") == 1
    cache.put("c", 3)
    assert cache.peek("a") is None


def test_what_is_taken_out_is_gone() -> None:
    cache: LruCache[str, int] = LruCache()
    cache.put("a", 1)
    assert (cache.pop("a"), cache.pop("a"), cache.get("a")) == (1, None, None)


def test_a_key_is_new_once() -> None:
    once: Once[str] = Once()
    assert [once("a"), once("b"), once("a")] == [True, True, False]


def test_a_line_comes_again_after_its_time_and_knows_how_many_were_left_out() -> None:
    seldom: Seldom[str] = Seldom(10.0)
    assert [seldom("a", now) for now in (0.0, 1.0, 9.9, 10.0, 10.1, 30.0)] == [0, None, None, 2, None, 1]
    assert seldom("b", 30.0) == 0
