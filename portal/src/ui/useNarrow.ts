import { useEffect, useState, type RefObject } from 'react';

/** Whether an element is narrower than `width` pixels; for what has to be built otherwise there, not only styled. */
export function useNarrow(ref: RefObject<HTMLElement | null>, width: number): boolean {
    const [narrow, setNarrow] = useState(() => window.innerWidth < width);
    useEffect(() => {
        const element = ref.current;
        if (!element) return;
        const observer = new ResizeObserver(([entry]) => setNarrow(entry!.contentRect.width < width));
        observer.observe(element);
        return () => observer.disconnect();
    }, [ref, width]);
    return narrow;
}
