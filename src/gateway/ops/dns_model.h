/* How /numgate/v1/dns says that the whole is: plain structs and their field tables; what it says of customers is in model/dns.h. A kind of
 * work is a struct sync_kind_status, as the synchronization has them. */
#pragma once
#include "gateway/model/dns.h"

struct dns_view_customers {
    int64_t kept, leaving, provisioned, not_provisioned, inconsistent, unchecked, problems;
};
struct dns_view_status {
    bool configured;
    struct str publisher, primary;
    struct text_list servers, zones;
    int64_t serial;
    const struct dns_view_customers *customers;
    struct part_list kinds; /* struct sync_kind_status */
};

extern const struct schema schema_dns_status;
extern const struct schema *const dns_schemas[]; /* every one, parts included; NULL ends */
