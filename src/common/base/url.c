#include "common/base/url.h"

#include "common/base/net.h"

#include "common/base/banned.h"

static size_t authority_length(struct str rest)
{
    size_t n = 0;
    while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?' && rest.p[n] != '#') {
        n++;
    }
    return n;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

/* "login.example.net", "login.example.net:8443", or an address, those of IPv6 in brackets. */
static bool authority_is_plain(struct str authority, struct str *ret_host)
{
    struct net_addr addr;
    if (!str_empty(authority) && authority.p[0] == '[') {
        *ret_host = authority;
        return str_ends(authority, STR("]")) ? net_parse(str_slice(authority, 1, authority.n - 1), &addr)
                                             : net_parse_port(authority, &addr);
    }
    struct str rest = authority, port;
    uint64_t number;
    (void)str_split(&rest, ':', ret_host);
    for (size_t i = 0; i < ret_host->n; i++) {
        if (!is_name_char(ret_host->p[i])) {
            return false;
        }
    }
    bool has_port = ret_host->n < authority.n;
    port = str_slice(authority, ret_host->n + 1, authority.n);
    return ret_host->n > 0 && (!has_port || (str_to_u64(port, 65535, &number) && number > 0));
}

static bool host_is_loopback(struct str host)
{
    struct net_addr addr;
    bool address = net_parse_port(host, &addr) || net_parse(host, &addr) ||
                   net_parse(str_slice(host, 1, host.n - 1), &addr);
    return address ? net_is_loopback(&addr) : str_eq_ci(host, STR("localhost"));
}

bool url_origin(struct str url, struct str *ret)
{
    bool https = str_starts(url, STR("https://"));
    if (!https && !str_starts(url, STR("http://"))) {
        return false;
    }
    size_t scheme = https ? 8 : 7;
    struct str rest = str_slice(url, scheme, url.n), host = STR_NONE;
    struct str authority = str_slice(rest, 0, authority_length(rest));
    if (!authority_is_plain(authority, &host) || (!https && !host_is_loopback(host))) {
        return false;
    }
    *ret = str_slice(url, 0, scheme + authority.n);
    return true;
}
