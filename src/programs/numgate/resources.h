/* Commands that are one call and one answer, or a list. Each is a row of commands.c: method, path, columns. */
#pragma once
#include "common/base/str.h"

struct cli;
struct json;

int run_list(struct cli *cli);
int run_show(struct cli *cli);
int run_put(struct cli *cli);    /* the last operand is a file of JSON, or - */
int run_delete(struct cli *cli); /* asks, unless --yes */
int run_find(struct cli *cli);
int run_rfi_set(struct cli *cli);
int run_capability_plans(struct cli *cli);
int run_capability_available(struct cli *cli);
int run_audit_list(struct cli *cli);
int run_audit_export(struct cli *cli);

/* Parts of these; the exit code, and where it is not EXIT_OK, why was said. A file may be -, standard input; it is read into cli->mem. */
int read_file(struct cli *cli, const char *file, size_t bytes_max, struct str *ret);
int read_json_file(struct cli *cli, const char *file, const char **ret); /* it is JSON */
struct str after_byte_order_mark(struct str text); /* of UTF-8, as editors put before a text */
/* As people or programs want it; of NULL nothing. etag may be absent. */
int print_answer(struct cli *cli, const struct json *value, struct str etag);
