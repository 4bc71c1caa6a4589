#include "programs/numgate/names.h"

#include <search.h>
#include <string.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

struct seen_name {
    struct str name;
    uint64_t row;
};

static int compare(const void *a, const void *b)
{
    return str_cmp(((const struct seen_name *)a)->name, ((const struct seen_name *)b)->name);
}

static void free_one(void *node)
{
    mem_free(node);
}

uint64_t names_add(struct names *names, struct str name, uint64_t row)
{
    uint64_t first = names_row(names, name);
    if (first == 0) {
        struct seen_name *seen = mem_alloc(sizeof(*seen) + name.n);
        char *text = (char *)(seen + 1);
        memcpy(text, name.p, name.n);
        *seen = (struct seen_name){{text, name.n}, row};
        (void)tsearch(seen, &names->tree, compare); /* without memory the name is not in the set */
    }
    return first;
}

uint64_t names_row(const struct names *names, struct str name)
{
    struct seen_name *const *found = tfind(&(struct seen_name){.name = name}, &names->tree, compare);
    return found != NULL ? (*found)->row : 0;
}

void names_free(struct names *names)
{
    tdestroy(names->tree, free_one);
    names->tree = NULL;
}
