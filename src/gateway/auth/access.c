#include "gateway/auth/access.h"

#include "common/base/banned.h"

enum rc access_init(struct access *access, struct str allow, struct str portal_allow,
                    struct str trusted_proxies, struct err *err)
{
    struct access fresh = {0};
    const struct {
        struct str text;
        struct cidr_list *list;
        const char *option;
    } lists[] = {
        {allow, &fresh.allow, "[access] allow"},
        {portal_allow, &fresh.portal, "[portal] allow"},
        {trusted_proxies, &fresh.proxies, "[server] trusted_proxies"},
    };
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        enum rc rc = cidr_list_parse(lists[i].text, lists[i].list, err);
        if (rc != RC_OK) {
            err_context(err, "%s", lists[i].option);
            access_clear(&fresh);
            return rc;
        }
    }
    *access = fresh;
    return RC_OK;
}

void access_clear(struct access *access)
{
    cidr_list_clear(&access->allow);
    cidr_list_clear(&access->portal);
    cidr_list_clear(&access->proxies);
}

bool access_allows(const struct cidr_list *allow, const struct net_addr *address)
{
    return allow->count > 0 ? cidr_list_has(allow, address) : net_is_loopback(address);
}

/* Reads one header line; *caller becomes its last address that is no proxy, or stays. False: malformed. */
static bool read_line(const struct access *access, struct str line, struct net_addr *caller)
{
    struct str entry;
    line.p = line.p != NULL ? line.p : "";
    while (str_split(&line, ',', &entry)) {
        struct net_addr address;
        entry = str_trim(entry);
        if (!net_parse(entry, &address) && !net_parse_port(entry, &address)) {
            return false;
        }
        if (!cidr_list_has(&access->proxies, &address)) {
            *caller = address;
        }
    }
    return true;
}

enum rc access_caller(const struct access *access, const struct net_addr *peer, const struct str *forwarded,
                      size_t forwarded_count, struct net_addr *ret, struct err *err)
{
    struct net_addr caller = *peer;
    bool from_proxy = cidr_list_has(&access->proxies, peer);
    for (size_t i = 0; from_proxy && i < forwarded_count; i++) {
        if (!read_line(access, forwarded[i], &caller)) {
            return err_set(err, RC_INVALID, NULL, "X-Forwarded-For is not a list of IP addresses");
        }
    }
    *ret = caller;
    return RC_OK;
}
