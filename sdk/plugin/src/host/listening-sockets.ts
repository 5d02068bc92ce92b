/** A TCP socket that listens, as the kernel lists it. */
export interface ListeningSocket {
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

/** Reads the listening sockets out of the text of `/proc/<pid>/net/tcp` or `tcp6`. */
export function listeningSockets(table: string): ListeningSocket[] {
  return table.split('\n').flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state !== '0A' || local === undefined || inode === undefined) return [];
    return [{ ...endpoint(local), inode }];
  });
}

// `0100007F:1F90`: the address in words of four bytes, each turned round.
function endpoint(text: string): { address: string; port: number } {
  const [hex = '', port = '0'] = text.split(':');
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).reverse(),
  );
  return { address: bytes.length === 4 ? bytes.join('.') : sixteenBytes(bytes), port: Number.parseInt(port, 16) };
}

function sixteenBytes(bytes: readonly number[]): string {
  if (bytes.every((byte) => byte === 0)) return '::';
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return '::1';
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff) return bytes.slice(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  return groups.join(':');
}
