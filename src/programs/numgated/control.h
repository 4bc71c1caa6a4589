/* The control socket of the daemon, [admin] socket: who may use it, what is said on it.
 *
 * A Unix stream socket of mode 0600; the kernel says who has connected, and anybody but root and the daemon's own user is logged and
 * hung up on. One connection is one request. Lines rather than HTTP: both ends are this program, and there is nothing to negotiate.
 *
 *      backup /path/of/the/file            a request
 *
 *      progress copy rows 4096 200000 number       doing, unit, done, all, table (may be empty); any number of these
 *      table number 100000                         rows of each, when it has been made
 *      done                                        or: failed WHY
 *
 *      reset                               a request: empties the store, where that is allowed; answered in the same way
 *
 * One thread serves one connection after the other, so there is one backup at a time. A client that goes away ends its backup. */
#pragma once
#include "common/base/err.h"

struct control;
struct repo;
struct store_config;

#define CONTROL_LINE_MAX 5000 /* bytes, the newline included */

#define CONTROL_NO_TEST_TARGET "only a test target is reset: [deployment] test_target is not yes"

/* The config's texts outlive it. `resettable`: the store that a reset empties; NULL: it is refused. RC_INVALID: the socket cannot be
 * made. */
MUST_USE enum rc control_start(struct str path, const struct store_config *store, struct repo *resettable,
                               struct control **ret, struct err *err);
void control_stop(struct control *control); /* ends the backup that is being made; NULL is fine */

/* The other end. RC_NOT_FOUND: nobody listens there. */
MUST_USE enum rc control_connect(struct str path, int *ret_fd, struct err *err);
/* The next line, without its newline; false: there is none, or it is too long. */
bool control_read_line(int fd, char line[CONTROL_LINE_MAX]);
