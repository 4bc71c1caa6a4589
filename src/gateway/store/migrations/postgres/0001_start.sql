-- Accounts, numbers, what is known about a tenant, and the records that are kept with every change.
-- Times are ms since 1970, enums are the numbers of model/model.h, lists are JSON text, null is "absent". Text compares by bytes.

create table account (
    name text collate "C" not null primary key,
    provisioning_status bigint,
    provisioning_errors text collate "C",
    correlation_id text collate "C",
    teams_tenant_id text collate "C",
    teams_tenant_key text collate "C",                      -- lower case, for comparing
    operator_connect_enabled bigint,           -- null: the account has no such part
    operator_connect_sync_enabled bigint,
    phone_mobile_enabled bigint,
    phone_mobile_sync_enabled bigint,
    direct_routing_enabled bigint,
    direct_routing_sync_enabled bigint,
    zoom_enabled bigint,
    zoom_sync_enabled bigint,
    call_protection_enabled bigint,
    call_protection_sync_enabled bigint,
    call_screening bigint,                     -- null: no Direct Routing configuration
    subdomain text collate "C",
    subdomain_key text collate "C",                         -- lower case
    region1_token text collate "C",
    region2_token text collate "C",
    subdomain_status bigint,
    configuration_revision bigint not null,
    status_revision bigint not null,
    configuration_at bigint not null,
    status_at bigint not null
);
create unique index account_subdomain on account (subdomain_key) where subdomain_key is not null;
create index account_tenant on account (teams_tenant_key, name) where teams_tenant_key is not null;

create table number (
    telephone_number bigint not null primary key, -- E.164 without the '+'
    account text collate "C" not null,
    releasing bigint not null default 0,          -- hidden from everybody but the worker that releases it
    parts bigint not null,                        -- bits: 1 has serviceDetails, 2 has configuration
    provisioning_status bigint,
    provisioning_errors text collate "C",
    custom_sip_header text collate "C",
    direct_routing_enabled bigint,
    zoom_enabled bigint,
    call_protection_enabled bigint,
    operator_connect_enabled bigint,
    operator_connect_assignment_status bigint,
    operator_connect_allow_tenant_address_update bigint, -- null: no configuration
    operator_connect_usage text collate "C",
    operator_connect_choosable_capabilities text collate "C",
    operator_connect_acquired_capabilities text collate "C",
    operator_connect_available_capabilities text collate "C",
    operator_connect_additional_usages text collate "C",
    operator_connect_civic_address_id text collate "C",
    operator_connect_location_id text collate "C",
    operator_connect_displayed_country_code text collate "C",
    phone_mobile_enabled bigint,
    phone_mobile_assignment_status bigint,
    phone_mobile_allow_tenant_address_update bigint,
    phone_mobile_usage text collate "C",
    phone_mobile_choosable_capabilities text collate "C",
    phone_mobile_acquired_capabilities text collate "C",
    phone_mobile_available_capabilities text collate "C",
    phone_mobile_additional_usages text collate "C",
    phone_mobile_civic_address_id text collate "C",
    phone_mobile_location_id text collate "C",
    phone_mobile_displayed_country_code text collate "C",
    configuration_revision bigint not null,
    status_revision bigint not null,
    configuration_at bigint not null,
    status_at bigint not null
);
create index number_account on number (account); -- the key is behind it of itself: (account, telephone_number)

-- Numbers of an account, and of those with each service enabled: the sum of its shards.
create table number_count (
    account text collate "C" not null,
    shard bigint not null,
    numbers bigint not null,
    operator_connect bigint not null,
    phone_mobile bigint not null,
    direct_routing bigint not null,
    zoom bigint not null,
    call_protection bigint not null,
    changed_at bigint not null,            -- for Last-Modified of the account, which shows the counts
    primary key (account, shard)
);

create table rfi (
    tenant_key text collate "C" not null primary key, -- tenant_id in lower case
    tenant_id text collate "C" not null,
    parts bigint not null,               -- bits: 1 has customerRelationship
    provisioning_status bigint,
    provisioning_errors text collate "C",
    id text collate "C",
    product_context text collate "C",
    operator_id text collate "C",
    status bigint,
    consented_on bigint,
    last_modified_on bigint,
    consented_countries text collate "C",
    contacts text collate "C",
    relationship_status text collate "C",
    relationship_last_modified_on bigint,
    relationship_comment text collate "C",
    configuration_revision bigint not null,
    status_revision bigint not null,
    configuration_at bigint not null,
    status_at bigint not null
);

create table civic_address (
    account text collate "C" not null,
    id_key text collate "C" not null, -- id in lower case
    id text collate "C" not null,
    country text collate "C",
    house_number text collate "C",
    house_number_suffix text collate "C",
    pre_directional text collate "C",
    street_name text collate "C",
    street_suffix text collate "C",
    post_directional text collate "C",
    state_or_province text collate "C",
    county_or_district text collate "C",
    city_or_town text collate "C",
    city_or_town_alias text collate "C",
    postal_or_zip_code text collate "C",
    description text collate "C",
    company_name text collate "C",
    company_id text collate "C",
    default_location_id text collate "C",
    validation_status bigint,
    tenant_id text collate "C",
    partner_id text collate "C",
    locations text collate "C",
    latitude text collate "C",
    longitude text collate "C",
    configuration_revision bigint not null,
    status_revision bigint not null,
    configuration_at bigint not null,
    status_at bigint not null,
    primary key (account, id_key)
);

-- What was answered to a repeatable request.
create table operation (
    caller text collate "C" not null,
    id text collate "C" not null,
    fingerprint bytea not null,
    first_sent bigint not null,
    status bigint not null,
    etag_configuration bigint not null,
    etag_status bigint not null,
    primary key (caller, id)
);
create index operation_first_sent on operation (first_sent);

create table audit (
    id bigint not null primary key,
    at bigint not null,
    action bigint not null,
    kind bigint not null,
    account text collate "C",
    key text collate "C" not null,
    way bigint not null,
    caller text collate "C",
    name text collate "C",
    source text collate "C",
    operation_id text collate "C",
    request_id text collate "C",
    client_request_id text collate "C",
    before text collate "C",
    after text collate "C"
);
create index audit_account on audit (account);

-- "Look at this account."
create table outbox (
    kind bigint not null,
    account text collate "C" not null,
    seq bigint not null,
    primary key (kind, account)
);

create table lease (
    name text collate "C" not null primary key,
    owner text collate "C",
    generation bigint not null,
    expires_at bigint not null
);

create table job (
    id text collate "C" not null primary key,
    kind text collate "C" not null,
    state text collate "C" not null,
    input text collate "C",
    progress text collate "C",
    attempt bigint not null,
    not_before bigint not null,
    created_at bigint not null,
    updated_at bigint not null
);

create table setting (
    name text collate "C" not null primary key,
    value bigint not null
);

-- Of each value a transaction takes 1024.
create sequence revision;

-- Admissions of the last minute, over all nodes: one slot each, with the time of its last use.
create table rate_slot (
    slot bigint not null primary key,
    at bigint not null
);

create function instr(text, text) returns bigint language sql immutable parallel safe as 'select strpos($1, $2)::bigint';

