const most = 10_000;

/** Whether something may be done for a name: once in so many milliseconds, of the last ten thousand names. */
export function oncePer(milliseconds: number): (name: string) => boolean {
  const done = new Map<string, number>();
  return (name) => {
    const last = done.get(name);
    if (last !== undefined && performance.now() - last < milliseconds) return false;
    done.delete(name);
    done.set(name, performance.now());
    for (const [oldest] of done) {
      if (done.size <= most) break;
      done.delete(oldest);
    }
    return true;
  };
}
