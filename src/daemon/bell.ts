/** Waits that end early when it rings, or when all ends. */
export function makeBell(signal: AbortSignal): { ring(): void; wait(milliseconds: number): Promise<void> } {
  let rung = false;
  let wake = () => {};
  signal.addEventListener('abort', () => wake());
  return {
    ring() {
      rung = true;
      wake();
    },
    async wait(milliseconds) {
      if (!rung && !signal.aborted)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, milliseconds);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      rung = false;
    },
  };
}
