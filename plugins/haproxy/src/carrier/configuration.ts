import { createHash } from 'node:crypto';
import type { Balance } from '@containr/sdk/contracts';
import { countAs, countingTable, nowhere } from './counts.ts';
import { OwnAnswers } from './own-answers.ts';
import type { Paths } from './paths.ts';
import type { Sizes } from './pool.ts';
import { backendName } from './pool.ts';

/** What a configuration is made of; routes and certificates are in files beside it. */
export interface Configuration {
  readonly paths: Paths;
  readonly host: string;
  readonly port: number;
  /** Port of HTTPS; `null`: none. */
  readonly tlsPort: number | null;
  readonly sizes: Sizes;
  /** `name address:port` of the servers by backend. */
  readonly servers: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Stats socket of this process. */
  readonly socket: string;
  /** Connections at a time. */
  readonly connections: number;
  /** Whom it runs as once it listens; `null`: as who started it. */
  readonly user: { readonly name: string } | null;
}

/** Ways to choose as HAProxy calls them: those that servers can be added to while it runs. */
const algorithms: Readonly<Record<Balance, readonly string[]>> = {
  'round-robin': ['balance roundrobin'],
  'least-connections': ['balance leastconn'],
  'ip-hash': ['balance source', 'hash-type consistent'],
  random: ['balance random(2)'],
};

/**
 * A server as it is added and as it is in the configuration. Its number is the same wherever it is known: by it HAProxy places a
 * server among those that visitors are spread over, and one that is added without gets the place of another.
 */
export function serverWords(name: string, address: string): string {
  const number = 1 + Number.parseInt(createHash('sha256').update(name).digest('hex').slice(0, 7), 16);
  return `${name} ${address} id ${number} pool-purge-delay 500ms`;
}

/** Headers of one connection, and what only an ingress may say; gateways read `_` as `-`. */
const dropped =
  '^(forwarded|x[-_]forwarded[-_](for|proto|host|port)|x[-_]real[-_]ip|te|trailer|keep[-_]alive|proxy[-_](connection|authenticate|authorization)|transfer_encoding)$';
const validHost = '^([a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\\.?|\\[[0-9a-f:.]+\\])(:[0-9]{1,5})?$';

function bindLines({ host, port, tlsPort, paths }: Configuration): string[] {
  const at = host.includes(':') ? `[${host}]` : host;
  const lines = [`bind ${at}:${port}`];
  if (tlsPort !== null)
    lines.push(`bind ${at}:${tlsPort} ssl crt-list ${paths.list} strict-sni ssl-min-ver TLSv1.2 alpn http/1.1`);
  return lines;
}

function globalSection({ paths, socket, connections, user }: Configuration): string {
  return section('global', [
    `stats socket ${socket} mode 600 level admin expose-fd listeners`,
    'stats timeout 1d',
    // What outlives a process that was replaced: sockets and long answers.
    'hard-stop-after 24h',
    `lua-load ${paths.lua}`,
    `maxconn ${connections}`,
    // Headers up to 32 KiB, with room for ours.
    'tune.bufsize 33792',
    'tune.maxrewrite 1024',
    'tune.http.maxhdr 256',
    ...(user === null ? [] : [`user ${user.name}`]),
  ]);
}

function section(title: string, lines: readonly string[]): string {
  return `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function defaultsSection({ paths }: Configuration): string {
  return section('defaults base', [
    'mode http',
    'retries 3',
    'option redispatch 1',
    'retry-on conn-failure empty-response',
    'option idle-close-on-response',
    'option abortonclose',
    'http-reuse safe',
    'timeout connect 3s',
    'timeout http-request 15s',
    'timeout http-keep-alive 65s',
    'timeout queue 30s',
    'timeout client 900s',
    'timeout server 900s',
    'timeout tunnel 24h',
    'timeout client-fin 30s',
    ...new OwnAnswers(paths.answers).failures(),
  ]);
}

/** The road of a request, in the order in which the built-in ingress decides. */
function frontend(configuration: Configuration): string {
  const { paths, tlsPort } = configuration;
  const at = tlsPort === 443 || tlsPort === null ? '' : `:${tlsPort}`;
  const answer = new OwnAnswers(paths.answers);
  const wildcard = "regsub('^[^.]*','*')";
  return section('frontend web from base', [
    ...bindLines(configuration),
    'http-after-response set-header connection close if { var(txn.close) -m found }',
    'http-after-response set-status 502 if { status 503 } { res.hdr(x-containr-own) -m found }',
    'http-after-response del-header x-containr-own',
    'http-response del-header ^(x-containr-own|keep-alive|proxy-connection)$ -m reg',
    ...[1, 2, 3, 4, 5].map((digit) => `http-response ${countAs(digit)} if { status ${digit}00:${digit}99 }`),
    'http-response lua.containr_headers if { var(txn.flags) -m sub H }',
    '# What two servers could read in two ways',
    'acl websocket req.fhdr(upgrade) -m str -i websocket',
    'http-request set-var(txn.bad) str(HOST_INVALID) if !{ req.fhdr_cnt(host) 1 }',
    `http-request set-var(txn.bad) str(HOST_INVALID) if !{ req.fhdr(host) -m reg -i ${validHost} }`,
    'http-request set-var(txn.bad) str(CODING_UNKNOWN) if { req.ver 1.0 } { req.hdr(transfer-encoding) -m found }',
    'http-request set-var(txn.close) int(1) if { var(txn.bad) -m found }',
    ...answer.give('badRequest', '{ var(txn.bad) -m found }'),
    '# Where to',
    'http-request set-uri %[pathq] if { url -m beg -i http }',
    'http-request set-uri / if { url -m str * }',
    "http-request set-var(txn.host) 'req.fhdr(host),lower,regsub(:[0-9]+$,),regsub([.]$,)'",
    'http-request set-var(txn.site) var(txn.host)',
    `http-request set-var(txn.wild) "var(txn.host),${wildcard}"`,
    `http-request set-var(txn.site) var(txn.wild) unless { var(txn.host),map_str(${paths.maps.hosts}) -m found }`,
    'http-request set-var(txn.path) path',
    'http-request set-var(txn.key) var(txn.site),concat(,txn.path,/)',
    `http-request set-var(txn.route) var(txn.key),map_beg(${paths.maps.routes})`,
    'http-request set-var(txn.backend) var(txn.route),field(1,|)',
    'http-request set-var(txn.id) var(txn.route),field(2,|)',
    'http-request set-var(txn.flags) var(txn.route),field(3,|)',
    'http-request set-var(txn.place) var(txn.route),field(4,|)',
    `http-request set-var(txn.place) str(${nowhere}) unless { var(txn.place) -m found }`,
    'http-request track-sc0 var(txn.place) table counts',
    '# Proofs are had before everything else',
    'acl asked path_beg /.well-known/',
    'http-request set-var(txn.pathq) pathq if asked',
    `http-request set-var(txn.proof) var(txn.host),concat(,txn.pathq),map_str(${paths.maps.challenges}) if asked`,
    `http-request set-var(txn.proof) var(txn.wild),concat(,txn.pathq),map_str(${paths.maps.challenges}) if asked !{ var(txn.proof) -m found }`,
    ...answer.prove('{ var(txn.proof) -m found }'),
    '# A connection that was made for another host',
    'http-request set-var(txn.sni) ssl_fc_sni,lower if { ssl_fc }',
    'acl other var(txn.sni) -m found',
    'acl same var(txn.sni),strcmp(txn.host) eq 0',
    `http-request set-var(txn.made) var(txn.sni),map_str(${paths.maps.certified}) if other !same`,
    `http-request set-var(txn.made) "var(txn.sni),${wildcard},map_str(${paths.maps.certified})" if other !same !{ var(txn.made) -m found }`,
    `http-request set-var(txn.meant) var(txn.host),map_str(${paths.maps.certified}) if other !same`,
    `http-request set-var(txn.meant) var(txn.wild),map_str(${paths.maps.certified}) if other !same !{ var(txn.meant) -m found }`,
    ...answer.give('misdirected', 'other !same !{ var(txn.made),strcmp(txn.meant) eq 0 }'),
    '# What is answered here',
    ...answer.give('routeUnknown', '!{ var(txn.route) -m found }'),
    ...(tlsPort === null
      ? []
      : answer.move(`https://%[var(txn.host)]${at}%[pathq]`, '{ var(txn.flags) -m sub S } !{ ssl_fc }')),
    `http-request set-var(txn.moved) var(txn.id),map_str(${paths.maps.redirects}),b64dec if { var(txn.flags) -m sub R }`,
    ...answer.move('%[var(txn.moved)]%[pathq]', '{ var(txn.flags) -m sub R }'),
    'acl guarded var(txn.flags) -m sub U',
    `http-request set-var(txn.door) var(txn.id),map_str(${paths.maps.doors}) if guarded`,
    'http-request set-var(txn.pass) req.fhdr(authorization),concat(,txn.door),sha2(256),hex if guarded',
    `http-request set-var(txn.passage) var(txn.pass),map_str(${paths.maps.passes}) if guarded`,
    'http-request lua.containr_door if guarded !{ var(txn.passage) -m found }',
    ...answer.give('tooManyGuesses', 'guarded { var(txn.passage) -m str busy }'),
    ...answer.give('credentialsNeeded', 'guarded !{ var(txn.passage) -m str passed }'),
    'http-request lua.containr_hold if { var(txn.flags) -m sub W }',
    ...answer.give('serviceNotLive', '{ var(txn.flags) -m sub E }'),
    '# What is carried on',
    'http-request lua.containr_listed if { req.hdr(connection) -m found } !{ req.fhdr(connection) -m reg -i ^(close|keep-alive|upgrade|keep-alive,.?upgrade)$ }',
    'http-request del-header upgrade if !websocket { req.hdr(upgrade) -m found }',
    'http-request del-header connection if !websocket',
    `http-request del-header ${dropped} -m reg`,
    'http-request set-header x-forwarded-for %[src]',
    'http-request set-header x-forwarded-proto http if !{ ssl_fc }',
    'http-request set-header x-forwarded-proto https if { ssl_fc }',
    'http-request set-header x-forwarded-host %[req.fhdr(host),lower]',
    // A body, or what changes something, is sent once only, unless nobody took the connection.
    'http-request disable-l7-retry unless { method GET HEAD OPTIONS }',
    'http-request disable-l7-retry if { req.hdr(transfer-encoding) -m found } or { req.hdr(content-length) -m int gt 0 }',
    'use_backend %[var(txn.backend)]',
  ]);
}

function backends({ sizes, servers }: Configuration): string {
  const parts: string[] = [];
  for (const balance of Object.keys(sizes) as Balance[]) {
    for (let at = 0; at < sizes[balance]; at++) {
      const name = backendName(balance, at);
      const lines = [...(servers.get(name) ?? [])].map(([server, address]) => `server ${serverWords(server, address)}`);
      parts.push(section(`backend ${name} from base`, [...algorithms[balance], ...lines]));
    }
  }
  return parts.join('');
}

/** Writes a configuration of HAProxy 2.6. */
export function write(configuration: Configuration): string {
  return [
    globalSection(configuration),
    defaultsSection(configuration),
    section('backend counts', [countingTable]),
    frontend(configuration),
    backends(configuration),
  ].join('\n');
}
