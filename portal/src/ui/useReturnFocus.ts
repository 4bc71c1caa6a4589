import { useEffect, useState } from 'react';

/** For what lies above the page and is rendered while it is open: who had the focus before has it again afterwards, unless it went elsewhere. */
export function useReturnFocus(): void {
    const [before] = useState(() => document.activeElement); // what is inside takes it as soon as it is there
    useEffect(() => () => {
        requestAnimationFrame(() => {
            if (document.activeElement === document.body && before instanceof HTMLElement && before.isConnected) before.focus();
        });
    }, [before]);
}
