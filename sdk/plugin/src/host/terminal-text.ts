const sequences =
  // Operating system commands and strings to their end, then control sequences, then what a lone escape begins.
  /(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g;
const colour = /^\u001b\[[0-9;:]*m$/;
const controls = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A text from outside as a terminal may show it: what steers the terminal (titles, links, cursor, clipboard), control
 * characters and marks that turn the reading direction are taken out; line breaks and tabs stay. `colours` keeps colours.
 */
export function terminalText(text: string, options: { readonly colours?: boolean } = {}): string {
  const kept = text.replace(sequences, (found) => (options.colours && colour.test(found) ? found : ''));
  const plain = kept.replace(controls, '');
  return options.colours ? plain.replace(/\u001b(?!\[[0-9;:]*m)/g, '') : plain.replaceAll('\u001b', '');
}

/** The same on one line: what it says can't pass for a line of its own. */
export function terminalLine(text: string, options: { readonly colours?: boolean } = {}): string {
  return terminalText(text, options).replace(/[\r\n\u2028\u2029]+/g, ' ');
}
