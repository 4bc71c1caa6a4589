#!/usr/bin/env python3
"""Writes the migrations of one dialect as a C table: embed.py NAME OUTPUT FILE..."""
import hashlib
import os
import sys

name, output, files = sys.argv[1], sys.argv[2], sorted(sys.argv[3:], key=os.path.basename)
rows = []
for place, path in enumerate(files, 1):
    base = os.path.basename(path)[: -len(".sql")]
    number, _, title = base.partition("_")
    if int(number) != place:
        sys.exit(f"{path}: migrations must be numbered without a gap")
    with open(path, encoding="ascii") as file:
        text = file.read()
    digest = hashlib.sha256(text.encode()).hexdigest()
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    lines = "\n".join(f'     "{line}\\n"' for line in escaped.splitlines())
    rows.append(f'    {{{place}, "{title}", "{digest}",\n{lines}}},\n')
with open(output, "w", encoding="ascii") as out:
    out.write('#include "gateway/store/migrate.h"\n\n')
    out.write(f"const struct migration {name}[] = {{\n{''.join(rows)}    {{0}},\n}};\n")
