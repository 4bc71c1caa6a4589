/* Append-only JSON writer: text goes straight into a buf, commas and quotes are its business, no tree is ever built.
 * Errors are those of the buf (sticky). Text must be UTF-8; what is not is written as U+FFFD. */
#pragma once
#include "common/base/buf.h"

struct json_out {
    struct buf *buf;
    unsigned depth;
    uint64_t has_item; /* bit per depth: a comma is due */
    bool after_name;
};

void json_out_init(struct json_out *out, struct buf *buf);
void json_object_begin(struct json_out *out);
void json_object_end(struct json_out *out);
void json_array_begin(struct json_out *out);
void json_array_end(struct json_out *out);
void json_name(struct json_out *out, struct str name);
void json_put_str(struct json_out *out, struct str value); /* absent becomes null */
void json_put_i64(struct json_out *out, int64_t value);
void json_put_bool(struct json_out *out, bool value);
void json_put_null(struct json_out *out);
void json_put_raw(struct json_out *out, struct str json); /* text that is JSON already */
struct json;
void json_put_value(struct json_out *out, const struct json *value); /* as it was parsed; NULL becomes null */

/* name and value in one */
void json_str_member(struct json_out *out, const char *name,
                     struct str value); /* nothing at all when absent */
void json_i64_member(struct json_out *out, const char *name, int64_t value);
void json_bool_member(struct json_out *out, const char *name, bool value);
