/* The field tables of the resources, and what is made from them: reading and checking JSON, writing it.
 *
 * One row is the whole truth about a field. Reading collects every finding (up to LIMIT_DETAILS) with its
 * path, such as "numbers[7].serviceDetails.teamsDirectRouting.enabled"; an unknown field is a finding, a
 * read-only one is ignored. */
#pragma once
#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/json/read.h"
#include "common/json/write.h"
#include "gateway/model/model.h"

enum field_type {
    FIELD_STRING,  /* struct str */
    FIELD_BOOL,    /* bool */
    FIELD_INT64,   /* int64_t */
    FIELD_DATE,    /* struct wall; RFC 3339 on the wire */
    FIELD_E164,    /* int64_t; "+4930..." on the wire */
    FIELD_ENUM,    /* an enum (int) whose value is 1 + the index in `names` */
    FIELD_STRINGS, /* struct text_list */
    FIELD_PART,    /* const struct X *, X described by `schema` */
    FIELD_PARTS,   /* struct part_list of X */
    FIELD_JSON,    /* const struct json *: an object as it came, for whoever knows what is in it */
};

enum field_flags {
    FIELD_REQUIRED = 1 << 0,  /* in requests, unless read-only; in replies always there */
    FIELD_READ_ONLY = 1 << 1, /* ignored in requests */
    FIELD_ALWAYS = 1 << 2,    /* in replies always there though not required: [], a count of 0, a default */
    FIELD_MAYBE = 1 << 3,     /* an integer below 0, and the E.164 number 0, is absent */
};

/* The contract's regular expressions, each with the function that decides it. */
struct pattern {
    const char *regex;
    const char *words; /* the same for people, after "must be" */
    bool (*matches)(struct str s);
};

struct schema;
struct field {
    const char *name; /* JSON */
    size_t name_length;
    enum field_type type;
    unsigned flags;
    size_t offset;
    uint32_t length_min, length_max; /* of a string, or items of a list; 0 = LIMIT_TEXT, LIMIT_TEXTS */
    bool contract_max; /* length_max is the contract's, not only ours: goes into the OpenAPI document */
    const struct pattern *pattern;
    const char *const *names;    /* of an enum; NULL ends */
    int absent_as;               /* of a required enum: what a reply says where the value is absent */
    const struct schema *schema; /* of a part */
    const char *doc;
};
struct schema {
    const char *name; /* as in the contract: "AccountResource" */
    size_t size;
    const struct field *fields;
    size_t field_count;
    const char *doc;
};

/* The most characters or items a field may have. */
uint32_t field_length_max(const struct field *field);

extern const struct schema schema_account, schema_number, schema_number_batch, schema_identifier_batch,
    schema_identifiers, schema_rfi, schema_rfi_patch, schema_customer_relationship, schema_civic_address,
    schema_capability_plans, schema_capability_plan, schema_available_capabilities, schema_error_response;
extern const struct schema *const schemas[]; /* every schema, parts included; NULL ends */

/* Fills *ret (schema->size bytes, zeroed by the caller; of no use after a failure) from a JSON object.
 * RC_INVALID with every finding in err->details; the code of a finding is one of "InvalidJson" (not an
 * object), "UnknownField", "MissingField", "InvalidType" (null too: absent is said by leaving out),
 * "InvalidValue", "TooLong", "TooMany". Several findings: err->code is the first one's. RC_LIMIT when the
 * arena is full. Text is borrowed from the JSON document, which must live as long as *ret. */
MUST_USE enum rc model_read(const struct schema *schema, const struct json *json, struct arena *mem,
                            void *ret, struct err *err);
/* The same for JSON of our own, such as model_write makes or a seed file holds: read-only fields are read and
 * checked too, and the required ones among them must be there. */
MUST_USE enum rc model_load(const struct schema *schema, const struct json *json, struct arena *mem,
                            void *ret, struct err *err);
/* The same for JSON of another system: members that the table does not know are skipped, null is absent, and an enum's words
 * are read in any letter case. */
MUST_USE enum rc model_read_foreign(const struct schema *schema, const struct json *json, struct arena *mem,
                                    void *ret, struct err *err);
/* JSON Merge Patch (RFC 7396) onto *target, which holds the resource as it is; null removes, but never a
 * required field. Parts that change are copied first; *target itself changes only on success. Findings as of
 * model_read. */
MUST_USE enum rc model_merge(const struct schema *schema, const struct json *patch, struct arena *mem,
                             void *target, struct err *err);
/* One value from the text of a cell, with the checks of its row: FIELD_STRING, FIELD_E164, FIELD_ENUM,
 * FIELD_BOOL (true and false in any letter case), or one item of FIELD_STRINGS (ret is a struct str). Findings
 * go to the list under `name`, worded for people; false: there was one, and *ret is as before. Text is
 * borrowed. */
bool model_read_text(const struct field *field, struct str text, struct str name, void *ret,
                     struct err_list *findings);
void model_write(const struct schema *schema, const void *value, struct json_out *out);
/* Only what a client may set: the body of a request that makes the resource as it is. */
void model_write_settable(const struct schema *schema, const void *value, struct json_out *out);
bool model_absent(const struct field *field,
                  const void *value); /* booleans never are, numbers but with FIELD_MAYBE */
struct str model_json(const struct schema *schema, const void *value,
                      struct arena *mem); /* the same into an arena */

/* The member of this JSON name; NULL: there is none. */
const struct field *schema_field(const struct schema *schema, struct str name);
/* The scalar field at a path such as "serviceDetails/teamsDirectRouting/enabled"; NULL: no such field, or a
 * list or part. */
const struct field *schema_field_at(const struct schema *schema, struct str path);
/* Calls fn for every scalar field with its path. */
void schema_each_scalar(const struct schema *schema,
                        void (*fn)(void *arg, struct str path, const struct field *field), void *arg);

/* The parts of the URL. */
bool model_account_name_valid(struct str s);
bool model_e164_parse(struct str s, int64_t *ret); /* '+', then 2 to 15 digits, the first not 0 */
#define E164_TEXT_MAX 24
struct str model_e164_text(int64_t number, char text[E164_TEXT_MAX]);
