/** Run by the specs as a process of its own: it passes one fail point a hundred times a second, and says that it lives. */
const { armFailPoint, reach } = (await import(process.env['FAIL_POINTS']!)) as typeof import('@mela/bus');

armFailPoint(process.env['MELA_FAIL_POINT']);
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
setInterval(() => {
  reach('relay.moving');
  process.send?.({ now: Date.now() });
}, 10);
