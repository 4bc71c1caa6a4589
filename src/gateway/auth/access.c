#include "gateway/auth/access.h"

#include "common/base/banned.h"

enum rc access_init(struct access *access, struct str allow, struct str trusted_proxies, struct err *err)
{
    struct access fresh = {0};
    enum rc rc = cidr_list_parse(allow, &fresh.allow, err);
    if (rc != RC_OK) {
        err_context(err, "[access] allow");
        return rc;
    }
    rc = cidr_list_parse(trusted_proxies, &fresh.proxies, err);
    if (rc != RC_OK) {
        err_context(err, "[server] trusted_proxies");
        access_clear(&fresh);
        return rc;
    }
    *access = fresh;
    return RC_OK;
}

void access_clear(struct access *access)
{
    cidr_list_clear(&access->allow);
    cidr_list_clear(&access->proxies);
}

bool access_allows(const struct access *access, const struct net_addr *address)
{
    return access->allow.count > 0 ? cidr_list_has(&access->allow, address) : net_is_loopback(address);
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
