#include "common/http/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>

#include "common/base/banned.h"

/* 1.2 with forward secrecy and AEAD only; 1.3 with the cheapest of its three good ones first. */
#define CIPHERS_1_2 "ECDHE+AESGCM:ECDHE+CHACHA20"
#define CIPHERS_1_3 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

/* A client that names protocols but not ours gets a fatal alert (RFC 7301 3.2). */
static int alpn_choose(SSL *tls UNUSED, const unsigned char **ret, unsigned char *ret_n,
                       const unsigned char *offered, unsigned offered_n, void *arg UNUSED)
{
    static const unsigned char ours[] = "\x08http/1.1\x08http/1.0";
    unsigned char *chosen;
    int found = SSL_select_next_proto(&chosen, ret_n, ours, sizeof(ours) - 1, offered, offered_n);
    *ret = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* An encrypted key is an error; OpenSSL would ask the terminal for its passphrase. */
static int passphrase_none(char *text UNUSED, int size UNUSED, int writing UNUSED, void *arg UNUSED)
{
    return -1;
}

/* The first in OpenSSL's queue is the cause; of a file that cannot be opened it is the system's own error. */
static enum rc refuse(struct err *err, const char *what, const char *path)
{
    unsigned long code = ERR_peek_error();
    const char *why =
        ERR_SYSTEM_ERROR(code) ? strerrordesc_np(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    ERR_clear_error();
    return err_set(err, RC_INVALID, NULL, "%s %s: %s", what, path, why != NULL ? why : "cannot be read");
}

static enum rc files_load(SSL_CTX *context, const char *certificate, const char *key, struct err *err)
{
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1) {
        return refuse(err, "certificate", certificate);
    }
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        return refuse(err, "key", key);
    }
    return RC_OK;
}

static void context_set(SSL_CTX *context)
{
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF); /* HTTP frames itself */
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* tickets need none */
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_read_ahead(context, 1); /* one system call a record, not two */
    SSL_CTX_set_alpn_select_cb(context, alpn_choose, NULL);
    SSL_CTX_set_default_passwd_cb(context, passphrase_none);
}

enum rc tls__context_new(const char *certificate, const char *key, SSL_CTX **ret, struct err *err)
{
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, CIPHERS_1_2) != 1 ||
        SSL_CTX_set_ciphersuites(context, CIPHERS_1_3) != 1) {
        SSL_CTX_free(context);
        ERR_clear_error();
        return err_set(err, RC_INTERNAL, NULL, "OpenSSL cannot set up TLS");
    }
    context_set(context);
    enum rc rc = files_load(context, certificate, key, err);
    if (rc != RC_OK) {
        SSL_CTX_free(context);
        return rc;
    }
    *ret = context;
    return RC_OK;
}

SSL *tls__new(SSL_CTX *context, int fd)
{
    ERR_clear_error();
    SSL *tls = SSL_new(context);
    if (tls == NULL || SSL_set_fd(tls, fd) != 1) {
        SSL_free(tls);
        ERR_clear_error();
        return NULL;
    }
    SSL_set_accept_state(tls);
    return tls;
}

/* The answer to a call that returned `result` <= 0. */
static ssize_t io_of(SSL *tls, int result)
{
    int why = SSL_get_error(tls, result);
    ERR_clear_error();
    switch (why) {
    case SSL_ERROR_WANT_READ:
        return IO_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return IO_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return IO_END;
    default:
        return IO_GONE;
    }
}

ssize_t tls__handshake(SSL *tls)
{
    ERR_clear_error();
    int result = SSL_do_handshake(tls);
    return result == 1 ? 1 : io_of(tls, result);
}

ssize_t tls__read(SSL *tls, void *bytes, size_t n)
{
    size_t got = 0;
    ERR_clear_error();
    int result = SSL_read_ex(tls, bytes, n, &got);
    return result == 1 ? (ssize_t)got : io_of(tls, result);
}

ssize_t tls__write(SSL *tls, const void *bytes, size_t n)
{
    size_t sent = 0;
    ERR_clear_error();
    int result = SSL_write_ex(tls, bytes, n, &sent);
    return result == 1 ? (ssize_t)sent : io_of(tls, result);
}

bool tls__pending(SSL *tls)
{
    return SSL_has_pending(tls) == 1;
}

void tls__close_notify(SSL *tls)
{
    ERR_clear_error();
    if (SSL_is_init_finished(tls)) {
        (void)SSL_shutdown(tls); /* the other side's answer is not waited for */
    }
    ERR_clear_error();
}
