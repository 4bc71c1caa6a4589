#include "gateway/domain/actor.h"

#include "common/base/compiler.h"

#include "common/base/banned.h"

static const char *const way_names[] = {
    [ACTOR_API] = "api",   [ACTOR_PORTAL] = "portal",   [ACTOR_JOB] = "job",
    [ACTOR_SYNC] = "sync", [ACTOR_COMMAND] = "command",
};

const char *actor_way_name(enum actor_way way)
{
    ensure((size_t)way < ARRAY_LEN(way_names));
    return way_names[way];
}
