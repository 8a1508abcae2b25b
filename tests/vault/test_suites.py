"""Both suites against published vectors, so that another implementation can open what this one sealed."""

import pytest

from portal.vault.suites import SUITES, SealBrokenError, derive_key, suite_of_code

AES, SM4 = SUITES["aes-256-gcm"], SUITES["sm4-gcm"]


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.replace(" ", ""))


# McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16 (the one with associated data).
AES_VECTOR = {
    "key": unhex("feffe9928665731c6d6a8f9467308308 feffe9928665731c6d6a8f9467308308"),
    "nonce": unhex("cafebabefacedbaddecaf888"),
    "place": unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
    "plaintext": unhex(
        "d9313225f88406e5a55909c5aff5269a 86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525 b16aedf5aa0de657ba637b39"
    ),
    "sealed": unhex(
        "522dc1f099567d07f47f37a32a84427d 643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838 c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    ),
}
# RFC 8998, appendix A.1.
SM4_VECTOR = {
    "key": unhex("0123456789ABCDEFFEDCBA9876543210"),
    "nonce": unhex("00001234567800000000ABCD"),
    "place": unhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2"),
    "plaintext": unhex(
        "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBB CCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD"
        "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFF EEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA"
    ),
    "sealed": unhex(
        "17F399F08C67D5EE19D0DC9969C4BB7D 5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15 A56834CBCF98C397B4024A2691233B8D"
        "83DE3541E4C2B58177E065A9BF7B62EC"
    ),
}
VECTORS = [pytest.param(AES, AES_VECTOR, id="aes-256-gcm"), pytest.param(SM4, SM4_VECTOR, id="sm4-gcm")]


@pytest.mark.parametrize(("suite", "vector"), VECTORS)
def test_it_seals_as_the_published_vector_says(suite, vector):
    assert suite.encrypt(vector["key"], vector["nonce"], vector["plaintext"], vector["place"]) == vector["sealed"]


@pytest.mark.parametrize(("suite", "vector"), VECTORS)
def test_it_opens_the_published_vector(suite, vector):
    assert suite.decrypt(vector["key"], vector["nonce"], vector["sealed"], vector["place"]) == vector["plaintext"]


@pytest.mark.parametrize(("suite", "vector"), VECTORS)
def test_it_refuses_the_vector_at_another_place(suite, vector):
    with pytest.raises(SealBrokenError):
        suite.decrypt(vector["key"], vector["nonce"], vector["sealed"], b"elsewhere")


@pytest.mark.parametrize("suite", [AES, SM4], ids=lambda suite: suite.name)
@pytest.mark.parametrize("length", [0, 1, 15])
def test_it_refuses_bytes_that_are_shorter_than_a_tag(suite, length):
    with pytest.raises(SealBrokenError):
        suite.decrypt(bytes(suite.key_bytes), bytes(12), bytes(length), b"")


def test_hmac_sha256_matches_rfc_4231():
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

    assert AES.keyed_hash(b"Jefe", b"what do ya want for nothing?").hex() == expected


@pytest.mark.parametrize(
    ("key", "message", "expected"),
    [
        (
            bytes(range(0x01, 0x21)),
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq" * 2,
            "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a",
        ),
        (
            bytes(range(0x01, 0x26)),
            b"\xcd" * 50,
            "220bf579ded555393f0159f66c99877822a3ecf610d1552154b41d44b94db3ae",
        ),
    ],
)
def test_hmac_sm3_matches_the_standard(key, message, expected):
    # GM/T 0042-2015, appendix D.
    assert SM4.keyed_hash(key, message).hex() == expected


def test_hmac_sm3_is_built_on_the_sm3_of_the_standard():
    # HMAC by its definition (RFC 2104) over the library's SM3, whose "abc" is in GB/T 32905, appendix A.1.
    from cryptography.hazmat.primitives import hashes

    def sm3(data: bytes) -> bytes:
        digest = hashes.Hash(hashes.SM3())
        digest.update(data)
        return digest.finalize()

    key, message = b"an invented key of thirty-2 byte", b"a message"
    padded = key.ljust(64, b"\0")
    inner = sm3(bytes(byte ^ 0x36 for byte in padded) + message)

    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert SM4.keyed_hash(key, message) == sm3(bytes(byte ^ 0x5C for byte in padded) + inner)


def test_key_derivation_matches_rfc_5869():
    # Test case 3: neither salt nor info.
    expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"

    assert derive_key(b"\x0b" * 22, "", 42).hex() == expected


def test_it_derives_another_key_for_another_purpose():
    assert derive_key(bytes(32), "blind index") != derive_key(bytes(32), "keyed hash")


def test_it_finds_a_suite_by_the_byte_in_a_sealed_value():
    assert [suite_of_code(suite.code) for suite in SUITES.values()] == list(SUITES.values())
    assert AES.code != SM4.code


def test_it_refuses_an_unknown_suite():
    with pytest.raises(SealBrokenError):
        suite_of_code(99)
