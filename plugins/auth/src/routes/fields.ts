/** Where mail arrives; checked for its shape only. */
export const Email = { type: 'string', format: 'email', maxLength: 254 } as const;

/** Any text: what makes a password good is checked apart, with a sentence. */
export const Password = { type: 'string', minLength: 1, maxLength: 1000 } as const;

/** What a person is called. */
export const PersonName = { type: 'string', minLength: 1, maxLength: 100, pattern: '\\S' } as const;
