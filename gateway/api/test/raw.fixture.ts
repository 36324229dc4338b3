import { connect, type Socket } from 'node:net';

/** Bytes on a socket, for what no well-behaved client would send. */
export function openRaw(address: string): Socket {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  return socket;
}

/** Everything that comes until the server closes. */
export function untilClosed(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => (text += chunk));
    socket.on('close', () => resolve(text));
  });
}

export function sendRaw(address: string, text: string): Promise<string> {
  const socket = openRaw(address);
  const answer = untilClosed(socket);
  socket.write(text);
  return answer;
}
