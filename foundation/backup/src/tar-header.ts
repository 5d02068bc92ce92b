const blockBytes = 512;
const largestOctal = 8 ** 11 - 1;

/** What an entry of an archive is. */
export interface TarEntry {
  readonly path: string;
  readonly type: 'file' | 'folder' | 'link';
  readonly mode: number;
  readonly sizeBytes: number;
  readonly target?: string;
}

const types = { file: '0', link: '2', folder: '5' } as const;

/** The blocks before an entry's content: ustar, after a pax record for what does not fit there. */
export function tarHeader(entry: TarEntry): Buffer {
  const { path, target = '', sizeBytes } = entry;
  const records = [
    ...(Buffer.byteLength(path) > 100 || /[^\x20-\x7e]/.test(path) ? [record('path', path)] : []),
    ...(Buffer.byteLength(target) > 100 ? [record('linkpath', target)] : []),
    ...(sizeBytes > largestOctal ? [record('size', `${sizeBytes}`)] : []),
  ];
  const own = block({ ...entry, flag: types[entry.type] });
  if (records.length === 0) return own;
  const text = Buffer.from(records.join(''));
  const head = block({ path: 'PaxHeader', mode: 0o600, sizeBytes: text.length, flag: 'x' });
  return Buffer.concat([head, text, tarPadding(text.length), own]);
}

/** What fills the last block of a content. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((blockBytes - (sizeBytes % blockBytes)) % blockBytes);
}

/** The end of an archive. */
export const tarEnd = Buffer.alloc(2 * blockBytes);

function block(entry: Omit<TarEntry, 'type'> & { readonly flag: string }): Buffer {
  const bytes = Buffer.alloc(blockBytes);
  const number = (value: number, at: number, width: number): void =>
    void bytes.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at);
  Buffer.from(entry.path).copy(bytes, 0, 0, 100);
  number(entry.mode, 100, 8);
  number(0, 108, 8);
  number(0, 116, 8);
  number(Math.min(entry.sizeBytes, largestOctal), 124, 12);
  number(Math.floor(Date.now() / 1000), 136, 12);
  bytes.write(' '.repeat(8), 148);
  bytes.write(entry.flag, 156);
  Buffer.from(entry.target ?? '').copy(bytes, 157, 0, 100);
  bytes.write('ustar\x0000', 257);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}

/** A pax record begins with its own length. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + `${bytes}`.length;
  if (bytes + `${length}`.length !== length) length = bytes + `${length}`.length;
  return `${length}${rest}`;
}
