/** What is counted beside a search, and has to be put aside and brought back with it. */
export interface Savable {
  /** All of it as data that can be cloned. */
  save(): unknown;
  /** Replaces all of it. */
  restore(saved: unknown): void;
}
