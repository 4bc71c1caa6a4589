/* The options of [portal], and what they mean to gateway/ops. Part of the table in settings.c. */
#pragma once
#include "common/config/config.h"
#include "gateway/ops/portal.h"

struct portal_settings {
    struct str url;
    struct config_list listen;
    struct str allow, files, issuer, client_id, scope;
};

#define PORTAL_OPTION_COUNT 7
extern const struct config_option
    settings_portal_options[PORTAL_OPTION_COUNT]; /* offsets in struct settings */

struct settings;
bool settings_have_portal(const struct settings *settings);
/* What no single option can tell; and, in mem, what gateway/ops gets to know. */
MUST_USE enum rc settings_portal(const struct settings *settings, struct arena *mem,
                                 struct portal_config *ret, struct err *err);
