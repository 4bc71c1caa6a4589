/* Columns that many tables have, and lists as JSON text. For the store's own files alone. Readers that run
 * out of arena leave an absent value behind; row_end says so once for all. */
#pragma once
#include "gateway/model/schema.h"
#include "gateway/store/sql.h"

void row_bind_revision(struct sql_stmt *stmt, const struct revision *revision);
void row_read_revision(struct sql_stmt *stmt, struct revision *ret);
#define REVISION_COLUMNS(X)                                                                                  \
    X(configuration_revision, bigint)                                                                        \
    X(status_revision, bigint) X(configuration_at, bigint) X(status_at, bigint)

void row_bind_provenance(struct sql_stmt *stmt, const struct provenance *provenance);
void row_read_provenance(struct sql_stmt *stmt, struct arena *mem, struct provenance *ret);
#define PROVENANCE_COLUMNS(X) X(changed_way, bigint) X(changed_name, text)

void row_bind_enum(struct sql_stmt *stmt, int value);     /* 0, absent, is null */
void row_bind_wall(struct sql_stmt *stmt, struct wall t); /* CLOCK_ABSENT is null */
struct wall row_read_wall(struct sql_stmt *stmt);

/* Lists are written into mem, which must live until the statement is done. */
void row_bind_texts(struct sql_stmt *stmt, struct arena *mem, struct text_list list);
void row_read_texts(struct sql_stmt *stmt, struct arena *mem, struct text_list *ret);
/* `owner` and `name` say which field it is, and so what the parts are. */
void row_bind_parts(struct sql_stmt *stmt, struct arena *mem, const struct schema *owner, struct str name,
                    struct part_list list);
void row_read_parts(struct sql_stmt *stmt, struct arena *mem, const struct schema *owner, struct str name,
                    struct part_list *ret);

/* RC_LIMIT when something did not fit. */
MUST_USE enum rc row_end(const struct arena *mem, struct err *err);

/* For the column lists of statements: "a" COLUMN(b) COLUMN(c) is "a, b, c". */
/* ... and where rows travel as arrays, X(b, text): */
#define COLUMN(name, ...)        ", " #name
#define COLUMN_OF_R(name, ...)   ", r." #name
#define COLUMN_PARAM(name, ...)  ", ?"
#define COLUMN_SET(name, ...)    ", " #name " = excluded." #name
#define COLUMN_ARRAY(name, type) ", ?::" #type "[]"
