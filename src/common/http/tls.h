/* TLS for connections: OpenSSL 3 as four verbs on a non-blocking socket. Knows nothing of HTTP but its ALPN name.
 * OpenSSL's error queue belongs to the thread; each verb leaves it empty and none trusts it to be so. A context may be used
 * by several threads, a session by one. */
#pragma once
#include <openssl/ssl.h>
#include <sys/types.h>

#include "common/base/err.h"

/* What reading and writing answer besides a number of bytes, with TLS and without. */
enum {
    IO_END = 0, /* the other side has ended its direction */
    IO_WANT_READ = -1,
    IO_WANT_WRITE = -2,
    IO_GONE = -3, /* reset, or no TLS: nothing can be sent any more */
};

/* TLS 1.2 and 1.3, tickets, ALPN http/1.1. Reference counted: each session holds its context. */
MUST_USE enum rc tls__context_new(const char *certificate, const char *key, SSL_CTX **ret, struct err *err);

SSL *tls__new(SSL_CTX *context, int fd); /* NULL: out of memory */
ssize_t tls__handshake(SSL *tls);        /* 1: done */
ssize_t tls__read(SSL *tls, void *bytes, size_t n);
ssize_t tls__write(SSL *tls, const void *bytes, size_t n);
bool tls__pending(SSL *tls);      /* bytes are here that epoll will not announce */
void tls__close_notify(SSL *tls); /* at most once; a full socket loses it */
