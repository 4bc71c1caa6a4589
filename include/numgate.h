/* libnumgate: a client of the Provisioning API, with the rules that the API's documentation asks of every client.
 *
 *      struct numgate_options options = {.size = sizeof options, .base_domain = "example.net", .token_url = "https://...",
 *                                        .client_id = "...", .client_secret_file = "/etc/bss/secret"};
 *      struct numgate *numgate;
 *      struct numgate_error error;
 *      if (numgate_open(&options, &numgate, &error) != NUMGATE_OK) { ... error.message ... }
 *      struct numgate_reply *reply;
 *      enum numgate_status status = numgate_get_account(numgate, "Contoso", NULL, &reply, &error);
 *      ... numgate_reply_body(reply) ...
 *      numgate_reply_free(reply);
 *      numgate_close(numgate);
 *
 * What a call does before it returns:
 *  - A token is fetched with the client credentials grant (RFC 6749 section 4.4), kept, and renewed before it ends.
 *  - 429: it waits as Retry-After says, and asks again.
 *  - No connection, no answer in time, or 5xx (but 501): it waits (retry_wait_ms), looks the name up again, opens a new connection and asks
 *    again. A write is repeated with the same Repeatability-Request-ID, so it is done once whatever happened to the first answer.
 *  - 401: once, with a new token.
 *  - It holds itself under a number of requests a minute, so that many calls one after another collect no 429.
 *  - deadline_ms ends all of it.
 * Every attempt, and why there was another one, is told to options.log.
 *
 * Text is UTF-8. The library copies what it is given and keeps none of it, never prints, never ends the process, and has no globals of
 * its own; it starts one thread for each handle. A handle is for one thread at a time, but for numgate_cancel(). */
#ifndef NUMGATE_H
#define NUMGATE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NUMGATE_API         __attribute__((visibility("default")))
#define NUMGATE_API_VERSION "2024-02-29-preview"

struct numgate;
struct numgate_reply;

enum numgate_status {
    NUMGATE_OK,
    NUMGATE_INVALID, /* refused before or by the server as wrong: 400 and the like; sending it again will not help */
    NUMGATE_NOT_FOUND,    /* 404 */
    NUMGATE_AUTH,         /* no token, 401, 403 */
    NUMGATE_CONFLICT,     /* 409, 412 */
    NUMGATE_NOT_MODIFIED, /* 304: what if_none_match names is still right */
    NUMGATE_RATE_LIMITED, /* 429 until the deadline */
    NUMGATE_UNAVAILABLE, /* no answer, or 5xx, until the deadline. Of a write it is not known whether it was done */
    NUMGATE_CANCELLED, /* numgate_cancel(). Of a write it is not known whether it was done */
    NUMGATE_NO_MEMORY,
    NUMGATE_OTHER /* an answer that the contract does not have */
};

/* All text ends with a NUL and is cut where it does not fit. */
struct numgate_error {
    enum numgate_status status;
    int http_status;     /* of the last answer; 0: there was none */
    unsigned attempts;   /* requests that were sent */
    char code[64];       /* of the API, such as "NumberInUse"; empty: none */
    char target[160];    /* the place in the request; empty: none */
    char message[512];   /* one sentence for people */
    char request_id[40]; /* x-ms-request-id, for the operator's log */
};

/* One attempt, or the wait after it. Valid during the callback. */
struct numgate_event {
    const char *method, *path; /* never a token, never a body */
    const char *client_request_id;
    const char *address;       /* where it went; empty: not known */
    unsigned attempt;          /* from 1 */
    int http_status;           /* 0: no answer */
    const char *reason;        /* why there will be another attempt, in words; empty: this one is the last */
    uint64_t took_ms, wait_ms; /* of the attempt; until the next one */
};

/* Absent text is NULL, a number that is 0 stands for the value in brackets. */
struct numgate_options {
    size_t size;             /* sizeof(struct numgate_options): what the caller knows of */
    const char *base_url;    /* "https://provapi.example.net"; or */
    const char *base_domain; /* "example.net": then https://provapi.<base_domain> */
    const char *token_url;   /* https */
    const char *client_id, *scope;
    const char *client_secret;      /* or */
    const char *client_secret_file; /* its first line; nobody else may read it; or */
    const char *token;              /* a ready one, instead of all of these */
    const char *ca_file;            /* PEM; instead of the machine's */
    const char *name_servers;       /* "192.0.2.1, [2001:db8::1]:53" [the machine's] */
    uint64_t attempt_ms;            /* one request [30,000] */
    uint64_t retry_wait_ms;         /* before the name is looked up again [60,000] */
    uint64_t deadline_ms;           /* a whole call [600,000] */
    uint32_t requests_per_minute;   /* [learned from the first 429] */
    const char *user_agent;         /* a product, put before our own */
    void (*log)(void *arg, const struct numgate_event *event);
    void *log_arg;
};

/* What a single call may ask beyond its arguments; NULL for nothing. */
struct numgate_call {
    const char *if_match, *if_none_match; /* an ETag with its quotes, or "*" */
    const char *filter;                   /* of lists */
    unsigned page_size;                   /* maxpagesize of lists */
    const char *request_id;               /* Repeatability-Request-ID, a UUID; [a new one] */
    uint64_t first_sent;                  /* with request_id: seconds since 1970 */
    uint64_t deadline_ms;                 /* [that of the options] */
    int delete_numbers;                   /* with an account, its numbers */
};

/* Nothing is sent. On failure *ret is NULL. */
NUMGATE_API enum numgate_status numgate_open(const struct numgate_options *options, struct numgate **ret,
                                             struct numgate_error *error);
NUMGATE_API void numgate_close(struct numgate *numgate); /* NULL is fine */
/* From any thread, or a signal handler's thread: the call under way returns NUMGATE_CANCELLED soon, and so does every later one. */
NUMGATE_API void numgate_cancel(struct numgate *numgate);

/* ---- the answer; the caller's to free ---- */

NUMGATE_API void numgate_reply_free(struct numgate_reply *reply); /* NULL is fine */
NUMGATE_API int numgate_reply_status(const struct numgate_reply *reply);
NUMGATE_API const char *numgate_reply_body(const struct numgate_reply *reply,
                                           size_t *ret_bytes); /* JSON; NUL behind it; bytes may be NULL */
NUMGATE_API const char *numgate_reply_header(const struct numgate_reply *reply,
                                             const char *name); /* NULL: there is none */

/* Any request: for what has no function here. `path` begins with '/', may hold a query, and gets the api-version where it has none;
 * `body` is JSON or NULL. On failure *ret_reply is the last answer, if there was one, else NULL; both *ret_reply and error may be left out
 * by NULL. */
NUMGATE_API enum numgate_status numgate_request(struct numgate *numgate, const char *method, const char *path,
                                                const char *body, const struct numgate_call *call,
                                                struct numgate_reply **ret_reply,
                                                struct numgate_error *error);

#ifdef __cplusplus
}
#endif
#endif
