/* What something is called or means, on hover and focus. As a Tooltip, but what places and draws the bubble is fetched apart from the
 * page, and there is one only while it is seen; assistive technology has the text from the element itself. */
import { cloneElement, Suspense, useEffect, useRef, useState, type FocusEvent, type PointerEvent, type ReactElement } from 'react';
import { part } from './chunks';

const Bubble = part(async () => (await import('./Bubble')).Bubble, 'spare');

const DELAY_MS = 250;

interface Handlers {
    'aria-label'?: string;
    'aria-description'?: string;
    onPointerEnter?: (event: PointerEvent<HTMLElement>) => void;
    onPointerLeave?: (event: PointerEvent<HTMLElement>) => void;
    onPointerDown?: (event: PointerEvent<HTMLElement>) => void;
    onFocus?: (event: FocusEvent<HTMLElement>) => void;
    onBlur?: (event: FocusEvent<HTMLElement>) => void;
}

/** The element whose hint is shown, and what shows and hides it. Only by the keyboard's focus, since a click need not be explained. */
function useShown() {
    const [target, setTarget] = useState<HTMLElement | null>(null);
    const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
    const keep = () => clearTimeout(timer.current);
    const soon = (next: HTMLElement | null, ms: number) => {
        keep();
        timer.current = setTimeout(() => setTarget(next), ms);
    };
    useEffect(() => () => clearTimeout(timer.current), []);
    const handlers: Handlers = {
        onPointerEnter: ({ currentTarget }) => soon(currentTarget, DELAY_MS),
        onPointerLeave: () => soon(null, DELAY_MS),
        onPointerDown: () => soon(null, 0), // what it does is seen
        onFocus: ({ currentTarget }) => currentTarget.matches(':focus-visible') && soon(currentTarget, 0),
        onBlur: () => soon(null, 0),
    };
    return { target, handlers, keep, hide: () => setTarget(null) };
}

/** `label`: the text is the element's name; otherwise it describes it further. The element takes the handlers and attributes of an element. */
export function Hint({ content, label = false, children }: { content: string; label?: boolean; children: ReactElement<Handlers> }) {
    const { target, handlers, keep, hide } = useShown();
    return (
        <>
            {cloneElement(children, { ...handlers, ...(label ? { 'aria-label': content } : { 'aria-description': content }) })}
            {target && <Suspense><Bubble content={content} target={target} onKeep={keep} onHide={hide} /></Suspense>}
        </>
    );
}
