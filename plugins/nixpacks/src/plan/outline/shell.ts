import type { OutlineProvider } from './outline.ts';
import { outlineOf } from './outline.ts';

/** A start script and nothing else. */
export const shell: OutlineProvider = {
  name: 'shell',
  detect: ({ source, variables }) => {
    const file = variables['RAILPACK_SHELL_SCRIPT'] ?? 'start.sh';
    return source.has(file) ? file : null;
  },
  outline({ source, variables }) {
    const file = variables['RAILPACK_SHELL_SCRIPT'] ?? 'start.sh';
    const shebang =
      /^#!\s*(?:\/usr\/bin\/env\s+)?(?:\S*\/)?(bash|zsh|dash|sh)\b/.exec(source.text(file) ?? '')?.[1] ?? 'sh';
    const shellName = shebang === 'dash' ? 'sh' : shebang;
    return outlineOf('shell', {
      build: [`chmod +x ${file}`],
      start: `${shellName} ${file}`,
      packages: shellName === 'zsh' ? ['zsh'] : [],
      why: [{ what: `start: ${shellName} ${file}`, from: file }],
    });
  },
};
