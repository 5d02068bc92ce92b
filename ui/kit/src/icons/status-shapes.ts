import type { Shape } from './icon-shapes.ts';

/** Shapes of states on a 16 × 16 grid: each is told apart without its colour. */
export const statusShapes = {
  queued: [['circle', { cx: '8', cy: '8', r: '5.6', 'stroke-dasharray': '2.4 2' }]],
  running: [
    ['path', { d: 'M8 2.4A5.6 5.6 0 1 1 2.4 8' }],
    ['circle', { cx: '8', cy: '8', r: '1.6', fill: 'currentColor', stroke: 'none' }],
  ],
  watching: [
    ['path', { d: 'M1.6 8S4 3.8 8 3.8 14.4 8 14.4 8 12 12.2 8 12.2 1.6 8 1.6 8Z' }],
    ['circle', { cx: '8', cy: '8', r: '1.9', fill: 'currentColor', stroke: 'none' }],
  ],
  live: [
    ['circle', { cx: '8', cy: '8', r: '6.4', fill: 'currentColor', stroke: 'none' }],
    ['path', { d: 'm5.2 8.2 2 2 3.7-4.2', stroke: 'var(--surface)' }],
  ],
  failed: [
    ['path', { d: 'M5.4 1.8h5.2l3.6 3.6v5.2l-3.6 3.6H5.4l-3.6-3.6V5.4z', fill: 'currentColor', stroke: 'none' }],
    ['path', { d: 'm5.9 5.9 4.2 4.2m0-4.2-4.2 4.2', stroke: 'var(--surface)' }],
  ],
  cancelled: [
    ['circle', { cx: '8', cy: '8', r: '5.6' }],
    ['path', { d: 'm4.2 11.8 7.6-7.6' }],
  ],
  superseded: [['path', { d: 'm3.4 4 4 4-4 4M8.6 4l4 4-4 4' }]],
  retired: [['path', { d: 'M2.4 3.2h11.2v3H2.4zM3.4 6.2v6.6h9.2V6.2M6.4 9h3.2' }]],
  unknown: [
    ['circle', { cx: '8', cy: '8', r: '6', 'stroke-dasharray': '1.2 1.9' }],
    ['path', { d: 'M6.4 6.4a1.7 1.7 0 1 1 2.3 1.6c-.5.2-.7.5-.7 1' }],
    ['path', { d: 'M8 11v.01' }],
  ],
  warning: [
    ['path', { d: 'M8 2.2 14.4 13.4H1.6Z' }],
    ['path', { d: 'M8 6.6v3M8 11.5v.01' }],
  ],
} as const satisfies Record<string, readonly Shape[]>;
