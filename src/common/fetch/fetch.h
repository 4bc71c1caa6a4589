/* Outbound HTTP(S): one request, one reply, one absolute deadline.
 *
 * Certificates are always verified; plain http:// goes to loopback hosts only. No redirect is followed, no
 * proxy is taken from the environment, no cookie is kept, no name is cached. What a reply means, and whether
 * to ask again, is the caller's business.
 *
 * Threads: a struct fetch has one thread of its own. Requests may be started from any thread and are copied.
 * `done` runs on that thread, exactly once for each request, and must not block. Hides libcurl. */
#pragma once
#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"

struct fetch;

struct fetch_header {
    struct str name, value;
};

struct fetch_reply {
    int status;
    struct str content_type; /* empty when there is none */
    struct str body;         /* a NUL stands behind it */
    const struct fetch_header *headers;
    size_t header_count;
};

/* rc == RC_OK: a whole reply was read, whatever its status. Else reply is NULL: RC_BUSY (no connection,
 * deadline, cut off, cancelled, shutting down: may work later), RC_LIMIT (the reply is too long), RC_DENIED (its
 * certificate is not trusted), RC_UNCERTAIN (only if asked for: see below). Reply and err are borrowed until done() returns. */
typedef void fetch_done(void *arg, enum rc rc, const struct fetch_reply *reply, const struct err *err);

struct fetch_request {
    struct str method; /* empty: GET, or POST with a body */
    struct str url;    /* absolute; checked by fetch_url_check() */
    struct str
        target; /* what is asked for, byte for byte, instead of the URL's path and query; empty: those */
    bool bare;  /* no header of our own that says who asks and what for (User-Agent, Accept, Content-Type) */
    struct str address; /* an IP literal that stands for the URL's host; empty: the machine looks it up */
    bool fresh;         /* on a new connection, whatever is kept */
    struct str body;    /* absent: none */
    struct str content_type;            /* of the body; not looked at with `bare` */
    const struct fetch_header *headers; /* may hold secrets; never logged */
    size_t header_count;
    struct str ca_file; /* empty: the machine's own certificates */
    struct mono deadline;
    size_t reply_bytes_max; /* 0: LIMIT_FETCH_REPLY */
    /* A request that may have been sent, if only in part, fails with RC_UNCERTAIN instead of RC_BUSY, and goes out once: else libcurl sends
     * one again whose kept connection ended before a byte of the answer came. */
    bool tell_uncertain;
    fetch_done *done;
    void *arg;
};

MUST_USE enum rc fetch_new(struct fetch **ret, struct err *err);
void fetch_free(
    struct fetch *fetch); /* ends what is under way: done(RC_BUSY); joins the thread; NULL is fine */

/* On failure (the URL or a header is refused) done is not called. */
MUST_USE enum rc fetch_start(struct fetch *fetch, const struct fetch_request *request, struct err *err);
/* The same, waited for; done and arg are not used. Never on fetch's own thread. The reply lives in `mem`. */
MUST_USE enum rc fetch_wait(struct fetch *fetch, const struct fetch_request *request, struct arena *mem,
                            struct fetch_reply *ret, struct err *err);

/* Ends all that is under way: done(RC_BUSY). From any thread. */
void fetch_cancel(struct fetch *fetch);
/* The same, and for all that comes: fetch_start() gives RC_BUSY. fetch_free() is still due. */
void fetch_stop(struct fetch *fetch);
/* A copy in `mem`; look at arena_failed(mem). */
void fetch_reply_copy(struct arena *mem, const struct fetch_reply *reply, struct fetch_reply *ret);
/* A header's value, the last one of that name; absent: there is none. */
struct str fetch_header_of(const struct fetch_reply *reply, struct str name);

/* Retry-After, in seconds or as a date (RFC 9110 section 10.2.3), at most a day. False: it is not there, or cannot be read. */
bool fetch_retry_after(const struct fetch_reply *reply, int64_t *ret_ms);

/* https://host[:port]/... or http:// to 127.0.0.0/8, [::1] or localhost; no user, no fragment, no control
 * bytes or blanks. */
MUST_USE enum rc fetch_url_check(struct str url, struct err *err);
/* A file of trusted certificates: it can be read, and looks like one. An empty path is fine: the machine's own. */
MUST_USE enum rc fetch_ca_check(struct str path, struct err *err);

/* Appends name=value to an application/x-www-form-urlencoded body, '&' before it where needed. */
#define FETCH_FORM "application/x-www-form-urlencoded"
void fetch_form_put(struct buf *form, const char *name, struct str value);
