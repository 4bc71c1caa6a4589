/* Telephone numbers as people paste them: out of a spreadsheet, a letter, another system. Pure functions.
 *
 * Pieces are separated by line ends, tabs, commas and semicolons; those with nothing in them are left out. In a piece blanks (also those
 * that do not break), dots, dashes of any length, slashes, parentheses, quotes and marks of writing direction mean nothing. Before the
 * digits may stand "tel:", and "+" or "00"; without these two the digits are the whole number with its country code all the same, since
 * spreadsheets drop the plus. A "(0)" behind the country code is left out. */
#pragma once
#include "common/base/str.h"

/* Takes the next piece off the front, blanks at its ends cut off. False: there is none. */
bool pasted_next(struct str *rest, struct str *ret_piece);
/* False: this is no number in E.164 form, whatever is left out. */
bool pasted_number(struct str piece, int64_t *ret);
