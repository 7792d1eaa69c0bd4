/** An argument vector as a command line for a POSIX shell, which splits it into exactly these words again. */
export function quote(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (word.includes('\0')) throw new Error('no argument can hold a zero byte');
  // A leading `=` means something to zsh, which may be somebody's login shell.
  return /^[\w./:,@+-][\w./:,@+=-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
