import protobuf from 'protobufjs';

const bytes = (id: number) => ({ type: 'bytes', id });
const text = (id: number) => ({ type: 'string', id });
const int64 = (id: number) => ({ type: 'int64', id });
const uint32 = (id: number) => ({ type: 'uint32', id });
const many = (type: string, id: number) => ({ rule: 'repeated', type, id });

// The parts of BuildKit's wire format that a build needs, by field number.
const root = protobuf.Root.fromJSON({
  nested: {
    Stat: {
      fields: {
        path: text(1),
        mode: uint32(2),
        uid: uint32(3),
        gid: uint32(4),
        size: int64(5),
        modTime: int64(6),
        linkname: text(7),
      },
    },
    Packet: {
      fields: { type: { type: 'int32', id: 1 }, stat: { type: 'Stat', id: 2 }, ID: uint32(3), data: bytes(4) },
    },
    CredentialsRequest: { fields: { Host: text(1) } },
    CredentialsResponse: { fields: { Username: text(1), Secret: text(2) } },
    SecretRequest: { fields: { ID: text(1) } },
    SecretResponse: { fields: { data: bytes(1) } },
    HealthRequest: { fields: { service: text(1) } },
    HealthResponse: { fields: { status: { type: 'int32', id: 1 } } },
    Time: { fields: { seconds: int64(1), nanos: { type: 'int32', id: 2 } } },
    Vertex: {
      fields: {
        digest: text(1),
        inputs: many('string', 2),
        name: text(3),
        cached: { type: 'bool', id: 4 },
        started: { type: 'Time', id: 5 },
        completed: { type: 'Time', id: 6 },
        error: text(7),
      },
    },
    VertexLog: { fields: { vertex: text(1), timestamp: { type: 'Time', id: 2 }, stream: int64(3), msg: bytes(4) } },
    Status: { fields: { vertexes: many('Vertex', 1), logs: many('VertexLog', 3) } },
  },
});

/** One kind of message, to and from bytes. */
export interface Message<T extends object> {
  readonly encode: (value: T) => Buffer;
  readonly decode: (bytes: Uint8Array) => T;
}

function message<T extends object>(name: string): Message<T> {
  const type = root.lookupType(name);
  return {
    encode: (value) => Buffer.from(type.encode(type.fromObject(value)).finish()),
    decode: (encoded) => {
      const plain: { [field: string]: unknown } = type.toObject(type.decode(encoded), {
        longs: Number,
        defaults: true,
        arrays: true,
      });
      // The descriptor above is the type: fields are what it says, absent ones have their defaults.
      return plain as T;
    },
  };
}

/** A file's entry in a transfer; `mode` in Go's bits. */
export interface FileStat {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Nanoseconds since 1970; a number can't hold them, a decimal text can. */
  readonly modTime: string;
  readonly linkname: string;
}

/** Kinds of packets of a file transfer. */
export const packetType = { stat: 0, request: 1, data: 2, finish: 3, error: 4 } as const;

export interface Packet {
  readonly type: number;
  readonly stat?: FileStat | null;
  readonly ID?: number;
  readonly data?: Uint8Array;
}

export interface Vertex {
  readonly digest: string;
  readonly name: string;
  readonly cached: boolean;
  readonly started: object | null;
  readonly completed: object | null;
  readonly error: string;
}

export interface BuildStatus {
  readonly vertexes: readonly Vertex[];
  readonly logs: readonly { readonly vertex: string; readonly stream: number; readonly msg: Uint8Array }[];
}

export const packets = message<Packet>('Packet');
export const credentialsRequests = message<{ Host: string }>('CredentialsRequest');
export const credentialsResponses = message<{ Username: string; Secret: string }>('CredentialsResponse');
export const secretRequests = message<{ ID: string }>('SecretRequest');
export const secretResponses = message<{ data: Uint8Array }>('SecretResponse');
export const healthRequests = message<{ service: string }>('HealthRequest');
export const healthResponses = message<{ status: number }>('HealthResponse');
export const statuses = message<BuildStatus>('Status');
