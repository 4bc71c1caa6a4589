-- What the back end has, as far as is known, and the numbers whose status is not settled.

create table acquired_number (
    service integer not null,               -- enum service
    telephone_number integer not null,
    account text,                           -- that asked for it; null: nobody here did
    tenant_id text not null,
    tenant_key text not null,               -- lower case
    state integer not null,                 -- enum acquired_state
    revision integer not null,              -- of the number's configuration that it was last uploaded with
    order_id text,                          -- the order it is in; null: none
    primary key (service, telephone_number)
) strict, without rowid;
create index acquired_number_tenant on acquired_number (tenant_key, service, telephone_number);
create index acquired_number_odd on acquired_number (state, account, service, telephone_number) where state in (3, 4, 5, 6);

create index number_unsettled on number (account, provisioning_status, telephone_number) where provisioning_status in (1, 3);
