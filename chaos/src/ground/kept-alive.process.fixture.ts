/** Run by the spec as a process of its own: ready at once, and over when it is told to be, or when it pleases. */
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit(process.env['ENDS_BADLY'] ? 4 : 0));
if (process.env['NEVER_READY']) process.exit(2);
process.send?.({ ready: {} }, () => {
  if (process.env['ENDS_BY_ITSELF']) process.exit(3);
});
