/**
 * What a refusal is about. `content` and `input`: the person's input. `no_credit` and `auth`: our account. `rate` and
 * `maintenance`: you may send it again later. `slow` and `fault`: the model. `unknown`: no known cause.
 */
export type Cause = 'content' | 'input' | 'no_credit' | 'auth' | 'rate' | 'maintenance' | 'slow' | 'fault' | 'unknown'

/**
 * One wording: its cause, the sign that recognises it, an example text, and the source of that text. A row without a
 * sign is another example for the signs of its cause. Examples with cause `unknown` match no sign.
 */
export type Wording = { is: Cause; sign?: RegExp; text: string; from: string }
