/* Random bytes from the kernel, for identifiers and secrets. Never fails: without them the process ends. Thread-safe. */
#pragma once
#include "common/base/str.h"

#define UUID_TEXT_MAX 37
void random_bytes(void *bytes, size_t n);
uint64_t random_u64(void);
/* A version 4 UUID, lower case (RFC 9562). Drawn from a per-thread pool, so it costs no system call each time. */
struct str random_uuid(char text[UUID_TEXT_MAX]);
