-- An account's numbers, and what was done to it, are read a page at a time in the order of their keys: with the key in the index
-- nothing is sorted. They can be read meanwhile; the old indexes go last, since nobody can while they do.

create index number_account_key on number (account, telephone_number);
create index audit_account_key on audit (account, id);
drop index number_account;
drop index audit_account;
alter index number_account_key rename to number_account;
alter index audit_account_key rename to audit_account;
