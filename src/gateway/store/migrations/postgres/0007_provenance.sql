-- For people: who changed a row's configuration last; when it was is configuration_at. Null: from before this was kept. And
-- indexes of what needs somebody to look at it, so that it is found without reading what does not.

alter table account add column changed_way bigint; -- 1 + enum actor_way
alter table account add column changed_name text collate "C";
alter table number add column changed_way bigint;
alter table number add column changed_name text collate "C";

create index account_failed on account (name) where provisioning_status = 3;
create index account_without_tokens on account (name)
    where direct_routing_enabled = 1 and region1_token is null and region2_token is null;
create index number_failed on number (account, telephone_number) where provisioning_status = 3;
create index subdomain_not_seen on subdomain (label) where state = 1 and status in (2, 3);
create index rfi_new on rfi (tenant_key) where status = 1 and relationship_status is null;
