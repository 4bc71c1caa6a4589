/* Calls, with what people are told about them. Every function returns an exit code; when it is not EXIT_OK, why was said. */
#pragma once
#include "common/json/read.h"
#include "common/base/limits.h"
#include "programs/numgate/cli.h"

/* "/accounts/{0}/numbers/{1}" with the operands, percent-encoded. */
const char *talk_path(struct arena *mem, const char *template, const char *const *operands, int count);
/* `path` with one more parameter; a value of NULL adds nothing. */
const char *talk_parameter(struct arena *mem, const char *path, const char *name, const char *value);

/* body: JSON, NULL: none. ret: NULL when the answer does not matter; else in mem, NULL for an answer without a body. ret_etag may be NULL;
 * absent: there was none. */
int talk(struct cli *cli, const char *method, const char *path, const char *body, struct arena *mem,
         const struct json **ret, struct str *ret_etag);

/* What an answer says, in mem; NULL: it has no body. */
int talk_read(const struct numgate_reply *reply, struct arena *mem, const struct json **ret);

/* All pages of a list: fn is called with each page's items, until it returns something else than EXIT_OK. The arena is emptied between two
 * pages. */
typedef int talk_page(void *arg, const struct json *items, struct arena *mem);
int talk_pages(struct cli *cli, const char *path, talk_page *fn, void *arg);

/* Between two questions how far the server is. */
void talk_nap(unsigned ms);

enum exit_code talk_exit_code(enum numgate_status status);
/* What went wrong, in one line. A write that was cancelled may have been done. */
void talk_explain(const struct numgate_error *error);
/* The same of a call that only reads. */
void talk_explain_read(const struct numgate_error *error);

int client_open(struct cli *cli); /* cli->numgate, for the profile */
/* The library's log function; arg: the cli. */
void talk_log(void *arg, const struct numgate_event *event);
