/* What every driver must do the same. Each case gets a fresh, empty store; `loops` is at least 1 and a scan's
 * slices are small. */
#pragma once
#include "helper.h"

struct conformance_case {
    const char *name;
    void (*run)(struct repo *repo);
};
extern const struct conformance_case conformance_cases[]; /* ends with a NULL name */
#define CONFORMANCE_SLICE 7
