#include "common/crypto/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void check_digest(const struct str *pieces, size_t n, const char *hex)
{
    uint8_t expected[CRYPTO_SHA256_BYTES];
    uint8_t digest[CRYPTO_SHA256_BYTES];
    assert_true(str_to_hex(str_of(hex), expected, sizeof expected));
    crypto_sha256(pieces, n, digest);
    assert_memory_equal(digest, expected, sizeof expected);
}

/* Examples of FIPS 180-4. */
static void test_sha256__joins_its_pieces(void **state UNUSED)
{
    static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    static const char none[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const struct str whole[] = {STR("abc")};
    const struct str parts[] = {STR("a"), STR_NONE, STR("bc"), STR("")};
    check_digest(whole, ARRAY_LEN(whole), abc);
    check_digest(parts, ARRAY_LEN(parts), abc);
    check_digest(NULL, 0, none);
}

static void test_equal__compares_bytes_and_length(void **state UNUSED)
{
    assert_true(crypto_equal(STR("secret"), STR("secret")));
    assert_false(crypto_equal(STR("secret"), STR("secreT")));
    assert_false(crypto_equal(STR("secret"), STR("secre")));
    assert_true(crypto_equal(STR("a\0b"), STR("a\0b")));
    assert_false(crypto_equal(STR("a\0b"), STR("a\0c")));
    assert_true(crypto_equal(STR_NONE, STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256__joins_its_pieces),
        cmocka_unit_test(test_equal__compares_bytes_and_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
