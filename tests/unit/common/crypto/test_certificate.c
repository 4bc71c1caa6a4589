/* Keys and certificates are made here, so that no private key lies in the tree. */
#include "common/crypto/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <cmocka.h>

#define ALT_NAMES                                                                                            \
    "DNS:provapi.example.net,DNS:*.1r1.example.net,IP:192.0.2.1,IP:2001:db8::1,email:a@example.net"

struct room {
    char folder[64];
    char certificate[128], key[128], other_key[128], locked_key[128], text[128];
    struct arena *mem;
};

static void in_folder(const struct room *room, const char *name, char path[128])
{
    (void)snprintf(path, 128, "%s/%s", room->folder, name);
}

static FILE *create(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(chmod(path, 0600), 0);
    return file;
}

static void write_key(const char *path, EVP_PKEY *key, const char *passphrase)
{
    FILE *file = create(path);
    unsigned char secret[8] = "x";
    assert_int_equal(PEM_write_PrivateKey(file, key, passphrase != NULL ? EVP_aes_128_cbc() : NULL,
                                          passphrase != NULL ? secret : NULL, passphrase != NULL ? 1 : 0,
                                          NULL, NULL),
                     1);
    fclose(file);
}

static void write_certificate(const char *path, EVP_PKEY *key)
{
    X509 *x509 = X509_new();
    X509_NAME *name = X509_get_subject_name(x509);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, ALT_NAMES);
    assert_non_null(names);
    assert_int_equal(
        X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Example", -1, -1, 0), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                                (const unsigned char *)"cn.example.net", -1, -1, 0),
                     1);
    assert_int_equal(X509_set_version(x509, X509_VERSION_3), 1);
    assert_int_equal(ASN1_TIME_set_string_X509(X509_getm_notBefore(x509), "20260101000000Z"), 1);
    assert_int_equal(ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), "20510102030405Z"), 1);
    assert_int_equal(X509_set_pubkey(x509, key), 1);
    assert_int_equal(X509_add_ext(x509, names, -1), 1);
    assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
    FILE *file = create(path);
    assert_int_equal(PEM_write_X509(file, x509), 1);
    fclose(file);
    X509_EXTENSION_free(names);
    X509_free(x509);
}

static int room_open(void **state)
{
    static struct room room;
    (void)snprintf(room.folder, sizeof room.folder, "/tmp/test_certificate.XXXXXX");
    assert_non_null(mkdtemp(room.folder));
    in_folder(&room, "cert.pem", room.certificate);
    in_folder(&room, "key.pem", room.key);
    in_folder(&room, "other.pem", room.other_key);
    in_folder(&room, "locked.pem", room.locked_key);
    in_folder(&room, "text", room.text);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_PKEY *other = EVP_EC_gen("P-256");
    write_key(room.key, key, NULL);
    write_key(room.locked_key, key, "x");
    write_key(room.other_key, other, NULL);
    write_certificate(room.certificate, key);
    FILE *text = create(room.text);
    fputs("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", text);
    fclose(text);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    room.mem = arena_new(1 << 20);
    *state = &room;
    return 0;
}

static int room_close(void **state)
{
    struct room *room = *state;
    const char *const paths[] = {room->certificate, room->key, room->other_key, room->locked_key, room->text};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        assert_int_equal(unlink(paths[i]), 0);
    }
    assert_int_equal(rmdir(room->folder), 0);
    arena_free(room->mem);
    return 0;
}

static void test_certificate__tells_its_facts(void **state)
{
    struct room *room = *state;
    static const char *const names[] = {"provapi.example.net", "*.1r1.example.net", "192.0.2.1",
                                        "2001:db8::1"};
    struct crypto_certificate c;
    struct err err = {0};
    char text[CLOCK_TEXT_MAX];
    assert_int_equal(crypto_certificate_read(room->certificate, room->mem, &c, &err), RC_OK);
    assert_true(str_eq(clock_rfc3339(c.not_before, text), STR("2026-01-01T00:00:00.000Z")));
    assert_true(str_eq(clock_rfc3339(c.not_after, text), STR("2051-01-02T03:04:05.000Z")));
    assert_true(str_eq(c.subject, STR("CN=cn.example.net,O=Example")));
    assert_int_equal(c.name_count, ARRAY_LEN(names));
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_true(str_eq(c.names[i], str_of(names[i])));
    }
}

static void test_certificate__covers_names_as_clients_judge(void **state)
{
    struct room *room = *state;
    static const struct {
        const char *host;
        bool covered;
    } cases[] = {
        {"provapi.example.net", true},
        {"PROVAPI.Example.NET", true},
        {"provapi.example.ne", false},
        {"x.provapi.example.net", false},
        {"a.1r1.example.net", true},
        {"A.1R1.example.net", true},
        {"a.b.1r1.example.net", false}, /* one label only */
        {"1r1.example.net", false},
        {".1r1.example.net", false},
        {"*.1r1.example.net", true},
        {"*.example.net", false},
        {"*.b.1r1.example.net", false},
        {"cn.example.net", false}, /* the common name does not count */
        {"192.0.2.1", true},
        {"192.0.2.2", false},
        {"2001:DB8:0::1", true},
        {"::ffff:192.0.2.1", true},
        {"a@example.net", false},
        {"", false},
    };
    struct crypto_certificate c;
    assert_int_equal(crypto_certificate_read(room->certificate, room->mem, &c, NULL), RC_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (crypto_certificate_covers(&c, str_of(cases[i].host)) != cases[i].covered) {
            fail_msg("case %zu (%s)", i, cases[i].host);
        }
    }
}

static void test_certificate__refuses_other_files(void **state)
{
    struct room *room = *state;
    struct crypto_certificate c;
    struct err err = {0};
    const char *const paths[] = {room->key, room->text, "/nonexistent.pem", room->folder};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        if (crypto_certificate_read(paths[i], room->mem, &c, &err) != RC_INVALID ||
            strstr(err.msg, paths[i]) == NULL) {
            fail_msg("case %zu: %s", i, err.msg);
        }
    }
    assert_int_equal(ERR_peek_error(), 0); /* OpenSSL's queue belongs to the TLS code */
}

static void test_key__fits_its_certificate_only(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    assert_int_equal(crypto_key_fits(room->certificate, room->key, &err), RC_OK);
    assert_int_equal(crypto_key_fits(room->certificate, room->other_key, &err), RC_INVALID);
    assert_non_null(strstr(err.msg, "is not the key of"));
    assert_int_equal(crypto_key_fits(room->certificate, room->locked_key, &err),
                     RC_INVALID); /* and asks no terminal */
    assert_non_null(strstr(err.msg, "passphrase"));
    assert_int_equal(crypto_key_fits(room->certificate, room->text, &err), RC_INVALID);
    assert_int_equal(chmod(room->key, 0644), 0);
    assert_int_equal(crypto_key_fits(room->certificate, room->key, &err), RC_INVALID);
    assert_non_null(strstr(err.msg, "others"));
    assert_int_equal(chmod(room->key, 0600), 0);
    assert_int_equal(ERR_peek_error(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificate__tells_its_facts),
        cmocka_unit_test(test_certificate__covers_names_as_clients_judge),
        cmocka_unit_test(test_certificate__refuses_other_files),
        cmocka_unit_test(test_key__fits_its_certificate_only),
    };
    return cmocka_run_group_tests(tests, room_open, room_close);
}
