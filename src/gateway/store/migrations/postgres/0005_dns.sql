-- Customer subdomains as they are published. The serial of their zone is a setting, 'zone_serial'.

create table subdomain (
    label text collate "C" not null primary key, -- lower case
    account text collate "C" not null,
    region1_token text collate "C" not null,
    region2_token text collate "C" not null,
    state bigint not null,            -- enum subdomain_state
    status bigint not null,           -- enum subdomain_status
    problem_code text collate "C",
    problem_message text collate "C",
    checked_at bigint                 -- ms since 1970
);
create index subdomain_account on subdomain (account);
