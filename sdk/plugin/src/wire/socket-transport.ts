import type { DataCallback, Disposable, Message, MessageWriter } from 'vscode-jsonrpc/node';
import { AbstractMessageReader, AbstractMessageWriter } from 'vscode-jsonrpc/node';
import type { RawData, WebSocket } from 'ws';

const protocolError = 1002;

/** Escapes of what Postgres, files and arguments do not take: NUL, and half of a character. */
const suspicious = /\\u(?:0000|d[89a-f])/i;

/** Texts come from builds and programs, so they are made storable where they enter: what can't be kept is U+FFFD. */
function parseStorable(text: string): unknown {
  if (!suspicious.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_name, value: unknown) =>
    typeof value === 'string' ? value.replaceAll('\0', '\ufffd').toWellFormed() : value,
  );
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'jsonrpc' in value && value.jsonrpc === '2.0';
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString();
}

/** Reads JSON-RPC messages from a WebSocket, one a frame; anything else closes it. */
export class SocketReader extends AbstractMessageReader {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
  }

  listen(callback: DataCallback): Disposable {
    const onMessage = (data: RawData): void => {
      try {
        const message = parseStorable(textOf(data));
        if (isMessage(message)) return callback(message);
      } catch (error) {
        this.fireError(error);
      }
      this.#socket.close(protocolError, 'not JSON-RPC 2.0');
    };
    const onClose = (): void => this.fireClose();
    this.#socket.on('message', onMessage);
    this.#socket.on('close', onClose);
    return {
      dispose: () => {
        this.#socket.off('message', onMessage);
        this.#socket.off('close', onClose);
      },
    };
  }
}

/** Writes JSON-RPC messages to a WebSocket; a write resolves when the frame left. */
export class SocketWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
  }

  write(message: Message): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(JSON.stringify(message), (error) => (error ? reject(error) : resolve()));
    });
  }

  end(): void {
    this.#socket.close();
  }
}
