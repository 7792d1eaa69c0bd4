// Addresses are relative to the page: it works at any name, port and prefix.
const language = document.documentElement.lang;

const events = new EventSource('rest/stream');
events.addEventListener('message', (event) => {
  for (const { id, value } of JSON.parse(event.data).sensors) {
    const shown = document.querySelector(`[data-sensor="${CSS.escape(id)}"]`);
    if (shown) shown.textContent = value.toLocaleString(language);
  }
});

const buttons = document.querySelectorAll('[data-lamp]');
let socket;

function connect() {
  const address = new URL('socket', location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  socket = new WebSocket(address);
  socket.addEventListener('open', () => socket.send('lamps'));
  socket.addEventListener('message', (event) => {
    const { lamps } = JSON.parse(event.data);
    for (const button of buttons) button.setAttribute('aria-pressed', String(lamps[button.dataset.lamp]));
  });
  socket.addEventListener('close', () => setTimeout(connect, 2000));
}
connect();

for (const button of buttons) {
  button.addEventListener('click', () => {
    if (socket.readyState !== WebSocket.OPEN) return;
    const on = button.getAttribute('aria-pressed') !== 'true';
    socket.send(JSON.stringify({ lamp: button.dataset.lamp, on }));
  });
}
