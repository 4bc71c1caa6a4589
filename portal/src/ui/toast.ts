import type { ReactNode } from 'react';
import { signal, type Signal } from '../base/signal';

export interface ToastRequest {
    title: string;
    body?: ReactNode;
    intent: 'success' | 'error' | 'warning' | 'info';
}

/** What waits to be shown; <Toasts> takes it. */
export const toastRequests: Signal<readonly ToastRequest[]> = signal<readonly ToastRequest[]>([]);

function toast(title: string, body?: ReactNode, intent: ToastRequest['intent'] = 'success'): void {
    toastRequests.set([...toastRequests.get(), { title, body, intent }]);
}

/** `toast('Account saved')`. For what went well; what went wrong is said where it happened. */
export const useToast = (): typeof toast => toast;
