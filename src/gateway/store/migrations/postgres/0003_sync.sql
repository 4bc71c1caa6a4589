-- What the back end has, as far as is known, and the numbers whose status is not settled.

create table acquired_number (
    service bigint not null,                -- enum service
    telephone_number bigint not null,
    account text collate "C",               -- that asked for it; null: nobody here did
    tenant_id text collate "C" not null,
    tenant_key text collate "C" not null,   -- lower case
    state bigint not null,                  -- enum acquired_state
    revision bigint not null,               -- of the number's configuration that it was last uploaded with
    order_id text collate "C",              -- the order it is in; null: none
    primary key (service, telephone_number)
);
create index acquired_number_tenant on acquired_number (tenant_key, service, telephone_number);
create index acquired_number_odd on acquired_number (state, account, service, telephone_number) where state in (3, 4, 5, 6);

create index number_unsettled on number (account, provisioning_status, telephone_number) where provisioning_status in (1, 3);
