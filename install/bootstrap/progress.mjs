/**
 * Says what a long step does: a line when it takes over a second, one more each five seconds, and one at its end.
 * People read stderr; with `json`, stdout gets one object a line.
 */
export function createProgress({ json, quiet = false }) {
  const say = (event, text) => {
    if (json) process.stdout.write(`${JSON.stringify(event)}\n`);
    else if (!quiet || event.event === 'error') process.stderr.write(`${text}\n`);
  };
  return {
    async step(name, title, work) {
      const begun = Date.now();
      const seconds = () => Math.round((Date.now() - begun) / 1000);
      let told = false;
      const tell = () => {
        say(
          { event: 'step', step: name, status: 'running', seconds: seconds() },
          told ? `  … ${title}: ${seconds()} s` : `  ${title} …`,
        );
        told = true;
      };
      const first = setTimeout(tell, 1000);
      const again = setInterval(tell, 5000);
      try {
        const result = await work();
        if (told || Date.now() - begun > 1000)
          say({ event: 'step', step: name, status: 'done', seconds: seconds() }, `  ${title}: done in ${seconds()} s`);
        return result;
      } finally {
        clearTimeout(first);
        clearInterval(again);
      }
    },
    note: (text) => say({ event: 'note', text }, `  ${text}`),
    fail: (message) => say({ event: 'error', message }, `\nContainr could not start: ${message}`),
  };
}
