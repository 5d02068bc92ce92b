import { shallowRef } from 'vue';
import { defineStore } from 'pinia';
import type { PageInfo } from '@containr/ui-kit';

/** What the open page says about itself. */
export const usePageInfo = defineStore('page', () => {
  const info = shallowRef<PageInfo>({ title: '', crumbs: [] });
  function set(next: PageInfo): void {
    info.value = next;
    document.title = `${next.title} · Containr`;
  }
  return { info, set };
});
