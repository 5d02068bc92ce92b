import type { InjectionKey } from 'vue';
import type { ToastOptions } from '@containr/ui-kit';
import type { LiveHub } from './live.ts';

/** The event stream, for the frame's connection state. */
export const liveKey: InjectionKey<LiveHub> = Symbol('live');

/** Where the frame puts the function that shows toasts. */
export const toastKey: InjectionKey<{ show: ((options: ToastOptions) => void) | null }> = Symbol('toasts');
