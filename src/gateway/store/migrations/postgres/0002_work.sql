-- Work that any node may do: when an outbox row is due, what is paused, and the steps of asynchronous work.

alter table outbox rename column account to key;
alter table outbox add column attempt bigint not null default 0;    -- failures since it was touched last
alter table outbox add column not_before bigint not null default 0; -- ms since 1970, the database's clock
update outbox set not_before = (extract(epoch from clock_timestamp()) * 1000)::bigint;
create index outbox_due on outbox (kind, not_before, key);

create table pause (
    kind bigint not null,
    key text collate "C" not null,          -- of the outbox; empty: the whole kind
    primary key (kind, key)
);

-- Nothing has been written to it yet.
drop table job;
create table job (
    id text collate "C" not null primary key,
    kind text collate "C" not null,
    key text collate "C" not null,          -- what it is about: an account, a tenant
    state bigint not null,                  -- 0 open, 1 done, 2 failed
    input text collate "C",
    progress text collate "C",
    attempt bigint not null,
    not_before bigint not null,
    created_at bigint not null,
    updated_at bigint not null
);
create index job_open on job (kind, key, id) where state = 0;
