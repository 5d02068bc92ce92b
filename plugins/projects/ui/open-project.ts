import { shallowRef } from 'vue';

/** The project and environment that were opened last: the sidebar shows them, also while a page of another plugin is open. */
export const openProject = shallowRef<{ readonly project: string; readonly environment: string } | null>(null);
