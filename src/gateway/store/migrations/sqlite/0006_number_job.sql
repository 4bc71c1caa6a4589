-- Bulk changes of numbers that people ask for: the job, what it was given, and each of its numbers.

create table number_job (
    id text not null primary key, -- lower case
    number integer not null, -- ascending; the key of its rows
    kind integer not null, -- enum number_job_kind
    state integer not null, -- enum number_job_state
    source integer not null, -- enum number_job_source
    account text,
    filter text, -- where its numbers come from, when that is a filter
    settings text, -- JSON: what numbers shall have, or a merge patch
    columns integer not null, -- of an uploaded file: bits of bulk_columns
    caller text not null, -- who gave it, with the rights of then
    tenant text,
    client_id text,
    object_id text,
    name text,
    roles integer not null,
    is_user integer not null,
    source_address text,
    request_id text,
    client_request_id text,
    created_at integer not null, -- ms since 1970
    started_at integer,
    ended_at integer,
    place integer not null, -- how far the preview has come
    retrying integer not null, -- failed rows become pending first
    count_rows integer not null,
    count_new integer not null,
    count_changed integer not null,
    count_same integer not null,
    count_delete integer not null,
    count_refused integer not null,
    count_applied integer not null,
    count_failed integer not null,
    count_pending integer not null,
    error_code text,
    error_message text
) strict, without rowid;
create unique index number_job_number on number_job (number);
create index number_job_caller on number_job (caller, number);
-- One at a time that is queued or applying.
create unique index number_job_running on number_job (caller) where state in (3, 4);

create table number_job_input (
    job integer not null, -- number_job.number
    part integer not null, -- from 0
    text text not null,
    primary key (job, part)
) strict, without rowid;

create table number_job_row (
    job integer not null, -- number_job.number
    place integer not null, -- from 1
    file_row integer not null, -- as people count
    telephone_number integer not null, -- 0: none can be read
    text text, -- what stood there instead
    account text not null, -- empty: not known
    verdict integer not null, -- enum number_job_verdict
    outcome integer not null, -- enum number_job_outcome
    seen integer not null, -- configuration_revision that the preview saw; 0: there was no number
    code text,
    message text,
    target text,
    wanted text, -- JSON of the number; else number_job.settings say it
    primary key (job, place)
) strict, without rowid;
-- What is still to be done, in the order in which it is: an account at a time, numbers ascending.
create index number_job_row_pending on number_job_row (job, account, telephone_number) where outcome = 1;
