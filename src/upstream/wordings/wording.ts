/**
 * What a refusal is about. `content` and `input`: what the person sent. `no_credit` and `auth`: our account. `rate` and
 * `maintenance`: it may be sent again later. `slow` and `fault`: the model. `unknown`: nobody can tell.
 */
export type Cause = 'content' | 'input' | 'no_credit' | 'auth' | 'rate' | 'maintenance' | 'slow' | 'fault' | 'unknown'

/**
 * One wording: by what of it the cause is known, one text in which it was said, and where that was read. A row without a
 * sign is another text for the signs of its cause; of the unknown ones nothing can be known.
 */
export type Wording = { is: Cause; sign?: RegExp; said: string; from: string }
