export { Peer } from './peer.ts';
export type { Incoming, PeerBounds, PeerOptions } from './peer.ts';
