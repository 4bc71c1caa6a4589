import { useEffect, useRef } from 'react';

/** Starts a mutation, unless it is under way: `isPending` is a render late, and a second click may come before that. */
export function useStart<V>({ isPending, mutate }: { isPending: boolean; mutate: (given: V) => void }): (given: V) => void {
    const begun = useRef(false);
    useEffect(() => {
        if (!isPending) begun.current = false;
    });
    return (given) => {
        if (isPending || begun.current) return;
        begun.current = true;
        mutate(given);
    };
}
