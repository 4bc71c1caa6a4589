import { useCallback, useEffect, useRef, useState } from 'react';
import { dropDraft, readDraft, writeDraft } from '../base/draft';

/** State that outlives a reload of the tab, for what somebody types. `clear` when it was sent or thrown away; `restored` says that it
 * was found and is still there, so that the form can tell. A key names the form and what it edits: `account:contoso`. */
export function useDraft<T>(key: string, initial: T): { value: T; set: (next: T | ((now: T) => T)) => void; clear: () => void; restored: boolean } {
    const [found] = useState(() => readDraft<T>(key));
    const [value, setValue] = useState<T>(found ?? initial);
    const [restored, setRestored] = useState(found !== null);
    const dirty = useRef(found !== null);
    useEffect(() => {
        if (dirty.current) writeDraft(key, value);
    }, [key, value]);
    const set = useCallback((next: T | ((now: T) => T)) => {
        dirty.current = true;
        setValue(next);
    }, []);
    const clear = useCallback(() => {
        dirty.current = false;
        dropDraft(key);
        setRestored(false);
    }, [key]);
    return { value, set, clear, restored };
}
