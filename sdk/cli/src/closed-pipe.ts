/** Ends this process quietly when who read its output does no more, as in `containr plugins | head -2`; other errors are thrown. */
export function endWhenNobodyReads(output: NodeJS.WriteStream): void {
  output.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}
