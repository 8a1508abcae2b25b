"""What every blob store does, in a folder and in a bucket."""

import concurrent.futures
from datetime import UTC, datetime, timedelta

import pytest

from portal.storage.blobs import BlobMissingError, new_key

DATA = b"sealed bytes" * 30_000


def test_it_gives_back_what_it_was_given(store):
    key = new_key()
    store.put(key, DATA)

    assert store.get(key) == DATA


def test_an_empty_blob_is_one_too(store):
    key = new_key()
    store.put(key, b"")

    assert store.get(key) == b""


def test_what_was_never_stored_is_missing(store):
    with pytest.raises(BlobMissingError):
        store.get(new_key())


def test_what_was_deleted_is_missing_and_may_be_deleted_again(store):
    key = new_key()
    store.put(key, DATA)
    store.delete(key)
    store.delete(key)

    with pytest.raises(BlobMissingError):
        store.get(key)


def test_it_lists_what_it_holds_with_the_time(store):
    keys = {new_key() for _ in range(3)}
    for key in keys:
        store.put(key, b"sealed")
    listed = dict(store.stored())

    assert set(listed) == keys
    assert all(abs(moment - datetime.now(UTC)) < timedelta(minutes=1) for moment in listed.values())


def test_it_lists_more_than_one_page(store):
    # A bucket is listed in pages of a thousand.
    keys = {new_key() for _ in range(1010)}
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda key: store.put(key, b"x"), keys))

    assert {key for key, _ in store.stored()} == keys


def test_it_is_writable_and_asking_leaves_nothing_to_list(store):
    assert store.is_writable()
    assert list(store.stored()) == []


@pytest.mark.parametrize(
    "key", ["", "..", "../../etc/passwd", "a" * 31, "a" * 33, "A" * 32, "a" * 32 + "\n", "/" + "a" * 31]
)
def test_it_refuses_a_key_that_is_not_its_own(store, key):
    for act in (lambda: store.put(key, DATA), lambda: store.get(key), lambda: store.delete(key)):
        with pytest.raises(ValueError, match="not a blob key"):
            act()


def test_many_at_once_do_not_mix(store):
    blobs = {new_key(): bytes([number]) * 50_000 for number in range(24)}
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda item: store.put(*item), blobs.items()))
        found = dict(zip(blobs, threads.map(store.get, blobs), strict=True))

    assert found == blobs


def test_a_mark_names_it_and_is_no_blob(store):
    assert store.mark() is None
    store.put_mark(b'{"store": "one"}')
    store.put_mark(b'{"store": "two"}')

    assert store.mark() == b'{"store": "two"}'
    assert list(store.stored()) == []
