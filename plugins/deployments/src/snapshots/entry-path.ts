import { limits, unsafe } from './errors.ts';

const nameBytes = 255;

/**
 * The clean relative path of an archive's entry, `a/b`; empty for the root itself. Throws `UPLOAD_UNSAFE` for whatever
 * could reach outside.
 */
export function entryPath(name: string): string {
  if (name.includes('\0')) throw unsafe(name, 'its name contains a zero byte');
  if (name.includes('\\')) throw unsafe(name, 'its name contains a backslash');
  if (name.startsWith('/') || /^[a-zA-Z]:/.test(name)) throw unsafe(name, 'its path is absolute');
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw unsafe(name, 'its path leads out of the folder');
  const path = parts.join('/');
  if (Buffer.byteLength(path) > limits.pathBytes)
    throw unsafe(name, `its path is longer than ${limits.pathBytes} bytes`);
  // File systems take 255 bytes; a longer one could be packed and never unpacked.
  const long = parts.find((part) => Buffer.byteLength(part) > nameBytes);
  if (long !== undefined) throw unsafe(name, `a name in it is longer than ${nameBytes} bytes`);
  if (parts.length > limits.depth) throw unsafe(name, `it is more than ${limits.depth} folders deep`);
  return path;
}

/**
 * Checks a symbolic link's target and returns it. `..` is allowed at the beginning only, and never further than the root: with
 * that, a chain of links can't lead out either. Throws `UPLOAD_UNSAFE`.
 */
export function linkTarget(path: string, target: string): string {
  if (target === '' || target.includes('\0')) throw unsafe(path, 'the link has no readable target');
  if (Buffer.byteLength(target) > limits.pathBytes)
    throw unsafe(path, `the link's target is longer than ${limits.pathBytes} bytes`);
  if (target.startsWith('/')) throw unsafe(path, 'the link leads to an absolute path');
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const up = parts.findIndex((part) => part !== '..');
  const ups = up < 0 ? parts.length : up;
  if (ups > path.split('/').length - 1 || parts.slice(ups).includes('..'))
    throw unsafe(path, 'the link leads out of the folder');
  return target;
}

/** All folders above a path, from the top. */
export function parents(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
