/* A set of account names, each with the row it was first seen in. Compared byte for byte, as the server does. */
#pragma once
#include <stdint.h>

#include "common/base/str.h"

struct names {
    void *tree; /* of <search.h>; NULL: empty */
};

/* 0: it is new, and in the set now; else the row it was first seen in. A row is 1 or more. */
uint64_t names_add(struct names *names, struct str name, uint64_t row);
uint64_t names_row(const struct names *names, struct str name); /* 0: it is not in the set */
void names_free(struct names *names);
