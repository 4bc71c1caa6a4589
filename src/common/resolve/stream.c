/* Messages over TCP (RFC 1035 section 4.2.2): two bytes of length before each. The socket never blocks; whoever waits, waits in poll and
 * no longer than to the deadline. */
#include "common/resolve/inside.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

#define LENGTH_BYTES 2

/* False: the deadline passed. */
static bool await(int fd, short events, struct mono deadline)
{
    struct pollfd wanted = {.fd = fd, .events = events};
    int64_t left_ms;
    while ((left_ms = mono_left_ms(deadline, clock_mono())) > 0) {
        int n = poll(&wanted, 1, left_ms < INT32_MAX ? (int)left_ms : INT32_MAX);
        if (n != 0 && (n > 0 || errno != EINTR)) {
            return true; /* what is wrong, the next call on the socket says */
        }
    }
    return false;
}

/* 0, or the errno. */
static int connect_by(int fd, const struct net_addr *server, struct mono deadline)
{
    struct sockaddr_storage address;
    socklen_t bytes = net_to_sockaddr(server, &address);
    int error = 0;
    socklen_t error_bytes = sizeof error;
    if (connect(fd, (const struct sockaddr *)&address, bytes) == 0) {
        return 0;
    }
    if (errno != EINPROGRESS) {
        return errno;
    }
    if (!await(fd, POLLOUT, deadline)) {
        return ETIMEDOUT;
    }
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_bytes) == 0 ? error : errno;
}

enum rc stream__connect(const struct net_addr *server, struct mono deadline, int *ret_fd, struct err *err)
{
    char text[NET_TEXT_MAX];
    struct str where = net_text_port(server, text);
    int fd = socket(server->family == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error = fd >= 0 ? connect_by(fd, server, deadline) : errno;
    if (error != 0) {
        if (fd >= 0) {
            close(fd);
        }
        return err_set(err, RC_BUSY, "DnsUnreachable", "%" STR_FMT ": %s", STR_ARG(where), strerror(error));
    }
    *ret_fd = fd;
    return RC_OK;
}

static enum rc send_bytes(int fd, const uint8_t *bytes, size_t n, struct mono deadline, struct err *err)
{
    while (n > 0) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes += sent;
            n -= (size_t)sent;
        } else if (errno != EAGAIN && errno != EINTR) {
            return err_set(err, RC_BUSY, "DnsUnreachable", "the connection broke: %s", strerror(errno));
        } else if (!await(fd, POLLOUT, deadline)) {
            return err_set(err, RC_BUSY, "DnsUnreachable", "the message was not taken in time");
        }
    }
    return RC_OK;
}

enum rc stream__send(int fd, ldns_pkt *message, struct mono deadline, struct err *err)
{
    uint8_t *wire = NULL, *framed;
    size_t n = 0;
    enum rc rc = RC_INTERNAL;
    if (ldns_pkt2wire(&wire, message, &n) == LDNS_STATUS_OK &&
        (framed = mem_alloc(LENGTH_BYTES + n)) != NULL) {
        ldns_write_uint16(framed, (uint16_t)n);
        memcpy(framed + LENGTH_BYTES, wire, n);
        rc = send_bytes(fd, framed, LENGTH_BYTES + n, deadline, err);
        mem_free(framed);
    } else {
        rc = err_set(err, RC_BUSY, "DnsUnreachable", "out of memory");
    }
    LDNS_FREE(wire);
    return rc;
}

/* How many came; fewer than n: the error says why. */
static size_t receive_bytes(int fd, uint8_t *ret, size_t n, struct mono deadline, struct err *err)
{
    size_t have = 0;
    while (have < n) {
        ssize_t got = recv(fd, ret + have, n - have, 0);
        if (got > 0) {
            have += (size_t)got;
        } else if (got == 0) {
            err_set(err, RC_BUSY, "DnsNoAnswer", "the server closed the connection");
            break;
        } else if (errno != EAGAIN && errno != EINTR) {
            err_set(err, RC_BUSY, "DnsNoAnswer", "the connection broke: %s", strerror(errno));
            break;
        } else if (!await(fd, POLLIN, deadline)) {
            err_set(err, RC_BUSY, "DnsNoAnswer", "no answer within the deadline");
            break;
        }
    }
    return have;
}

enum rc stream__receive(int fd, struct mono deadline, uint8_t *wire, size_t *ret_n, struct err *err)
{
    uint8_t length[LENGTH_BYTES];
    size_t have = receive_bytes(fd, length, LENGTH_BYTES, deadline, err);
    if (have == 0) {
        return RC_BUSY;
    }
    size_t n = have == LENGTH_BYTES ? ldns_read_uint16(length) : 0;
    if (n == 0 || receive_bytes(fd, wire, n, deadline, err) < n) {
        return err_set(err, RC_INVALID, "DnsBadAnswer", "the answer is cut off");
    }
    *ret_n = n;
    return RC_OK;
}
