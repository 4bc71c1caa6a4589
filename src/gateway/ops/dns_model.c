#include "gateway/ops/dns_model.h"

#include "gateway/model/rows.h"
#include "gateway/ops/sync_model.h"

#include "common/base/banned.h"

#define PREFIX "Numgate.Dns."

static const struct field customers_fields[] = {
    COUNT(dns_view_customers, kept, "kept", .doc = "Subdomains that accounts ask for."),
    COUNT(dns_view_customers, leaving, "leaving",
          .doc = "Subdomains that no account asks for any more, and whose records are being taken back."),
    COUNT(dns_view_customers, provisioned, "provisioned",
          .doc = "Kept ones that every server serves as wanted."),
    COUNT(dns_view_customers, not_provisioned, "notProvisioned", .doc = "Kept ones that no server serves."),
    COUNT(dns_view_customers, inconsistent, "inconsistent",
          .doc = "Kept ones that some servers serve, or otherwise than wanted."),
    COUNT(dns_view_customers, unchecked, "unchecked", .doc = "Kept ones that no server was asked about yet."),
    COUNT(dns_view_customers, problems, "problems", .doc = "Subdomains that something speaks against."),
};
static const struct schema schema_customers = SCHEMA(PREFIX "Customers", dns_view_customers, customers_fields,
                                                     "The customers' subdomains, by what is known of them.");

static const struct field status_fields[] = {
    FLAG(dns_view_status, configured, "configured", .doc = "There is a [dns] section that does something."),
    TEXT(dns_view_status, publisher, "publisher", .doc = "none, zonefile or update."),
    TEXT(dns_view_status, primary, "primary", .doc = "The server that updates are sent to."),
    TEXTS(dns_view_status, zones, "zones", .flags = FIELD_ALWAYS,
          .doc = "The zones that are written; empty while the primary has not said which."),
    TEXTS(dns_view_status, servers, "servers", .flags = FIELD_ALWAYS,
          .doc = "The authoritative servers that are asked what they serve."),
    COUNT(dns_view_status, serial, "serial",
          .doc = "Rises with each change of what customers ask for; the serial of a zone file."),
    PART(dns_view_status, customers, "customers", dns_view_customers, schema_customers,
         .doc = "The subdomains."),
    PARTS(dns_view_status, kinds, "kinds", schema_sync_kind, .flags = FIELD_ALWAYS,
          .doc = "The work: dns (accounts that changed) and zone (everything, by the clock)."),
};
const struct schema schema_dns_status =
    SCHEMA(PREFIX "Status", dns_view_status, status_fields, "How the DNS of Direct Routing customers is.");

const struct schema *const dns_schemas[] = {&schema_customers, &schema_dns_status, NULL};
