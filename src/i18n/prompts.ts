/** What a main text is for; `speech` is read aloud as it stands. */
export type PromptKind = 'image' | 'edit' | 'video' | 'animate' | 'talk' | 'speech' | 'sound'
/** The name of the button, and the prompt itself. */
export type Template = { name: string; text: string }
/** What to add unless a word begins with one of the stems in `said`. */
export type Hint = { said: string; add: string }
