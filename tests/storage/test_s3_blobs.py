"""The bucket on a bad line, full, killed, with wrong keys: one sentence each time, nothing lost, well again."""

import threading
import time
from dataclasses import replace

import pytest

from portal.errors import StorageUnavailableError
from portal.settings import load_settings
from portal.storage import s3
from portal.storage.blobs import BlobMissingError, new_key
from portal.storage.stores import store_for
from tests.factories.s3_servers import BUCKET, S3Server

pytestmark = pytest.mark.xdist_group("s3")

DATA = b"sealed bytes" * 30_000


def test_it_keeps_to_its_prefix(bucket, s3_server):
    key = new_key()
    bucket.put(key, DATA)
    names = [
        found["Key"] for found in s3_server.client().list_objects_v2(Bucket=BUCKET, Prefix=bucket.prefix)["Contents"]
    ]

    assert f"{bucket.prefix}{key}" in names
    assert all(name.startswith(bucket.prefix) for name in names)


def test_another_prefix_is_another_store(bucket, bucket_settings):
    bucket.put(new_key(), DATA)

    assert list(store_for(replace(bucket_settings, uploads=f"s3://{BUCKET}/{new_key()}")).stored()) == []


def test_other_objects_below_its_prefix_are_never_listed(bucket, s3_server):
    s3_server.client().put_object(Bucket=BUCKET, Key=f"{bucket.prefix}notes.txt", Body=b"of somebody else")

    assert list(bucket.stored()) == []


def test_it_never_writes_over_an_object(bucket):
    key = new_key()
    bucket.put(key, DATA)

    with pytest.raises(StorageUnavailableError):
        bucket.put(key, b"something else")
    assert bucket.get(key) == DATA


def test_a_lost_answer_is_no_loss(bucket, line, s3_server):
    # The first try is stored, its answer lost; the second finds it there.
    line.mode, key, before = "lost", new_key(), line.taken
    fresh = type(bucket)(_settings(bucket, s3_server, line))
    _through_after(line, before + 1)
    fresh.put(key, DATA)

    assert line.taken > before + 1
    assert bucket.get(key) == DATA


def test_a_cut_answer_is_asked_for_again(bucket, line, s3_server):
    key = new_key()
    bucket.put(key, DATA)
    line.mode = "cut"
    fresh = type(bucket)(_settings(bucket, s3_server, line))
    before = line.taken
    _through_after(line, before + 1)

    assert fresh.get(key) == DATA


def test_what_does_not_match_its_checksum_is_read_again_and_then_left_to_the_seal(bucket, s3_server, line):
    key = new_key()
    s3_server.client().put_object(
        Bucket=BUCKET, Key=f"{bucket.prefix}{key}", Body=b"damaged", Metadata={"sha256": "0" * 64}
    )

    before = line.requests

    assert bucket.get(key) == b"damaged"
    assert line.requests == before + 2


@pytest.mark.parametrize("mode", ["refuse", "full", "full disk", "slow down"])
def test_trouble_is_one_sentence_and_over_when_it_ends(bucket, line, s3_server, mode):
    line.mode = mode
    fresh = type(bucket)(_settings(bucket, s3_server, line))
    with pytest.raises(StorageUnavailableError) as told:
        fresh.put(new_key(), DATA)
    assert told.value.status == (507 if mode.startswith("full") else 503)
    assert "请稍后再试" in str(told.value)
    with pytest.raises(StorageUnavailableError, match="暂时不能读取") as told:  # nothing was to be saved
        fresh.get(new_key())
    assert told.value.status == 503
    assert not fresh.is_writable()

    line.mode, key = "through", new_key()
    assert fresh.is_writable()
    fresh.put(key, DATA)
    assert fresh.get(key) == DATA


def test_a_store_that_never_answers_is_given_up(bucket, line, s3_server):
    line.mode = "silent"
    fresh = type(bucket)(_settings(bucket, s3_server, line))
    began = time.monotonic()

    assert not fresh.is_writable()
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("mode", ["conflict", "slow down"])
def test_what_passes_in_a_moment_is_tried_again(bucket, line, s3_server, mode):
    """A conflict: an earlier try of the same object, whose answer was lost, is still under way."""
    line.mode, line.refusals_left, key = mode, 2, new_key()
    fresh = type(bucket)(_settings(bucket, s3_server, line))
    fresh.put(key, DATA)
    line.refusals_left = 2
    assert fresh.get(key) == DATA


def test_no_call_waits_for_a_silent_store_again_and_again(bucket, line, s3_server, monkeypatch):
    monkeypatch.setattr(s3, "_SECONDS", 1)
    monkeypatch.setattr(s3, "_PATIENCE_SECONDS", 0.5)  # over with the first try
    line.mode = "silent"
    fresh = type(bucket)(_settings(bucket, s3_server, line))
    key = new_key()
    calls = (lambda: fresh.put(key, DATA), lambda: fresh.get(key), lambda: fresh.delete(key), fresh.mark)
    for number, call in enumerate(calls, 1):
        with pytest.raises(StorageUnavailableError):
            call()
        assert line.taken == number


def test_an_absent_blob_is_told_from_an_absent_bucket(bucket, bucket_settings):
    with pytest.raises(BlobMissingError):
        bucket.get(new_key())
    gone = type(bucket)(replace(bucket_settings, uploads="s3://nowhere-at-all/portal"))
    with pytest.raises(StorageUnavailableError):
        gone.get(new_key())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"uploads": "s3://nowhere-at-all/portal"}, "没有名为 nowhere-at-all 的存储桶"),
        ({"s3_secret_key": "wrong"}, "不接受所给的密钥"),
        ({"s3_access_key": "wrong"}, "不接受所给的密钥"),
        ({"s3_endpoint": "http://127.0.0.1:9"}, "PORTAL_S3_ENDPOINT"),
        ({"s3_endpoint": "http://nowhere.invalid"}, "PORTAL_S3_ENDPOINT"),
    ],
)
def test_a_wrong_setting_is_one_sentence_and_makes_nothing(bucket_settings, s3_server, changes, said):
    with pytest.raises(StorageUnavailableError, match=said) as told:
        store_for(replace(bucket_settings, **changes)).prepare()
    assert str(told.value).startswith("PORTAL_UPLOADS")
    assert [bucket["Name"] for bucket in s3_server.client().list_buckets()["Buckets"]] == [BUCKET]


def test_a_bucket_that_keeps_what_is_deleted_is_refused(bucket_settings, s3_server):
    client, name = s3_server.client(), "keeps-versions"
    client.create_bucket(Bucket=name)
    try:
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        with pytest.raises(StorageUnavailableError, match="版本控制"):
            store_for(replace(bucket_settings, uploads=f"s3://{name}/portal")).prepare()
    finally:
        s3_server.client().put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
        for kind in ("Versions", "DeleteMarkers"):
            for found in client.list_object_versions(Bucket=name).get(kind, ()):
                client.delete_object(Bucket=name, Key=found["Key"], VersionId=found["VersionId"])
        client.delete_bucket(Bucket=name)


def test_the_environment_of_other_programs_leads_nowhere(bucket_settings, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "of-another-program")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    store, key = store_for(bucket_settings), new_key()
    store.put(key, DATA)

    assert store.get(key) == DATA


def test_what_was_acknowledged_outlives_a_killed_store(tmp_path, bucket_settings):
    server = S3Server(tmp_path / "own")
    try:
        server.start()
        store, keys = store_for(replace(bucket_settings, s3_endpoint=server.endpoint)), [new_key() for _ in range(20)]
        for key in keys:
            store.put(key, key.encode() * 1000)
        server.kill()
        with pytest.raises(StorageUnavailableError):
            store.put(new_key(), DATA)
        server.start()

        assert all(store.get(key) == key.encode() * 1000 for key in keys)
    finally:
        server.remove()


def _settings(bucket, server, line):
    return load_settings(server.settings(bucket.prefix.strip("/"), line.endpoint))


def _through_after(line, taken: int) -> None:
    """The line is good again after so many connections."""

    def watch() -> None:
        while line.taken < taken:
            time.sleep(0.005)
        line.mode = "through"

    threading.Thread(target=watch, daemon=True).start()
