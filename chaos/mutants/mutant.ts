/** A defect made by hand: one place in one file, changed. */
export type Mutant = {
  /** The defect, as a reviewer would name it. */
  what: string
  file: string
  /** The text to change. It must occur exactly once in the file. */
  find: string
  replace: string
  /** A test file that must fail with the defect, without `tests/` and `.test.ts`. */
  test: string
}
