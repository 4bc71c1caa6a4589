/* Texts made from the tables of commands and flags. */
#pragma once
#include <stdbool.h>
#include <stdio.h>
struct cli;
struct command;

int run_completion(struct cli *cli);
int run_manual(struct cli *cli);
void help_print(FILE *out); /* all commands */
void help_print_command(const struct command *command, FILE *out);
bool help_print_noun(const char *noun, FILE *out); /* its commands; false: there is no such noun */
