#include "common/base/compiler.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void ensure_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: this should be impossible: %s\n", file, line, condition);
    abort();
}
