/* The commands that do one thing and end. Each prints what it found and gives the exit status. */
#pragma once
#include <stdbool.h>

#include "programs/numgate-failover/settings.h"

#define EXIT_USAGE 2

int status(const struct site *site, bool json);
int point(const struct site *site, const char *region, bool force);
int check(const char *config_path);

/* "numgate-failover: ..." on standard error; 1. */
PRINTF_LIKE(1, 2) int complain(const char *format, ...);
