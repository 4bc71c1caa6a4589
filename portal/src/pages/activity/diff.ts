/* What differs between two versions of a resource, field by field. */

export interface Change {
    /** `serviceDetails.teamsDirectRouting.enabled`, `errors[0].code` */
    path: string;
    before?: string;
    after?: string;
}

const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Each value by its path; what is empty has none. */
function leaves(value: unknown, path = '', found = new Map<string, string>()): Map<string, string> {
    if (Array.isArray(value)) value.forEach((each, n) => leaves(each, `${path}[${n}]`, found));
    else if (isTree(value)) for (const [name, each] of Object.entries(value)) leaves(each, path === '' ? name : `${path}.${name}`, found);
    else if (value !== undefined && value !== null && value !== '') found.set(path, String(value));
    return found;
}

/** In the order of what is there now, then what is gone. */
export function changes(before: unknown, after: unknown): Change[] {
    const old = leaves(before), now = leaves(after);
    const paths = [...now.keys(), ...[...old.keys()].filter((path) => !now.has(path))];
    return paths.filter((path) => old.get(path) !== now.get(path)).map((path) => {
        const was = old.get(path), is = now.get(path);
        return { path, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) };
    });
}

/** The end of a path that says enough: the field, and the service it belongs to. */
export const shortPath = (path: string): string => path.replace(/^serviceDetails\./, '').replace(/^configuration\./, '');
