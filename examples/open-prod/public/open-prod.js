// The file itself is the body of the request: the server writes it to disk as it comes.
const form = document.getElementById('upload');

form?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const file = form.querySelector('input').files[0];
  const output = form.querySelector('output');
  output.textContent = '…';
  try {
    const response = await fetch(`attachments/${encodeURIComponent(file.name)}`, {
      method: 'PUT',
      body: file,
    });
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    location.reload();
  } catch (error) {
    output.textContent = error.message;
  }
});
