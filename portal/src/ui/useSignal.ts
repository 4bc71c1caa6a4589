import { useSyncExternalStore } from 'react';
import type { Signal } from '../base/signal';

export const useSignal = <T>(signal: Signal<T>): T => useSyncExternalStore(signal.subscribe, signal.get);
