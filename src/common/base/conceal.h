/* Credentials in a text that is to be shown: what a peer says may repeat what it was sent. They are masked in place, byte by byte, so
 * JSON stays JSON. */
#pragma once
#include <stddef.h>

#include "common/base/str.h"

/* What looks like one, if it is at least 16 characters long: the word behind "Bearer" or "Basic", and a token in the form of a JWT. */
void conceal_credentials(char *text, size_t n);
/* A secret that is known, wherever it is. An empty one is nowhere. */
void conceal_secret(char *text, size_t n, struct str secret);
