import { useCallback, useEffect, useMemo, useState } from 'react';
import { ApiError } from '../api/error';
import { sentence } from '../base/text';

/** Puts each finding of a refused request at the field its `target` names. `of(target)` is that field's message; a finding about
 * something inside a field counts as the field's. `rest` has what no field took: show it above the form. */
export function useFieldErrors(fields: readonly string[]) {
    const [error, setError] = useState<unknown>(null);
    const [own, setOwn] = useState<Record<string, string>>({});
    const placed = useMemo(() => {
        const at: Record<string, string> = {};
        let rest = error;
        const findings = error instanceof ApiError ? error.findings : [];
        for (const { target, message } of findings) {
            const field = fields.filter((name) => target === name || target!.startsWith(`${name}.`) || target!.startsWith(`${name}[`)).sort((a, b) => b.length - a.length)[0];
            if (field === undefined) continue;
            at[field] ??= sentence(message);
            if (findings.length === 1) rest = null;
        }
        if (findings.length > 1 && findings.every(({ target }) => fields.some((name) => target!.startsWith(name)))) rest = null;
        return { at, rest };
    }, [error, fields]);
    useEffect(() => {
        if (error !== null || Object.keys(own).length > 0) document.querySelector<HTMLElement>('form [aria-invalid="true"], form [data-invalid]')?.focus();
    }, [error, own]);
    const of = useCallback((field: string) => own[field] ?? placed.at[field], [own, placed]);
    const clear = useCallback(() => {
        setError(null);
        setOwn({});
    }, []);
    /** What a Field takes for it. */
    const field = useCallback((name: string): { validationMessage?: string; validationState?: 'error' } => {
        const message = of(name);
        return message === undefined ? {} : { validationMessage: message, validationState: 'error' };
    }, [of]);
    return { of, field, rest: placed.rest, set: setError, setOwn, clear, any: error !== null || Object.keys(own).length > 0 };
}

export type FieldErrors = ReturnType<typeof useFieldErrors>;
