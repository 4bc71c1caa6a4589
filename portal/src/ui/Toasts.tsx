import { Toast, ToastBody, Toaster, ToastTitle, useToastController } from '@fluentui/react-components';
import { useEffect } from 'react';
import { toastRequests } from './toast';
import { useSignal } from './useSignal';

const TOASTER = 'portal';
const SHOWN_MS = 6000;

/** Where toasts appear; once in the shell. A file of its own, since a page does not need it to begin with. */
export function Toasts() {
    const { dispatchToast } = useToastController(TOASTER);
    const requests = useSignal(toastRequests);
    useEffect(() => {
        if (requests.length === 0) return;
        toastRequests.set([]);
        for (const { title, body, intent } of requests) {
            dispatchToast(<Toast><ToastTitle>{title}</ToastTitle>{body && <ToastBody>{body}</ToastBody>}</Toast>, { intent, timeout: SHOWN_MS, politeness: intent === 'error' ? 'assertive' : 'polite' });
        }
    }, [requests, dispatchToast]);
    return <Toaster toasterId={TOASTER} position="bottom-end" pauseOnHover pauseOnWindowBlur />;
}
