/** What was given is refused: what is wrong with it in `message`, what to do about it in `hint`, a line each. */
export class Refusal extends Error {
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.hint = hint;
  }
}
