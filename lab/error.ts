/** Something the person at the lab can act on: said in plain words, without a stack. */
export class LabError extends Error {
  override readonly name = 'LabError';
}
