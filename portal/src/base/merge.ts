/* Two people edited one thing. Field by field: what it was, what one typed, what is stored now. */

export interface Difference {
    id: string;
    label: string;
    mine: string;
    theirs: string;
    /** Both changed it, each otherwise. */
    conflict: boolean;
    choice: 'mine' | 'theirs';
}

/** What can differ of a form, and be taken from another one. */
export interface Part<Form> {
    id: string;
    label: string;
    read: (form: Form) => string | boolean;
    write: (form: Form, from: Form) => Form;
    /** False: between these two it says nothing by itself. */
    counts?: (mine: Form, theirs: Form) => boolean;
}

const shown = (value: string | boolean) => (typeof value === 'boolean' ? (value ? 'On' : 'Off') : value);

/** Where the two differ; each is mine if I changed it, else theirs. */
export function differences<Form>(parts: readonly Part<Form>[], base: Form, mine: Form, theirs: Form): Difference[] {
    return parts.filter(({ read, counts }) => read(mine) !== read(theirs) && (counts?.(mine, theirs) ?? true)).map(({ id, label, read }) => {
        const changedHere = read(mine) !== read(base);
        return { id, label, mine: shown(read(mine)), theirs: shown(read(theirs)), conflict: changedHere && read(theirs) !== read(base), choice: changedHere ? 'mine' : 'theirs' };
    });
}

export function merged<Form>(parts: readonly Part<Form>[], mine: Form, theirs: Form, found: readonly Difference[]): Form {
    const taken = new Set(found.filter(({ choice }) => choice === 'theirs').map(({ id }) => id));
    return parts.filter(({ id }) => taken.has(id)).reduce((form, { write }) => write(form, theirs), mine);
}
