/** The purpose of a main text; `speech` is read aloud unchanged. */
export type PromptKind = 'image' | 'edit' | 'video' | 'animate' | 'talk' | 'speech' | 'sound'
/** The name of the button, and the prompt itself. */
export type Template = { name: string; text: string }
/** `add` is appended unless a word begins with one of the stems in `said`. */
export type Hint = { said: string; add: string }
