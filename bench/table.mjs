const thousands = (/** @type {number} */ value) => value.toLocaleString('en-GB');
const span = (/** @type {[number, number] | null} */ both) => (both === null ? '' : `${thousands(both[0])}–${thousands(both[1])}`);

/** What a person reads. @param {string} bench @param {import('./results.mjs').Result[]} results @param {Record<string, unknown>} measured */
export function table(bench, results, measured) {
  const head = ['', 'ours', 'range', 'peer', 'range', 'ratio', 'range', 'goal', '', 'beside'];
  const rows = results.map(({ name, ours, peer, peerName, unit, ratio, range, goal, goalOf, holds, atMost, note }) => [
    name,
    `${thousands(ours)} ${unit}`,
    span(range.ours),
    peer === null ? '' : thousands(peer),
    span(range.peer),
    ratio === null ? '' : ratio.toFixed(2),
    span(range.ratio),
    goal === null ? '' : `${atMost ? '≤' : '≥'} ${goal}${goalOf === 'ours' ? ` ${unit}` : ''}`,
    holds === null ? (note === undefined ? '' : 'UNCLEAR') : holds ? 'holds' : 'MISSED',
    peerName ?? '',
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const lines = [head, ...rows].map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd());
  const facts = Object.entries(measured).map(([name, value]) => `${name} ${value}`).join(', ');
  const notes = results.flatMap(({ name, note }) => (note === undefined ? [] : [`${name}: ${note}\n`]));
  return `\n${bench}: medians and ranges\n${lines.join('\n')}\n\n${notes.join('')}${facts}\n`;
}
