/* The way back to a client: a redirect to an address that was compared with its redirect URIs, with parameters in the query or
 * in the fragment. */
#pragma once
#include "common/base/arena.h"
#include "common/base/buf.h"

struct visit;

struct redirect {
    struct visit *visit;
    struct str uri;
    bool in_fragment;
    struct str set_cookie; /* absent: none */
    struct buf parameters; /* of fetch_form_put() */
};

void redirect_init(struct redirect *redirect, struct visit *visit, struct str uri);
void redirect_put(struct redirect *redirect, const char *name, struct str value); /* nothing when absent */
void redirect_send(struct redirect *redirect);
