import { defineJob } from '@containr/sdk';

/** One line on its way to the chat. */
export const Ring = defineJob({
  name: 'bell.ring',
  summary: 'Posts a line to the chat',
  input: {
    type: 'object',
    properties: { text: { type: 'string' } },
    required: ['text'],
    additionalProperties: false,
  },
});
