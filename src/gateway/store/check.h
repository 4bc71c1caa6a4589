/* What can be told of a backup without anything to compare it with. For the files that move. */
#pragma once
#include "gateway/store/tables.h"

/* The rows of each table. */
MUST_USE enum rc check_counts(const char *file, struct move_report *ret, struct err *err);
