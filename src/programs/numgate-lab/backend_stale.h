/* The last answers that were given, so that one can be given again: the last to each request target, of the newest few hundred. */
#pragma once
#include "programs/numgate-lab/backend_map.h"

struct stale {
    int status;
    struct str body; /* its own */
};

const struct stale *stale_find(const struct map *answers, struct str method,
                               struct str target); /* NULL: none */
void stale_keep(struct map *answers, struct str method, struct str target, int status, struct str body);
void stale_clear(struct map *answers);
