/* How the structs of numgate.h and JSON stand to each other.
 *
 * A shape says which member of a struct a JSON name stands for; of what type it is, and whether a client may set it, the model's field
 * tables know:
 *
 *      text, word, telephone number    const char *
 *      flag                            int
 *      count                           int64_t
 *      time                            int64_t, milliseconds
 *      list of texts                   struct numgate_texts
 *      part                            const struct *
 *      list of parts                   a struct of items and count */
#pragma once
#include "client/client.h"
#include "gateway/model/schema.h"

struct shape;
struct member {
    const char *name;
    size_t offset;
    const struct shape *shape; /* of a part */
};
struct shape {
    size_t size;
    const struct member *members;
    size_t count;
};
/* All lists of parts in numgate.h look like this. */
struct parts {
    const void *items;
    size_t count;
};

#define SHAPE(type, table)                                                                                   \
    {                                                                                                        \
        sizeof(struct type), (table), ARRAY_LEN(table)                                                       \
    }
#define AT(type, member) offsetof(struct type, member)

extern const struct shape problem_shape;
/* The resources of an answer: those of a list, or the one. They live as long as the reply. */
enum numgate_status read_reply(struct numgate_reply *reply, const struct schema *schema,
                               const struct shape *shape, struct parts *ret, struct numgate_error *error);
