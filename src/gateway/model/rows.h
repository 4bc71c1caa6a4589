/* The macros that write a row of a field table: TEXT(owner, member, json, ...) and its like. Each checks at compile time that the
 * member has the C type its field type stands for. For the files that hold such tables; they are no names for a header. */
#pragma once
#include "gateway/model/schema.h"

/* offsetof that does not compile unless the member is a `type`. */
#define OFFSET(owner, member, type)                                                                          \
    (offsetof(struct owner, member) +                                                                        \
     0 * sizeof(struct {                                                                                     \
         _Static_assert(__builtin_types_compatible_p(__typeof__(((struct owner *)0)->member), type),         \
                        "type");                                                                             \
         int unused;                                                                                         \
     }))
#define FIELD(kind, ctype, owner, member, json, ...)                                                         \
    {                                                                                                        \
        .name = (json), .name_length = sizeof("" json) - 1, .type = (kind),                                  \
        .offset = OFFSET(owner, member, ctype), __VA_ARGS__                                                  \
    }
/* clang-format off */
#define TEXT(...)  FIELD(FIELD_STRING, struct str, __VA_ARGS__)
#define FLAG(...)  FIELD(FIELD_BOOL, bool, __VA_ARGS__)
#define COUNT(...) FIELD(FIELD_INT64, int64_t, __VA_ARGS__)
#define DATE(...)  FIELD(FIELD_DATE, struct wall, __VA_ARGS__)
#define E164(...)  FIELD(FIELD_E164, int64_t, __VA_ARGS__)
#define TEXTS(...) FIELD(FIELD_STRINGS, struct text_list, __VA_ARGS__)
#define RAW(...)   FIELD(FIELD_JSON, const struct json *, __VA_ARGS__)
#define WORD(owner, member, json, words, ...) \
    FIELD(FIELD_ENUM, enum words, owner, member, json, .names = (words), __VA_ARGS__)
#define PART(owner, member, json, part, described, ...) \
    FIELD(FIELD_PART, const struct part *, owner, member, json, .schema = &(described), __VA_ARGS__)
#define PARTS(owner, member, json, described, ...) \
    FIELD(FIELD_PARTS, struct part_list, owner, member, json, .schema = &(described), __VA_ARGS__)
/* clang-format on */

/* The words of enums that more than one file's tables have, each by the name of its enum, as WORD wants it. */
extern const char *const provisioning_status[], *const assignment_status[];

#define REQUIRED           .flags = FIELD_REQUIRED
#define READ_ONLY          .flags = FIELD_READ_ONLY
#define READ_ONLY_REQUIRED .flags = FIELD_READ_ONLY | FIELD_REQUIRED
#define READ_ONLY_ALWAYS   .flags = FIELD_READ_ONLY | FIELD_ALWAYS
#define LENGTH(min, max)   .length_min = (min), .length_max = (max), .contract_max = true
#define NOT_EMPTY          .length_min = 1

#define SCHEMA(json, type, table, text)                                                                      \
    {                                                                                                        \
        .name = (json), .size = sizeof(struct type), .fields = (table), .field_count = ARRAY_LEN(table),     \
        .doc = (text)                                                                                        \
    }
