-- Customer subdomains as they are published. The serial of their zone is a setting, 'zone_serial'.

create table subdomain (
    label text not null primary key, -- lower case
    account text not null,
    region1_token text not null,
    region2_token text not null,
    state integer not null,            -- enum subdomain_state
    status integer not null,           -- enum subdomain_status
    problem_code text,
    problem_message text,
    checked_at integer                 -- ms since 1970
) strict, without rowid;
create index subdomain_account on subdomain (account);
