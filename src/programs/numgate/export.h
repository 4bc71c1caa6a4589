/* Numbers, accounts and the rest out of the server, in a form that import reads. Pages are written as they come. */
#pragma once
struct cli;

int run_number_export(struct cli *cli);
int run_account_export(struct cli *cli);
int run_export_all(
    struct cli *cli); /* a folder: accounts.jsonl, numbers/ACCOUNT.csv, rfis.jsonl, addresses/ACCOUNT.jsonl */
