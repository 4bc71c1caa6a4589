/* The files of the portal: a directory, read into memory as a whole, so that no file is opened for a request and there is no path to
 * traverse. The table never changes; a new reading makes a new one. Beside a file NAME there may be NAME.gz and NAME.br, which are its
 * content in these codings and no files of their own. Names that begin with a dot are left out. Bounded: LIMIT_PORTAL_*. */
#pragma once
#include "common/base/err.h"
#include "common/base/str.h"

enum portal_coding { PORTAL_IDENTITY, PORTAL_GZIP, PORTAL_BROTLI, PORTAL_CODINGS };

struct portal_file {
    struct str path;                 /* "index.html", "assets/index-4f1c.js" */
    struct str type;                 /* of the content */
    struct str body[PORTAL_CODINGS]; /* absent: there is none of that coding */
    struct str etag[PORTAL_CODINGS]; /* with its quotes; made from the content */
};
struct portal_files;

/* RC_INVALID: no such directory, no index.html, a file that cannot be read, a link that leads out of it, a coding of nothing, too many or
 * too large files; the message names it. */
MUST_USE enum rc portal_files_read(const char *directory, struct portal_files **ret, struct err *err);
void portal_files_free(struct portal_files *files); /* NULL is fine */

const struct portal_file *portal_files_find(const struct portal_files *files, struct str path); /* or NULL */
size_t portal_files_count(const struct portal_files *files);
size_t portal_files_bytes(const struct portal_files *files); /* of all codings */
