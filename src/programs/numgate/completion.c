#include "programs/numgate/completion.h"

#include <string.h>

#include "programs/numgate/cli.h"

#include "common/base/banned.h"

static bool takes(const struct command *command, const struct flag *flag)
{
    return flag->bit == 0 || (flag->bit & command->flags) != 0;
}

static void print_name(const struct command *command, FILE *out)
{
    fprintf(out, "%s%s%s", command->noun, command->verb != NULL ? " " : "",
            command->verb != NULL ? command->verb : "");
}

static int name_width(const struct command *command)
{
    return (int)(strlen(command->noun) + (command->verb != NULL ? 1 + strlen(command->verb) : 0));
}

/* ---- help ---- */

static void print_flag(const struct flag *flag, FILE *out)
{
    int used = fprintf(out, "  %s%s%s", flag->name, flag->value != NULL ? " " : "",
                       flag->value != NULL ? flag->value : "");
    fprintf(out, "%*s%s\n", used < 30 ? 30 - used : 1, "", flag->help);
}

static void print_summary(const struct command *command, FILE *out)
{
    fputs("  ", out);
    print_name(command, out);
    fprintf(out, "%*s%s\n", 24 - name_width(command), "", command->summary);
}

void help_print(FILE *out)
{
    fputs("numgate: the command line of the Provisioning API\n\nusage: numgate COMMAND [FLAGS]\n\n", out);
    for (size_t i = 0; i < command_count; i++) {
        print_summary(&commands[i], out);
    }
    fputs("\nflags of every command\n\n", out);
    for (size_t i = 0; i < flag_count; i++) {
        if (flags[i].bit == 0) {
            print_flag(&flags[i], out);
        }
    }
    fputs("  --version                   print the version\n\n"
          "numgate COMMAND --help, or numgate help COMMAND, shows what else it takes.\n"
          "exit status: 0 done, 1 other failure, 2 wrong use, 3 not found, 4 not permitted, 5 conflict, 6 "
          "rate limited, 7 unavailable, 8 some rows "
          "failed or are refused\n",
          out);
}

void help_print_command(const struct command *command, FILE *out)
{
    fputs("usage: numgate ", out);
    print_name(command, out);
    fprintf(out, "%s%s [FLAGS]\n\n%s\n", command->operands[0] != '\0' ? " " : "", command->operands,
            command->summary);
    if (command->more != NULL) {
        fprintf(out, "%s\n", command->more);
    }
    const char *title = "\nits flags, besides those of every command\n\n";
    for (size_t i = 0; i < flag_count; i++) {
        if (flags[i].bit != 0 && takes(command, &flags[i])) {
            fputs(title, out);
            title = "";
            print_flag(&flags[i], out);
        }
    }
}

bool help_print_noun(const char *noun, FILE *out)
{
    bool found = false;
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i].noun, noun) == 0) {
            if (!found) {
                fprintf(out, "usage: numgate %s COMMAND [FLAGS]\n\n", noun);
            }
            found = true;
            print_summary(&commands[i], out);
        }
    }
    if (found) {
        fprintf(out, "\nnumgate %s COMMAND --help shows what it takes.\n", noun);
    }
    return found;
}

/* ---- completion ---- */

static bool noun_is_new(size_t at)
{
    return at == 0 || strcmp(commands[at].noun, commands[at - 1].noun) != 0;
}

static void print_nouns(void)
{
    for (size_t i = 0; i < command_count; i++) {
        if (noun_is_new(i)) {
            printf("%s ", commands[i].noun);
        }
    }
}

static void print_verbs(const char *noun)
{
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i].noun, noun) == 0 && commands[i].verb != NULL) {
            printf("%s ", commands[i].verb);
        }
    }
}

static void print_cases(void)
{
    for (size_t i = 0; i < command_count; i++) {
        if (noun_is_new(i) && commands[i].verb != NULL) {
            printf("        %s) words=\"", commands[i].noun);
            print_verbs(commands[i].noun);
            puts("\" ;;");
        }
    }
}

static void print_flag_words(void)
{
    for (size_t i = 0; i < flag_count; i++) {
        printf("%s ", flags[i].name);
    }
}

static void print_bash(void)
{
    fputs(
        "_numgate() {\n    local word=${COMP_WORDS[COMP_CWORD]} words=\n    case $word in\n    -*) words=\"",
        stdout);
    print_flag_words();
    fputs("\" ;;\n    *)\n        if [ \"$COMP_CWORD\" = 1 ]; then\n            words=\"", stdout);
    print_nouns();
    fputs("\"\n        elif [ \"$COMP_CWORD\" = 2 ]; then\n        case ${COMP_WORDS[1]} in\n", stdout);
    print_cases();
    fputs("        esac\n        fi ;;\n    esac\n    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "    [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\"))\n}\ncomplete -o "
          "filenames -F _numgate numgate\n",
          stdout);
}

static void print_zsh(void)
{
    fputs("#compdef numgate\n_numgate() {\n    local words=\n    case $PREFIX in\n    -*) words=\"", stdout);
    print_flag_words();
    fputs("\" ;;\n    *)\n        if (( CURRENT == 2 )); then\n            words=\"", stdout);
    print_nouns();
    fputs("\"\n        elif (( CURRENT == 3 )); then\n        case ${${(z)BUFFER}[2]} in\n", stdout);
    print_cases();
    fputs("        esac\n        fi ;;\n    esac\n    if [[ -n $words ]]; then compadd -- ${=words}; else "
          "_files; fi\n}\n"
          /* loaded at the first use of the command, or sourced */
          "if [[ ${funcstack[1]-} == _numgate ]]; then _numgate \"$@\"; else compdef _numgate numgate; fi\n",
          stdout);
}

int run_completion(struct cli *cli)
{
    bool bash = strcmp(cli->arguments.operands[0], "bash") == 0;
    if (!bash && strcmp(cli->arguments.operands[0], "zsh") != 0) {
        return cli_fail(EXIT_USAGE, "there is completion for bash and zsh");
    }
    bash ? print_bash() : print_zsh();
    return cli_flush();
}

/* ---- the manual ---- */

static void print_roff(const char *text)
{
    for (; *text != '\0'; text++) {
        fputs(*text == '-' ? "\\-" : *text == '\\' ? "\\e" : (char[]){*text, '\0'}, stdout);
    }
}

static void print_flag_roff(const struct flag *flag)
{
    fputs(".TP\n.B ", stdout);
    print_roff(flag->name);
    if (flag->value != NULL) {
        printf(" \\fI%s\\fR", flag->value);
    }
    putchar('\n');
    print_roff(flag->help);
    putchar('\n');
}

static void print_command_roff(const struct command *command)
{
    fputs(".SS ", stdout);
    print_name(command, stdout);
    printf(" %s\n", command->operands);
    print_roff(command->summary);
    puts(".");
    if (command->more != NULL) {
        print_roff(command->more);
        putchar('\n');
    }
    for (size_t i = 0; i < flag_count; i++) {
        if (flags[i].bit != 0 && takes(command, &flags[i])) {
            print_flag_roff(&flags[i]);
        }
    }
}

int run_manual(struct cli *cli)
{
    (void)cli;
    puts(".TH NUMGATE 1\n.SH NAME\nnumgate \\- the command line of the Provisioning API\n.SH SYNOPSIS\n.B "
         "numgate\nCOMMAND [FLAGS]\n.SH COMMANDS");
    for (size_t i = 0; i < command_count; i++) {
        print_command_roff(&commands[i]);
    }
    puts(".SH FLAGS OF EVERY COMMAND");
    for (size_t i = 0; i < flag_count; i++) {
        if (flags[i].bit == 0) {
            print_flag_roff(&flags[i]);
        }
    }
    puts(".SH EXIT STATUS\n0 done, 1 other failure, 2 wrong use, 3 not found, 4 not permitted, 5 conflict or "
         "precondition, 6 rate limited,\n"
         "7 unavailable, 8 some rows failed or are refused.\n.SH FILES\n.I ~/.config/numgate/config\n"
         "has a section [profile.NAME] for each deployment.");
    return cli_flush();
}
