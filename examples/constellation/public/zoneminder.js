const picture = document.getElementById('picture');

// The next picture is fetched aside and shown whole: no flicker, and none is asked for while the tab is hidden.
setInterval(() => {
  if (document.hidden) return;
  const next = new Image();
  next.addEventListener('load', () => {
    picture.src = next.src;
  });
  next.src = `picture.svg?${Date.now()}`;
}, 2000);
