-- Accounts, numbers, what is known about a tenant, and the records that are kept with every change.
-- Times are ms since 1970, enums are the numbers of model/model.h, lists are JSON text, null is "absent".

create table account (
    name text not null primary key,
    provisioning_status integer,
    provisioning_errors text,
    correlation_id text,
    teams_tenant_id text,
    teams_tenant_key text,                      -- lower case, for comparing
    operator_connect_enabled integer,           -- null: the account has no such part
    operator_connect_sync_enabled integer,
    phone_mobile_enabled integer,
    phone_mobile_sync_enabled integer,
    direct_routing_enabled integer,
    direct_routing_sync_enabled integer,
    zoom_enabled integer,
    zoom_sync_enabled integer,
    call_protection_enabled integer,
    call_protection_sync_enabled integer,
    call_screening integer,                     -- null: no Direct Routing configuration
    subdomain text,
    subdomain_key text,                         -- lower case
    region1_token text,
    region2_token text,
    subdomain_status integer,
    configuration_revision integer not null,
    status_revision integer not null,
    configuration_at integer not null,
    status_at integer not null
) strict, without rowid;
create unique index account_subdomain on account (subdomain_key) where subdomain_key is not null;
create index account_tenant on account (teams_tenant_key, name) where teams_tenant_key is not null;

create table number (
    telephone_number integer not null primary key, -- E.164 without the '+'
    account text not null,
    releasing integer not null default 0,          -- hidden from everybody but the worker that releases it
    parts integer not null,                        -- bits: 1 has serviceDetails, 2 has configuration
    provisioning_status integer,
    provisioning_errors text,
    custom_sip_header text,
    direct_routing_enabled integer,
    zoom_enabled integer,
    call_protection_enabled integer,
    operator_connect_enabled integer,
    operator_connect_assignment_status integer,
    operator_connect_allow_tenant_address_update integer, -- null: no configuration
    operator_connect_usage text,
    operator_connect_choosable_capabilities text,
    operator_connect_acquired_capabilities text,
    operator_connect_available_capabilities text,
    operator_connect_additional_usages text,
    operator_connect_civic_address_id text,
    operator_connect_location_id text,
    operator_connect_displayed_country_code text,
    phone_mobile_enabled integer,
    phone_mobile_assignment_status integer,
    phone_mobile_allow_tenant_address_update integer,
    phone_mobile_usage text,
    phone_mobile_choosable_capabilities text,
    phone_mobile_acquired_capabilities text,
    phone_mobile_available_capabilities text,
    phone_mobile_additional_usages text,
    phone_mobile_civic_address_id text,
    phone_mobile_location_id text,
    phone_mobile_displayed_country_code text,
    configuration_revision integer not null,
    status_revision integer not null,
    configuration_at integer not null,
    status_at integer not null
) strict;
create index number_account on number (account); -- the key is behind it of itself: (account, telephone_number)

-- Numbers of an account, and of those with each service enabled: the sum of its shards.
create table number_count (
    account text not null,
    shard integer not null,
    numbers integer not null,
    operator_connect integer not null,
    phone_mobile integer not null,
    direct_routing integer not null,
    zoom integer not null,
    call_protection integer not null,
    changed_at integer not null,            -- for Last-Modified of the account, which shows the counts
    primary key (account, shard)
) strict, without rowid;

create table rfi (
    tenant_key text not null primary key, -- tenant_id in lower case
    tenant_id text not null,
    parts integer not null,               -- bits: 1 has customerRelationship
    provisioning_status integer,
    provisioning_errors text,
    id text,
    product_context text,
    operator_id text,
    status integer,
    consented_on integer,
    last_modified_on integer,
    consented_countries text,
    contacts text,
    relationship_status text,
    relationship_last_modified_on integer,
    relationship_comment text,
    configuration_revision integer not null,
    status_revision integer not null,
    configuration_at integer not null,
    status_at integer not null
) strict, without rowid;

create table civic_address (
    account text not null,
    id_key text not null, -- id in lower case
    id text not null,
    country text,
    house_number text,
    house_number_suffix text,
    pre_directional text,
    street_name text,
    street_suffix text,
    post_directional text,
    state_or_province text,
    county_or_district text,
    city_or_town text,
    city_or_town_alias text,
    postal_or_zip_code text,
    description text,
    company_name text,
    company_id text,
    default_location_id text,
    validation_status integer,
    tenant_id text,
    partner_id text,
    locations text,
    latitude text,
    longitude text,
    configuration_revision integer not null,
    status_revision integer not null,
    configuration_at integer not null,
    status_at integer not null,
    primary key (account, id_key)
) strict, without rowid;

-- What was answered to a repeatable request.
create table operation (
    caller text not null,
    id text not null,
    fingerprint blob not null,
    first_sent integer not null,
    status integer not null,
    etag_configuration integer not null,
    etag_status integer not null,
    primary key (caller, id)
) strict, without rowid;
create index operation_first_sent on operation (first_sent);

create table audit (
    id integer not null primary key,
    at integer not null,
    action integer not null,
    kind integer not null,
    account text,
    key text not null,
    way integer not null,
    caller text,
    name text,
    source text,
    operation_id text,
    request_id text,
    client_request_id text,
    before text,
    after text
) strict;
create index audit_account on audit (account);

-- "Look at this account."
create table outbox (
    kind integer not null,
    account text not null,
    seq integer not null,
    primary key (kind, account)
) strict, without rowid;

create table lease (
    name text not null primary key,
    owner text,
    generation integer not null,
    expires_at integer not null
) strict, without rowid;

create table job (
    id text not null primary key,
    kind text not null,
    state text not null,
    input text,
    progress text,
    attempt integer not null,
    not_before integer not null,
    created_at integer not null,
    updated_at integer not null
) strict, without rowid;

create table setting (
    name text not null primary key,
    value integer not null
) strict, without rowid;
insert into setting (name, value) values ('revision', 1);
