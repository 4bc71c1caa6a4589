/* Answers that are good for a while: a bounded table of texts. Thread-safe. */
#pragma once
#include "common/base/arena.h"

struct answers;

struct answers *answers_new(int64_t keep_ms); /* NULL: out of memory */
void answers_free(struct answers *answers);   /* NULL is fine */
/* A copy in `mem`; false: there is none, or none young enough. */
bool answers_get(struct answers *answers, struct str key, struct arena *mem, struct str *ret);
/* What is too large, or finds no memory, is not kept; the oldest goes for it where all places are taken. */
void answers_put(struct answers *answers, struct str key, struct str value);
