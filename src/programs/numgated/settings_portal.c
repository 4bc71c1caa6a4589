#include "programs/numgated/settings_portal.h"

#include "common/base/url.h"
#include "programs/numgated/settings.h"

#include "common/base/banned.h"

static enum rc check_url(struct str value, struct err *err)
{
    struct str origin;
    return url_origin(value, &origin) && str_eq(str_slice(value, origin.n, value.n), STR("/portal/"))
               ? RC_OK
               : err_set(
                     err, RC_INVALID, NULL,
                     "a URL such as https://provapi.example.net/portal/ is expected: https:// (http:// for "
                     "loopback only), a host, and /portal/ at the end");
}

#define AT(member) offsetof(struct settings, portal.member)
const struct config_option settings_portal_options[PORTAL_OPTION_COUNT] = {
    {.name = "url",
     .type = CONFIG_STRING,
     .offset = AT(url),
     .max = 300,
     .check = check_url,
     .example = "https://provapi.example.net/portal/",
     .doc = "Where people find the portal, and where the issuer sends them back to: a redirect URI of "
            "client_id there. Empty: "
            "the portal is not served."},
    {.name = "listen",
     .type = CONFIG_LIST,
     .offset = AT(listen),
     .check = settings_check_listen_url,
     .example = "https://192.0.2.1:9443",
     .doc = "Listeners of the portal's own: they serve the portal and the API, but to user tokens only, and "
            "[server] listen "
            "serves the portal no more. Their certificate is that of [server]. Empty: the portal is served "
            "by [server] listen."},
    {.name = "allow",
     .type = CONFIG_STRING,
     .offset = AT(allow),
     .reloadable = true,
     .check = settings_check_cidrs,
     .example = "192.0.2.0/24, 2001:db8:2::/48",
     .doc = "Addresses and networks whose requests [portal] listen accepts. May be empty only while those "
            "are loopback."},
    {.name = "files",
     .type = CONFIG_PATH,
     .offset = AT(files),
     .standard = "/usr/share/numgate/portal",
     .reloadable = true,
     .doc = "The folder of the built portal. It is held in memory, and read again on SIGHUP."},
    {.name = "issuer",
     .type = CONFIG_STRING,
     .offset = AT(issuer),
     .max = 100,
     .example = "entra",
     .doc =
         "The NAME of the [issuer.NAME] at which people sign in. Not needed where there is one issuer only."},
    {.name = "client_id",
     .type = CONFIG_STRING,
     .offset = AT(client_id),
     .max = 200,
     .example = "00000000-0000-0000-0000-000000000000",
     .doc = "The portal's client id at the issuer: a public client, which uses the authorization code with "
            "PKCE."},
    {.name = "scope",
     .type = CONFIG_STRING,
     .offset = AT(scope),
     .max = 500,
     .example = "openid profile offline_access api://numgate/.default",
     .doc = "What the portal asks the issuer for. Empty: openid profile offline_access, and the first "
            "audience of the issuer with "
            "/.default behind it, as Entra ID wants it."},
};
#undef AT

bool settings_have_portal(const struct settings *settings)
{
    return !str_empty(settings->portal.url);
}

/* Options that mean nothing without url say that it was forgotten. */
static enum rc check_unused(const struct portal_settings *portal, struct err *err)
{
    const struct {
        const char *name;
        bool there;
    } options[] = {
        {"listen", portal->listen.count > 0},   {"allow", !str_empty(portal->allow)},
        {"issuer", !str_empty(portal->issuer)}, {"client_id", !str_empty(portal->client_id)},
        {"scope", !str_empty(portal->scope)},
    };
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (options[i].there) {
            return err_set(err, RC_INVALID, NULL, "[portal] %s needs url, which is not there or empty",
                           options[i].name);
        }
    }
    return RC_OK;
}

static enum rc find_issuer(const struct settings *settings, const struct issuer_settings **ret,
                           struct err *err)
{
    struct str name = settings->portal.issuer;
    for (size_t i = 0; i < settings->issuer_count; i++) {
        bool only = str_empty(name) && settings->issuer_count == 1;
        if (only || str_eq(settings->issuers[i].name, name)) {
            *ret = &settings->issuers[i];
            return RC_OK;
        }
    }
    return str_empty(name)
               ? err_set(err, RC_INVALID, NULL,
                         "[portal] issuer is needed: there are %zu [issuer.NAME] sections",
                         settings->issuer_count)
               : err_set(err, RC_INVALID, NULL, "[portal] issuer: there is no section [issuer.%" STR_FMT "]",
                         STR_ARG(name));
}

static struct str scope_of(const struct settings *settings, const struct issuer_settings *issuer,
                           struct arena *mem)
{
    if (!str_empty(settings->portal.scope) || issuer->audience.count == 0) {
        return settings->portal.scope;
    }
    return arena_printf(mem, "openid profile offline_access %" STR_FMT "/.default",
                        STR_ARG(issuer->audience.items[0]));
}

static enum rc check_needed(const struct settings *settings, struct err *err)
{
    const struct portal_settings *portal = &settings->portal;
    if (str_empty(portal->client_id)) {
        return err_set(err, RC_INVALID, NULL, "[portal] url needs client_id, which is not there or empty");
    }
    if (str_empty(portal->files)) {
        return err_set(err, RC_INVALID, NULL, "[portal] url needs files, which is empty");
    }
    if (portal->listen.count == 0 && !str_empty(portal->allow)) {
        return err_set(err, RC_INVALID, NULL,
                       "[portal] allow is for [portal] listen, which is not there; [access] allow counts for "
                       "[server] listen");
    }
    return settings_check_listen(settings, "portal", &portal->listen, portal->allow, err);
}

enum rc settings_portal(const struct settings *settings, struct arena *mem, struct portal_config *ret,
                        struct err *err)
{
    const struct issuer_settings *issuer = NULL;
    if (!settings_have_portal(settings)) {
        return check_unused(&settings->portal, err);
    }
    enum rc rc = check_needed(settings, err);
    if (rc == RC_OK) {
        rc = find_issuer(settings, &issuer, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    *ret = (struct portal_config){
        .url = settings->portal.url,
        .issuer = issuer->name,
        .authority = issuer->authority,
        .client_id = settings->portal.client_id,
        .scope = scope_of(settings, issuer, mem),
        .files = settings->portal.files.p, /* a CONFIG_PATH has a NUL behind it */
    };
    return RC_OK;
}
