/* The record as a server has it, and its change: one signed message that says what the record must be now and what it shall be, all or
 * nothing (RFC 2136). So of two watchers that decide at the same time one is refused, and has to read again.
 *
 * Threads: any; a reading blocks up to [failover] timeout_seconds, a change up to RECORD_CHANGE_MS. */
#pragma once
#include "programs/numgate-failover/settings.h"

#define RECORD_TEXT_MAX 200

struct record {
    struct record_view view;
    struct rr_list found;       /* as long as the arena it was read into */
    char text[RECORD_TEXT_MAX]; /* for people: the addresses, "none", or why it could not be read */
};

/* server: an index into site->servers. */
void record_read(const struct site *site, size_t server, struct arena *mem, struct record *ret);

#define RECORD_CHANGE_MS 10000 /* for a change: unlike a question it waits for the server's disk */

/* Makes the record name region `to` and nothing else, if it still is what `from` (read, and in its arena) says. The result codes are
 * those of update_send(); RC_INVALID, too, where `from` is an alias. */
MUST_USE enum rc record_change(const struct site *site, const struct record *from, size_t to,
                               struct arena *mem, struct err *err);
/* A change of nothing: what it would take to change the record, tried. RC_NOT_FOUND: `from` leaves no address to try with. */
MUST_USE enum rc record_try(const struct site *site, const struct record *from, struct arena *mem,
                            struct err *err);

bool record_names(const struct record *record, size_t region);
