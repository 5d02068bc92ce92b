import { defineMigration } from '@containr/sdk';

/** A task may be about more than a replica: the build of another runtime, where the first one could not have its base image. */
export const taskSubject = defineMigration({
  name: '0002-task-subject',
  up: ['alter table tasks alter column subject type text using subject::text'],
});
