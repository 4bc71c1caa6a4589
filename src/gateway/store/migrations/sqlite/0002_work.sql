-- Work that any node may do: when an outbox row is due, what is paused, and the steps of asynchronous work.

alter table outbox rename column account to key;
alter table outbox add column attempt integer not null default 0;    -- failures since it was touched last
alter table outbox add column not_before integer not null default 0; -- ms since 1970, the database's clock
update outbox set not_before = cast((julianday('now') - 2440587.5) * 86400000 as integer);
create index outbox_due on outbox (kind, not_before, key);

create table pause (
    kind integer not null,
    key text not null,                      -- of the outbox; empty: the whole kind
    primary key (kind, key)
) strict, without rowid;

-- Nothing has been written to it yet.
drop table job;
create table job (
    id text not null primary key,
    kind text not null,
    key text not null,                      -- what it is about: an account, a tenant
    state integer not null,                 -- 0 open, 1 done, 2 failed
    input text,
    progress text,
    attempt integer not null,
    not_before integer not null,
    created_at integer not null,
    updated_at integer not null
) strict, without rowid;
create index job_open on job (kind, key, id) where state = 0;
