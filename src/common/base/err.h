/* How a function says that it failed: an rc to branch on, a struct err to show.
 *
 * The rc is the class of the failure and decides what the caller does. The err names it: `code` is the word that
 * programs read (a row of the error table in gateway/api/error.c, or NULL where the rc says enough), `field` the place
 * in the input, `msg` one sentence for people, without a final full stop where it will be embedded. A struct err is
 * always the last parameter, may be NULL, and is written only on failure. */
#pragma once
#include "common/base/compiler.h"
#include "common/base/str.h"

struct arena;

enum rc {
    RC_OK,
    RC_INVALID,   /* the input is wrong; sending it again will not help */
    RC_NOT_FOUND, /* an answer, not a fault; never logged */
    RC_CONFLICT,  /* the state does not allow it now */
    RC_DENIED,    /* not permitted to this caller */
    RC_LIMIT,     /* a stated limit is reached */
    RC_BUSY,      /* not now; the same request may pass later */
    RC_UNCERTAIN, /* the commit was sent and no answer came: re-read, or use the operation id; never blind-retry */
    RC_INTERNAL, /* a fault of ours or of the machine */
};

/* One finding of several, in an arena. */
struct err_item {
    const char *code;
    struct str field;
    struct str msg;
    struct err_item *next;
};

struct err_list {
    struct err_item *first;
    struct err_item **tail;
    size_t count;
    size_t count_max; /* more findings are counted and dropped */
    struct arena *mem;
};

struct err {
    enum rc rc;
    const char *code;  /* static text, or NULL */
    const char *inner; /* the same: the code of the cause, where it lies in another system */
    char field[160];   /* "numbers[7].telephoneNumber"; empty when there is none */
    char msg[400];
    uint32_t retry_after_ms;        /* with RC_BUSY and RC_LIMIT; 0 = unknown */
    const struct err_list *details; /* the single findings, or NULL; lives in their arena */
};

const char *rc_name(enum rc rc);

/* Fills *err (if there is one) and returns rc: return err_set(err, RC_INVALID, "InvalidFilter", "..."); */
PRINTF_LIKE(4, 5) enum rc err_set(struct err *err, enum rc rc, const char *code, const char *format, ...);
/* Puts "context: " before the message. */
PRINTF_LIKE(2, 3) void err_context(struct err *err, const char *format, ...);
/* Names the place in the input. */
PRINTF_LIKE(2, 3) void err_field(struct err *err, const char *format, ...);
void err_clear(struct err *err);

void err_list_init(struct err_list *list, struct arena *mem, size_t count_max);
PRINTF_LIKE(4, 5)
void err_list_add(struct err_list *list, const char *code, struct str field, const char *format, ...);
/* RC_OK for an empty list; else RC_INVALID with the first finding as code, field and message, and the list as details. */
enum rc err_from_list(struct err *err, enum rc rc, const struct err_list *list);
