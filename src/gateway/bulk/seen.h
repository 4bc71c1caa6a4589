/* The numbers of a file so far, to find doubles: a hash set that remembers the row of each.
 * The one thing in this room that grows with the file: 14 to 28 bytes a number (12 bytes a slot, half to seven
 * eighths of the slots in use), half as much again while it grows. Keys are mixed with a random one, so no file
 * makes it slow on purpose. One thread at a time. */
#pragma once
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"

struct bulk_seen;

struct bulk_seen *bulk_seen_new(size_t numbers_max); /* NULL: no memory */
void bulk_seen_free(struct bulk_seen *seen);         /* NULL is fine */
/* Adds a number. RC_OK; RC_CONFLICT: it was there, *ret_row is the row it came in first (rows beyond 2^32 - 1
 * are given as that); RC_BUSY: full; RC_LIMIT: no memory. With these nothing was added. */
MUST_USE enum rc bulk_seen_add(struct bulk_seen *seen, int64_t number, uint64_t row, uint64_t *ret_row);
