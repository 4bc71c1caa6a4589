-- Bulk changes of numbers that people ask for: the job, what it was given, and each of its numbers.

create table number_job (
    id text collate "C" not null primary key, -- lower case
    number bigint not null, -- ascending; the key of its rows
    kind bigint not null, -- enum number_job_kind
    state bigint not null, -- enum number_job_state
    source bigint not null, -- enum number_job_source
    account text collate "C",
    filter text collate "C", -- where its numbers come from, when that is a filter
    settings text collate "C", -- JSON: what numbers shall have, or a merge patch
    columns bigint not null, -- of an uploaded file: bits of bulk_columns
    caller text collate "C" not null, -- who gave it, with the rights of then
    tenant text collate "C",
    client_id text collate "C",
    object_id text collate "C",
    name text collate "C",
    roles bigint not null,
    is_user bigint not null,
    source_address text collate "C",
    request_id text collate "C",
    client_request_id text collate "C",
    created_at bigint not null, -- ms since 1970
    started_at bigint,
    ended_at bigint,
    place bigint not null, -- how far the preview has come
    retrying bigint not null, -- failed rows become pending first
    count_rows bigint not null,
    count_new bigint not null,
    count_changed bigint not null,
    count_same bigint not null,
    count_delete bigint not null,
    count_refused bigint not null,
    count_applied bigint not null,
    count_failed bigint not null,
    count_pending bigint not null,
    error_code text collate "C",
    error_message text collate "C"
);
create unique index number_job_number on number_job (number);
create index number_job_caller on number_job (caller, number);
-- One at a time that is queued or applying.
create unique index number_job_running on number_job (caller) where state in (3, 4);

create table number_job_input (
    job bigint not null, -- number_job.number
    part bigint not null, -- from 0
    text text collate "C" not null,
    primary key (job, part)
);

create table number_job_row (
    job bigint not null, -- number_job.number
    place bigint not null, -- from 1
    file_row bigint not null, -- as people count
    telephone_number bigint not null, -- 0: none can be read
    text text collate "C", -- what stood there instead
    account text collate "C" not null, -- empty: not known
    verdict bigint not null, -- enum number_job_verdict
    outcome bigint not null, -- enum number_job_outcome
    seen bigint not null, -- configuration_revision that the preview saw; 0: there was no number
    code text collate "C",
    message text collate "C",
    target text collate "C",
    wanted text collate "C", -- JSON of the number; else number_job.settings say it
    primary key (job, place)
);
-- What is still to be done, in the order in which it is: an account at a time, numbers ascending.
create index number_job_row_pending on number_job_row (job, account, telephone_number) where outcome = 1;
