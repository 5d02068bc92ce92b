import vue from '@vitejs/plugin-vue';
import type { InlineConfig } from 'vite';

/** Modules that exist once in the browser, through the import map. Two copies of Vue would not see each other's state. */
export const sharedModules = ['vue', 'pinia', 'vue-router', '@containr/ui-kit', '@containr/client'];

/** What every build for the browser has in common. */
export function viewOptions(root: string): InlineConfig {
  return {
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    plugins: [vue()],
    resolve: { conditions: ['containr-src', 'module', 'browser', 'production'] },
    define: {
      'process.env.NODE_ENV': '"production"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
  };
}
