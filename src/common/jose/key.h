/* Inside of this room: what a key is made of. */
#pragma once
#include <cjose/cjose.h>

#include "common/jose/jose.h"

struct jose_key {
    cjose_jwk_t *jwk;
    char *kid; /* NULL: none */
    enum jose_alg alg;
    enum jose_key_type type;
    bool is_private;
};
