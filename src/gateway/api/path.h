/* The parameters that stand in paths: what each must look like, for the gates and for the OpenAPI document.
 */
#pragma once
#include "gateway/api/call.h"

struct path_param {
    struct str name;
    bool (*read)(struct call *call, struct str value); /* into the call; false: it does not have the form */
    const char *form;                                  /* for people */
    const char *regex;                                 /* the contract's; or NULL */
    unsigned length_min, length_max;                   /* the contract's; 0 = none */
};
const struct path_param *path_param_find(struct str name); /* NULL: none of that name */
