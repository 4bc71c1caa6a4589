/* Rows into the server: checked, compared, sent in batches, taken apart where they are refused. */
#pragma once
struct cli;

int run_number_import(struct cli *cli);
int run_account_import(struct cli *cli);
int run_import_all(struct cli *cli); /* a folder that export --all wrote */
