-- What became of work: why it fails and since when, and when it last went well. A row stays when its work is done.

alter table outbox add column failures integer not null default 0; -- in a row, whoever touched it meanwhile
alter table outbox add column failing_since integer;               -- ms since 1970, as those below; null: the last run went well
alter table outbox add column error_code text;
alter table outbox add column error_message text;
alter table outbox add column succeeded_at integer;                -- null: never, as far as is known
update outbox set failures = attempt, failing_since = cast((julianday('now') - 2440587.5) * 86400000 as integer) where attempt > 0;
create index outbox_failing on outbox (kind, failing_since, key) where failing_since is not null;
create index outbox_succeeded on outbox (kind, succeeded_at);
