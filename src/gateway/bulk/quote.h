/* Text of a file inside a message: in quotes, control bytes as '?', a long one cut. Inside bulk only. */
#pragma once
#include "common/base/str.h"

#define BULK_QUOTE_MAX 64

void bulk__quote(struct str text, char quoted[BULK_QUOTE_MAX]);
