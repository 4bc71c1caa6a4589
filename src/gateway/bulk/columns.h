/* The columns of a table of numbers: one for each field of schema_number that a client may set.
 * A heading is the field's path with '_' between the names, in the order of the model's tables:
 * "serviceDetails_teamsDirectRouting_enabled". Nothing is listed here; a new row of the model is a new column.
 * Values only: no I/O, no allocation. */
#pragma once
#include "gateway/model/schema.h"

#define BULK_COLUMNS_MAX 48 /* a set of columns is a bit mask of 64 */
#define BULK_PARTS_MAX   16

/* The heading of a file that lists numbers and nothing else. */
#define BULK_HEADING_LIST "Numbers"
/* Of a column that is passed over, as often as it is there: why a row of a file of rejects was rejected. */
#define BULK_HEADING_REJECTED "Rejected"

struct bulk_column {
    struct str heading;
    const struct field *field;
    size_t part; /* index of the part the field is in */
};
/* The number itself is part 0; a part comes behind the one it is in. */
struct bulk_part {
    const struct schema *schema;
    size_t up;     /* index of the part it is in */
    size_t offset; /* there, of the pointer to it */
    bool required;
};
/* Filled once by its init and not copied: headings point into it. */
struct bulk_columns {
    struct bulk_column of[BULK_COLUMNS_MAX];
    size_t count;
    struct bulk_part parts[BULK_PARTS_MAX];
    size_t part_count;
    char text[BULK_COLUMNS_MAX * 96];
    size_t text_used;
};

void bulk_columns_init(struct bulk_columns *columns);
/* The column of a heading, in any letter case and without blanks around it; -1: none. */
int bulk_column_find(const struct bulk_columns *columns, struct str heading);
/* The one that was most likely meant; -1: none is near. */
int bulk_column_nearest(const struct bulk_columns *columns, struct str heading);
/* The value of a column; NULL where the part that would hold it is absent. */
const void *bulk_value(const struct bulk_columns *columns, const struct bulk_column *column,
                       const struct number *number);
/* Whether the column says anything: its part is there, and the value is not absent. */
bool bulk_value_given(const struct bulk_columns *columns, const struct bulk_column *column,
                      const struct number *number);

/* ---- what an import would do to a number ---- */

enum bulk_verdict { BULK_NEW, BULK_CHANGED, BULK_SAME };

/* The columns (bit i: columns->of[i]) in which the two differ. Absent says the same as false, as an empty text
 * and as an empty list. A word that `wanted` leaves out (assignmentStatus) is left as it is. */
uint64_t bulk_differences(const struct bulk_columns *columns, const struct number *current,
                          const struct number *wanted);
/* current: as it is now, NULL: there is no such number. ret_columns: what differs, of use with BULK_CHANGED;
 * may be NULL. */
enum bulk_verdict bulk_judge(const struct bulk_columns *columns, const struct number *current,
                             const struct number *wanted, uint64_t *ret_columns);

/* What bulk_judge needs to know of a number as it is now, in 16 bytes: for imports that cannot hold all numbers. */
struct bulk_fingerprint {
    uint64_t digest; /* of all values but the words */
    uint64_t words;  /* four bits each */
};
struct bulk_fingerprint bulk_fingerprint(const struct bulk_columns *columns, const struct number *number);
/* Whether bulk_judge would say BULK_SAME of the numbers they were made from (but for one in 2^64). */
bool bulk_fingerprint_same(struct bulk_fingerprint current, struct bulk_fingerprint wanted);
